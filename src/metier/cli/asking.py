"""Asking a language model from the command line: what it will cost, consent, progress."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from metier.errors import LabellingError
from metier.prompting import (
    AnswerStore,
    Labelling,
    Limits,
    ModelSpec,
    Plan,
    Progress,
    Prompt,
    Settings,
    check_limits,
    estimate,
    open_answers,
    packaged_templates,
    plan_labelling,
    run_labelling,
    show_money,
    stored_labelling,
    tally_by_model,
)

__all__ = ["INTERRUPTED", "Asking", "Targets", "Template", "ask_titles", "spent_lines"]

Targets = Annotated[
    list[str] | None,
    typer.Option(
        help="A packaged target, or a guidelines page (TOML). May be repeated.",
        show_default="all packaged targets",
    ),
]
Template = Annotated[
    str, typer.Option(help=f"A template: {', '.join(packaged_templates())}, or a text file.")
]

# Why a run stopped that Ctrl-C ended.
INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Asking:
    """How titles are asked.

    Attributes:
        specs: The models.
        samples: How often each is asked.
        batch_size: Titles a call.
        settings: Rate, budget and prices.
        answers: The answer store.
        ask_again: Whether stored answers that carry a reason are asked again.
        consent: Whether to start without a question.
        dry_run: Whether to say only what it would cost.
    """

    specs: tuple[ModelSpec, ...]
    samples: int
    batch_size: int
    settings: Settings
    answers: Path
    ask_again: bool
    consent: bool
    dry_run: bool


def ask_titles(titles: Sequence[str], prompt: Prompt, asking: Asking) -> Labelling | None:
    """Say what it will cost, and ask; None if nothing was to be asked.

    A run that stopped, also by Ctrl-C, returns what is stored and why.

    Raises:
        LabellingError: If the run cannot start, or the answers cannot be stored.
        typer.Abort: If the person at the terminal says no.
    """
    check_limits(
        asking.settings.limits, (spec.name for spec in asking.specs), asking.settings.prices
    )
    if asking.dry_run and not asking.answers.exists():
        store = AnswerStore.connect(Path(":memory:"))
        typer.echo(_announcement(_plan(titles, prompt, asking, store), asking, store))
        return None
    with open_answers(asking.answers) as store:
        plan = _plan(titles, prompt, asking, store)
        if asking.dry_run:
            typer.echo(_announcement(plan, asking, store))
            return None
        typer.echo(_announcement(plan, asking, store), err=True)
        if plan.units:
            _have_consent(asking)
        try:
            labelling = asyncio.run(run_labelling(plan, store, asking.settings, _show))
        except KeyboardInterrupt:
            labelling = stored_labelling(plan, store, stopped=INTERRUPTED)
        finally:
            if sys.stderr.isatty():
                typer.echo("", err=True)
        if labelling.stopped is not None:
            wanted = len(plan.questions) * len(plan.voters)
            left = sum(row.unasked for row in labelling.rows)
            typer.echo(
                f"{wanted - left} of {wanted} answers are stored in {asking.answers}; the same "
                "command goes on from there.",
                err=True,
            )
        return labelling


def _have_consent(asking: Asking) -> None:
    if asking.consent:
        return
    if sys.stdin.isatty() and sys.stderr.isatty():
        typer.confirm("Start?", abort=True, err=True)
    elif asking.settings.limits == Limits():
        raise LabellingError(
            "Nobody can be asked whether to start: say --yes, or limit --max-cost, --max-calls or "
            "--max-tokens."
        )


def spent_lines(labelling: Labelling, asking: Asking) -> list[str]:
    """Say what each model has come to, earlier runs on the same answers included."""
    lines = []
    for model, tally in labelling.tallies.items():
        price = asking.settings.prices.price(model)
        cost = None if price is None else price.of(tally.input_tokens, tally.output_tokens)
        lines.append(
            f"{model}: {tally.calls:,} calls, {tally.input_tokens:,} + {tally.output_tokens:,} "
            f"tokens, price {show_money(cost)}."
        )
        if tally.unanswered:
            lines.append(
                f"{tally.unanswered:,} of these calls were sent and not answered; they may have "
                "been charged all the same, and are counted by estimate."
            )
    return lines


def _plan(titles: Sequence[str], prompt: Prompt, asking: Asking, store: AnswerStore) -> Plan:
    return plan_labelling(
        titles,
        prompt,
        asking.specs,
        store,
        samples=asking.samples,
        batch_size=asking.batch_size,
        ask_again=asking.ask_again,
    )


def _announcement(plan: Plan, asking: Asking, store: AnswerStore) -> str:
    expected, prices = estimate(plan, asking.settings.prices), asking.settings.prices
    seen = all(voter.spec.name in plan.excess for voter in plan.voters)
    basis = "estimated from earlier calls" if seen else "an estimate, without hidden reasoning"
    votes = f", {len(plan.voters)} answers each" if len(plan.voters) > 1 else ""
    lines = [
        f"{len(plan.questions):,} different titles{votes}, prompt {plan.prompt.hash}; "
        f"{plan.stored:,} answers are stored already.",
        f"Left to ask: {expected.calls:,} calls, about {expected.input_tokens:,} tokens sent and "
        f"{expected.output_tokens:,} received ({basis}), price {show_money(expected.cost)}.",
        f"Answers: {asking.answers}",
    ]
    if expected.unpriced:
        lines.append(f"The price of {', '.join(expected.unpriced)} is not in the price table.")
    elif expected.calls:
        lines.append(f"Prices of {prices.checked}: {prices.source}.")
    before = sum(tally.unanswered for tally in tally_by_model(store, plan.voters).values())
    if before:
        lines.append(f"{before:,} earlier calls got no answer and may have been charged.")
    return "\n".join(lines)


def _show(progress: Progress) -> None:
    if sys.stderr.isatty():
        text = f"{progress.answered:,} of {progress.asked:,} answers · {progress.calls:,} calls"
        money = f" · {show_money(progress.cost)}" if progress.cost else ""
        typer.echo(f"\r{text}{money} ", nl=False, err=True)

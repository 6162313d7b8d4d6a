"""``metier label``: pseudo-labels from a language model, and how good they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from metier.cli.asking import INTERRUPTED, Asking, Targets, Template, ask_titles, spent_lines
from metier.cli.judged import show_comparison, show_judged
from metier.cli.judging import role_of_cvs
from metier.data import Purpose, Role, read_cvs, read_titles, require
from metier.errors import LabellingError
from metier.guidelines import Guidelines, load_guidelines, packaged_targets
from metier.prompting import (
    DEFAULT_TEMPLATE,
    Backoff,
    Labelling,
    Limits,
    ModelSpec,
    OutputMode,
    PseudoLabel,
    Settings,
    check_suffix,
    load_prices,
    predictions_of_rows,
    read_predictions,
    render_prompt,
    write_rows,
)

__all__ = ["label"]

# Reasons listed one by one; all rows carry theirs.
LISTED = 5


def label(
    titles: Annotated[
        Path | None,
        typer.Argument(
            help="The titles: CVs (JSON), or a table with a column title, text or position."
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="PROVIDER:MODEL. May be repeated: several models vote."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The file to write: .csv, .jsonl or .parquet.")
    ] = None,
    target: Targets = None,
    template: Template = DEFAULT_TEMPLATE,
    base_url: Annotated[
        str | None,
        typer.Option(
            help="A server that speaks the OpenAI protocol, for openai:, ollama: or vllm: models; "
            "its key is read from METIER_API_KEY."
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, max=200, help="Titles a call.")] = 20,
    samples: Annotated[int, typer.Option(min=1, help="How often each model is asked.")] = 1,
    temperature: Annotated[
        float | None,
        typer.Option(
            min=0, help="The temperature.", show_default="0; with --samples the provider's own"
        ),
    ] = None,
    output_mode: Annotated[
        OutputMode, typer.Option(help="How the answer's schema is handed over.")
    ] = OutputMode.AUTO,
    concurrency: Annotated[int, typer.Option(min=1, help="Calls at the same time.")] = 8,
    requests_per_minute: Annotated[
        float | None, typer.Option(min=0.01, help="The rate limit.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds a call may take.")] = 120.0,
    attempts: Annotated[int, typer.Option(min=1, help="Attempts of a call that fails.")] = 6,
    max_cost: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Budget in US dollars for everything in the file of answers. Up to --concurrency "
            "calls that are under way may go beyond.",
        ),
    ] = None,
    max_calls: Annotated[int | None, typer.Option(min=0, help="Budget in calls.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=0, help="Budget in tokens.")] = None,
    prices: Annotated[Path | None, typer.Option(help="Your own price table (TOML).")] = None,
    answers: Annotated[
        Path | None,
        typer.Option(help="Where answers are kept.", show_default="TITLES.answers.sqlite, here"),
    ] = None,
    ask_again: Annotated[
        bool, typer.Option("--ask-again", help="Ask titles with an unusable answer again.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Start without a question, and without a budget.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it costs, no more.")] = False,
    evaluate: Annotated[
        Path | None,
        typer.Option(help="Annotated CVs: score --model or --predictions on them."),
    ] = None,
    predictions: Annotated[
        list[Path] | None,
        typer.Option(help="Recorded predictions to score; two are compared. With --evaluate."),
    ] = None,
    role: Annotated[
        str, typer.Option(help="The CVs' role: development (figures are seen) or evaluation.")
    ] = "development",
    differences: Annotated[
        int, typer.Option(min=0, help="Titles listed on which two predictions differ.")
    ] = 20,
) -> None:
    """Label titles by a language model, or score a prompt on annotated CVs.

    Run again, it goes on where it was: no stored answer is asked twice.
    """
    pages = [load_guidelines(name) for name in target or packaged_targets()]
    if temperature is None and samples == 1:
        temperature = 0.0
    if out is not None:
        check_suffix(out)
    asking = Asking(
        specs=tuple(
            ModelSpec(name, base_url, output_mode, temperature, timeout)
            for name in dict.fromkeys(model or ())
        ),
        samples=samples,
        batch_size=batch_size,
        settings=Settings(
            concurrency=concurrency,
            requests_per_minute=requests_per_minute,
            backoff=Backoff(attempts=attempts),
            limits=Limits(max_cost, max_calls, max_tokens),
            prices=load_prices(prices),
        ),
        answers=answers or _answers_file(evaluate or titles),
        ask_again=ask_again,
        consent=yes,
        dry_run=dry_run,
    )
    if evaluate is not None:
        if titles is not None:
            raise LabellingError("--evaluate names the CVs; do not name titles besides.")
        files = predictions or []
        _evaluate(evaluate, role_of_cvs(role), pages, template, asking, files, out, differences)
        return
    if titles is None or not asking.specs or (out is None and not dry_run):
        raise LabellingError(
            "Name the titles, a --model and the file to write (--out); or CVs to --evaluate."
        )
    if predictions:
        raise LabellingError("--predictions are scored: name annotated CVs with --evaluate.")
    labelling = ask_titles(read_titles(titles), render_prompt(pages, template), asking)
    if labelling is not None and _finish(labelling, asking, out):
        raise typer.Exit(1)


def _finish(
    labelling: Labelling, asking: Asking, out: Path | None, role: Role = Role.UNLABELLED
) -> bool:
    """Write the rows and say what came of them; return whether an answer is missing.

    Reasons are not said of evaluation data: they may quote titles.

    Raises:
        LabellingError: If the run stopped; what was answered is written all the same.
        typer.Exit: If it was interrupted, in the same way.
    """
    rows, place = labelling.rows, ""
    # A run that stopped before its first answer leaves an older file as it is.
    if out is not None and (labelling.stopped is None or any(row.time for row in rows)):
        write_rows(labelling, out)
        place = f": {out}"
    missing = labelling.unlabelled
    typer.echo(f"{len(rows) - len(missing):,} of {len(rows):,} titles are labelled{place}")
    for line in spent_lines(labelling, asking):
        typer.echo(line)
    listed = 0 if role is Role.EVALUATION else LISTED
    _explain(missing, "stayed unlabelled", listed)
    _explain(labelling.incomplete, "are labelled by a part of the votes", listed)
    if labelling.stopped == INTERRUPTED:
        raise typer.Exit(130)
    if labelling.stopped is not None:
        raise LabellingError(f"{labelling.stopped}.")
    return bool(missing or labelling.incomplete)


def _explain(rows: Sequence[PseudoLabel], what: str, listed: int) -> None:
    if not rows:
        return
    reasons = Counter(row.reason or "no reason is known" for row in rows)
    typer.echo(f"metier: {len(rows):,} titles {what}:", err=True)
    for reason, count in reasons.most_common(listed):
        typer.echo(f"  {count:,} × {reason}", err=True)
    if len(reasons) > listed > 0:
        typer.echo(f"  and {len(reasons) - listed} other reasons", err=True)


def _evaluate(
    path: Path,
    role: Role,
    pages: list[Guidelines],
    template: str,
    asking: Asking,
    files: list[Path],
    out: Path | None,
    differences: int,
) -> None:
    scales = [page.scale for page in pages]
    if not 1 <= len(files) + bool(asking.specs) <= 2:
        raise LabellingError(
            "--evaluate scores a --model or --predictions, or compares two of them; given: "
            f"{len(files) + bool(asking.specs)}."
        )
    if out is not None:
        if not asking.specs:
            raise LabellingError("--out keeps what a --model answers; --predictions are files.")
        # The file would show the CVs' titles.
        require(Purpose.LOOK, role, path.name)
    cvs = read_cvs(path, role, scales)
    found = [read_predictions(file, scales) for file in files]
    incomplete = False
    if asking.specs:
        prompt = render_prompt(pages, template)
        labelling = ask_titles(cvs.titles, prompt, asking)
        if labelling is None:
            return
        incomplete = _finish(labelling, asking, out, role)
        names = " + ".join(spec.name for spec in asking.specs)
        found.append(predictions_of_rows(labelling, f"{names}, prompt {prompt.hash}"))
    for each in found:
        show_judged(each, cvs, pages, asking.settings.prices)
    if len(found) == 2:
        show_comparison(found[0], found[1], cvs, pages, differences)
    if role is Role.DEVELOPMENT:
        typer.echo("Development CVs: these figures are seen.")
    if incomplete:
        raise typer.Exit(1)


def _answers_file(asked: Path | None) -> Path:
    """Return where answers are kept by default, whatever is made of them: in the current folder."""
    return Path(f"{asked.name if asked else 'titles'}.answers.sqlite")

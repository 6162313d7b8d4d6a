"""The scores of predictions, and of one prediction against another, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from metier.cli.tables import judgements_table, plain_table
from metier.data import CVs
from metier.errors import DataError
from metier.evaluation import VIEWS_OF_ANY_MODEL, View
from metier.evaluation.ledger import Ledger
from metier.evaluation.recorded import compare, judge_predictions
from metier.guidelines import Guidelines
from metier.metrics import LabelScore
from metier.metrics.paired import Difference
from metier.prompting import Predictions, PriceTable, show_money

__all__ = ["show_comparison", "show_judged"]

# What stands between the models of a vote.
VOTE = " + "
# What the ledger calls the command.
BY = "metier label --evaluate"


def show_judged(
    predictions: Predictions, cvs: CVs, pages: Sequence[Guidelines], prices: PriceTable
) -> None:
    """Print scores in all views, scores of each label, and the cost per thousand titles."""
    typer.echo(f"{predictions.name}\n")
    for page in pages:
        if page.target not in predictions.targets:
            continue
        judged = judge_predictions(
            predictions, cvs, page, ledger=Ledger.default(), by=BY, views=VIEWS_OF_ANY_MODEL
        )
        typer.echo(judgements_table(page.target, judged.judgements))
        whole = next(each for each in judged.judgements if each.view is View.ALL)
        typer.echo(_labels_table(page.target, whole.scores.per_label))
        if judged.left_out:
            typer.echo(
                f"{judged.left_out} of {judged.jobs + judged.left_out} jobs have no prediction "
                "and are left out of every view."
            )
        if judged.unlabelled:
            typer.echo(
                f"{judged.unlabelled} jobs were asked and have no label; they are scored as the "
                f"fallback, {page.fallback}."
            )
    typer.echo(f"Cost per thousand titles: {_cost(predictions, prices)}\n")


def show_comparison(
    first: Predictions,
    second: Predictions,
    cvs: CVs,
    pages: Sequence[Guidelines],
    listed: int,
) -> None:
    """Print how much better the second predictions are, and titles on which both differ."""
    shared = [page for page in pages if {page.target} <= {*first.targets} & {*second.targets}]
    if not shared:
        raise DataError(
            f"{first.name} and {second.name} have no target in common, so that they cannot be "
            f"compared: {', '.join(first.targets)}; {', '.join(second.targets)}."
        )
    for page in shared:
        found = compare(first, second, cvs, page, ledger=Ledger.default(), by=BY)
        typer.echo(
            f"{page.target}: second ({second.name}) minus first ({first.name}), {found.rows} jobs"
        )
        typer.echo(f"  accuracy {_difference(found.differences.accuracy)}")
        typer.echo(f"  macro F1 {_difference(found.differences.macro_f1)}")
        typer.echo(
            f"  only the first is right: {found.only_first}, only the second: {found.only_second}"
        )
        shown = found.disagreements[:listed]
        if shown:
            rows = [[each.title, each.truth, each.first, each.second] for each in shown]
            typer.echo(plain_table(["title", "human", "first", "second"], rows))
        if len(found.disagreements) > len(shown):
            typer.echo(f"and {len(found.disagreements) - len(shown)} other titles")
        typer.echo("")


def _labels_table(target: str, labels: Sequence[LabelScore]) -> str:
    rows = [
        [
            each.label,
            str(each.support),
            str(each.predicted),
            f"{each.precision:.3f}",
            f"{each.recall:.3f}",
            f"{each.f1:.3f}",
        ]
        for each in labels
    ]
    header = [f"{target}, all jobs", "rows", "predicted", "precision", "recall", "F1"]
    return plain_table(header, rows) + "\n"


def _difference(found: Difference) -> str:
    low, high = found.interval.low, found.interval.high
    return f"{found.value:+.3f} (95 % {low:+.3f} to {high:+.3f}, paired over CVs)"


def _cost(predictions: Predictions, prices: PriceTable) -> str:
    if not predictions.titles:
        return "unknown: the predictions do not say what they took."
    total = 0.0
    for model, sent, received in predictions.spent:
        if VOTE in model:
            return (
                f"unknown: several models voted, and the file does not tell them apart ({model})."
            )
        price = prices.price(model)
        if price is None:
            return f"unknown: the price of {model} is not in the price table."
        total += price.of(sent, received)
    return show_money(1000 * total / predictions.titles)

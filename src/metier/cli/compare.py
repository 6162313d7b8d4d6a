"""``metier compare``: tell what changed between two runs, and whether it is more than noise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from metier.cli.tables import plain_table
from metier.data.writing import require_folder
from metier.evaluation import View
from metier.studies.comparing import RowChange, RunComparison, ScoreChange, Verdict, compare_runs
from metier.studies.results import write_json

__all__ = ["compare"]

# Of the differences of settings, data and environment; all are in the JSON.
SHOWN_CHANGES = 12


def compare(
    before: Annotated[Path, typer.Argument(help="The run folder to compare with.")],
    after: Annotated[Path, typer.Argument(help="The run folder to compare.")],
    view: Annotated[View, typer.Option(help="The jobs to score.")] = View.ALL,
    cvs: Annotated[
        Path | None,
        typer.Option(help="The judged CVs; needed for every view but all jobs."),
    ] = None,
    titles: Annotated[
        int,
        typer.Option(min=0, help="Name that many broken, fixed and other titles of each row."),
    ] = 0,
    json: Annotated[Path | None, typer.Option(help="Write the figures as JSON, too.")] = None,
    fail_on_loss: Annotated[
        bool,
        typer.Option(
            "--fail-on-loss", help="End with exit code 1 if a row is worse by more than noise."
        ),
    ] = False,
) -> None:
    """Tell what changed between two runs of studies, and whether it is more than noise."""
    if json is not None:
        require_folder(json)
    found = compare_runs(before, after, view=view, cvs=cvs, titles=titles)
    if json is not None:
        write_json(json, found)
    _show_changes(found)
    for target in dict.fromkeys(row.target for row in found.rows):
        _show_rows(target, [row for row in found.rows if row.target == target], view)
    if found.lone:
        typer.echo("Not compared:")
        for lone in found.lone:
            typer.echo(f"  {lone.target}, {lone.variant}: {lone.reason}")
        typer.echo()
    typer.echo(_summary(found))
    if fail_on_loss and found.losses:
        raise typer.Exit(1)


def _show_changes(found: RunComparison) -> None:
    typer.echo(f"{found.before} → {found.after}")
    if not found.changes:
        typer.echo("The same settings, data and environment.\n")
        return
    typer.echo("What the runs were made of differs:")
    for change in found.changes[:SHOWN_CHANGES]:
        typer.echo(f"  {change}")
    if len(found.changes) > SHOWN_CHANGES:
        typer.echo(f"  and {len(found.changes) - SHOWN_CHANGES} more (--json lists all)")
    typer.echo()


def _show_rows(target: str, rows: list[RowChange], view: View) -> None:
    header = [f"{target}, {view.heading}", "score", "before", "after", "difference", "95 %"]
    lines = [line for row in rows for line in _score_lines(row)]
    typer.echo(plain_table([*header, "p (Holm)", "verdict"], lines) + "\n")
    changed = [row for row in rows if row.verdict is not Verdict.SAME]
    if not changed:
        return
    counts = [
        [
            row.variant,
            str(row.jobs * row.answers.pairs),
            str(row.answers.fixed),
            str(row.answers.broken),
            str(row.answers.other),
        ]
        for row in changed
    ]
    typer.echo(plain_table(["answers", "compared", "fixed", "broken", "other"], counts) + "\n")
    for row in changed:
        if row.titles:
            listed = [
                [f"{each.kind}: {each.title}", each.label, each.before, each.after, str(each.times)]
                for each in row.titles
            ]
            header = [row.variant, "human label", "before", "after", "times"]
            typer.echo(plain_table(header, listed) + "\n")


def _score_lines(row: RowChange) -> list[list[str]]:
    if row.same:
        kept = f"{row.macro_f1.before:.3f}"
        return [[row.variant, "macro F1", kept, kept, "", "", "", row.verdict]]
    lines = [
        _score_line(row.variant, "macro F1", row.macro_f1),
        _score_line("", "accuracy", row.accuracy),
    ]
    if row.mae is not None:
        old, new = row.mae
        # Its difference is not tested; less is better.
        lines.append(
            ["", "MAE", f"{old:.3f}", f"{new:.3f}", f"{new - old:+.3f}", "", "", "not tested"]
        )
    return lines


def _score_line(name: str, score: str, change: ScoreChange) -> list[str]:
    test = change.difference
    verdict: str = Verdict.NOISE
    if change.is_distinguishable:
        verdict = f"{'worse' if change.is_loss else 'better'} by {Verdict.MORE}"
    return [
        name,
        score,
        f"{change.before:.3f}",
        f"{change.after:.3f}",
        f"{test.value:+.3f}",
        f"{test.interval.low:+.3f} to {test.interval.high:+.3f}",
        f"{test.p_holm:.3f}",
        verdict,
    ]


def _summary(found: RunComparison) -> str:
    counts = {verdict: sum(row.verdict is verdict for row in found.rows) for verdict in Verdict}
    return (
        f"Rows compared: {len(found.rows)}. {Verdict.SAME.capitalize()}: {counts[Verdict.SAME]}; "
        f"{Verdict.NOISE}: {counts[Verdict.NOISE]}; {Verdict.MORE}: {counts[Verdict.MORE]}, "
        f"of which worse: {len(found.losses)}."
    )

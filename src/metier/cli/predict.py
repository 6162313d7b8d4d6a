"""``metier predict``: answer titles, or a file of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import metier
from metier.classifiers import Answer
from metier.classifiers.rules import statuses
from metier.cli.tables import plain_table
from metier.errors import DataError
from metier.runtime import answers_of, predict_file
from metier.titles import TitleStatus

__all__ = ["predict"]


def predict(
    titles: Annotated[list[str], typer.Argument(help="Titles, or with --column a file.")],
    model: Annotated[Path, typer.Option(help="A run or model folder, or 'rules'.")],
    column: Annotated[str | None, typer.Option(help="The file's column of titles.")] = None,
    out: Annotated[Path | None, typer.Option(help="The file to write (CSV or Parquet).")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say what decided.")] = False,
) -> None:
    """Tell department and seniority of titles, or of a file's column."""
    if column is not None:
        _predict_file(titles, model, column, out, explain)
        return
    if out is not None:
        raise DataError("--out goes with a file: name its column of titles with --column.")
    if len(titles) == 1 and Path(titles[0]).is_file():
        raise DataError(f"{titles[0]} is a file: name its column of titles with --column.")
    empty = [position for position, title in enumerate(titles, 1) if not title.strip()]
    if empty:
        raise DataError(f"Title {empty[0]} is empty.")
    answers = answers_of(metier.load(model), titles, with_reasons=explain)
    rows = []
    for place, (title, status) in enumerate(zip(titles, statuses(titles), strict=True)):
        if status is TitleStatus.TITLE:
            rows.append([title, *(_shown(given[place]) for given in answers.values())])
        else:
            rows.append([title, *(f"no title: {status}" for _ in answers)])
    typer.echo(plain_table(["title", *answers], rows))


def _shown(answer: Answer) -> str:
    reason = f" by {answer.reason}" if answer.reason else ""
    return f"{answer.label} {answer.confidence:.2f}{reason}"


def _predict_file(
    titles: list[str], model: Path, column: str, out: Path | None, explain: bool
) -> None:
    if len(titles) != 1 or out is None:
        raise DataError("With --column, give one file and the file to write (--out).")
    outcome = predict_file(metier.load(model), Path(titles[0]), column, out, explain=explain)
    typer.echo(f"{outcome.rows} rows: {out}")
    if outcome.untitled:
        counts = ", ".join(f"{count} {status}" for status, count in outcome.untitled.items())
        typer.echo(f"Rows without a title, whose answers are empty: {counts}.", err=True)

"""``metier predict``: answer titles, or a file of them."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import metier
from metier.classifiers import Answer
from metier.classifiers.folders import model_name
from metier.classifiers.packaged import DEFAULT_MODEL
from metier.classifiers.rules import statuses
from metier.cli.predict_progress import Shown
from metier.cli.tables import plain_table
from metier.errors import DataError
from metier.runtime import Answerer, FileFormat, FileOutcome, answers_of, predict_file
from metier.runtime.files.formats import format_of
from metier.titles import TitleStatus

__all__ = ["predict"]

# Stands for standard input or output in the place of a file.
STREAM = "-"


class Engine(StrEnum):
    """Where a file is answered."""

    LOCAL = "local"
    RAY = "ray"


def predict(
    titles: Annotated[
        list[str],
        typer.Argument(help="Titles, or one file (CSV, JSON, JSON Lines, Parquet, '-')."),
    ],
    model: Annotated[Path, typer.Option(help="A run or model folder, 'open' or 'rules'.")] = Path(
        DEFAULT_MODEL
    ),
    column: Annotated[
        str | None,
        typer.Option(
            help="The file's column of titles.",
            show_default="title, position, job_title, jobtitle or text",
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            help="The file to write (.csv, .tsv, .json, .jsonl or .parquet).",
            show_default="standard output",
        ),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say what decided.")] = False,
    tier: Annotated[
        str | None,
        typer.Option(help="The tier of an exported model: exact, fast or cascade."),
    ] = None,
    file_format: Annotated[
        FileFormat | None,
        typer.Option("--format", help="The format of the input.", show_default="told by the file"),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget what an interrupted run has finished.")
    ] = False,
    engine: Annotated[
        Engine, typer.Option(help="This process, or a Ray cluster for partitioned Parquet.")
    ] = Engine.LOCAL,
    address: Annotated[
        str | None, typer.Option(help="The Ray cluster.", show_default="one on this machine")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes of the Ray cluster that answer.")
    ] = None,
) -> None:
    """Tell department and seniority of titles, or of a file's column."""
    of_files = {
        "--column": column is not None,
        "--out": out is not None,
        "--format": file_format is not None,
        "--fresh": fresh,
        "--engine": engine is not Engine.LOCAL,
    }
    given = [option for option, is_given in of_files.items() if is_given]
    if engine is Engine.LOCAL and (address is not None or workers is not None):
        raise DataError("--address and --workers go with --engine ray.")
    if engine is Engine.RAY:
        if len(titles) != 1 or out is None or file_format is not None:
            raise DataError("With --engine ray, give one input and --out, and no --format.")
        _predict_partitions(titles[0], out, model, tier, column, explain, address, workers, fresh)
    elif len(titles) == 1 and _is_file(titles[0], given):
        if titles[0] != STREAM and not Path(titles[0]).exists():
            hint = f"; {given[0]} goes with a file" if given else ""
            raise DataError(f"{titles[0]} cannot be read: there is no such file{hint}.")
        answerer = Answerer(metier.load(model, tier), model_name(model, tier), explain=explain)
        _predict_file(answerer, titles[0], out, column, file_format, fresh)
    elif given:
        raise DataError(f"{given[0]} goes with a file: name one, or '{STREAM}' for standard input.")
    else:
        files = [title for title in titles if len(titles) > 1 and _is_file(title, given)]
        if files:
            raise DataError(f"{files[0]} is a file; name one file alone, or titles.")
        _predict_titles(titles, model, tier, explain)


def _is_file(name: str, given: list[str]) -> bool:
    """Tell whether a file is meant, and no title."""
    if name == STREAM or given or format_of(name) is not None:
        return True
    try:
        # A title may have the name of a folder that happens to lie here.
        return Path(name).exists() and (os.sep in name or not Path(name).is_dir())
    except OSError:
        # Too long for the name of a file.
        return False


def _predict_titles(titles: list[str], model: Path, tier: str | None, explain: bool) -> None:
    empty = [position for position, title in enumerate(titles, 1) if not title.strip()]
    if empty:
        raise DataError(f"Title {empty[0]} is empty.")
    answers = answers_of(metier.load(model, tier), titles, with_reasons=explain)
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
    answerer: Answerer,
    name: str,
    out: str | None,
    column: str | None,
    file_format: FileFormat | None,
    fresh: bool,
) -> None:
    path = None if out is None or out == STREAM else Path(out)
    with Shown(has_rows=path is None) as shown:
        outcome = predict_file(
            answerer,
            sys.stdin.buffer if name == STREAM else Path(name),
            # Without Python's own buffer, which on a full disk complains once more at the end.
            path or open(1, "wb", buffering=0, closefd=False),  # noqa: SIM115
            column=column,
            file_format=file_format,
            fresh=fresh,
            watcher=shown,
        )
    if path is not None:
        typer.echo(f"{outcome.rows:,} rows: {out}")
    _say_what_is_missing(outcome)


def _say_what_is_missing(outcome: FileOutcome) -> None:
    if outcome.untitled:
        counts = ", ".join(f"{count} {status}" for status, count in outcome.untitled.items())
        typer.echo(f"Rows without a title, whose answers are empty: {counts}.", err=True)
    if outcome.bad:
        where = f"; see {outcome.bad_file}" if outcome.bad_file else ""
        typer.echo(f"Bad rows, which are not in the output: {outcome.bad:,}{where}.", err=True)
        for row in outcome.first_bad:
            typer.echo(f"  Line {row.row}: {row.reason}", err=True)
        if 0 < len(outcome.first_bad) < outcome.bad:
            typer.echo("  ...", err=True)


def _predict_partitions(
    name: str,
    out: str,
    model: Path,
    tier: str | None,
    column: str | None,
    explain: bool,
    address: str | None,
    workers: int | None,
    fresh: bool,
) -> None:
    from metier.runtime.cluster import predict_partitions

    outcome = predict_partitions(
        name,
        out,
        model=model,
        tier=tier,
        column=column,
        explain=explain,
        address=address,
        workers=workers,
        fresh=fresh,
    )
    skipped = f", {outcome.skipped} of them finished before" if outcome.skipped else ""
    typer.echo(f"{outcome.rows} rows in {outcome.partitions} partitions{skipped}: {out}")
    if outcome.bad:
        typer.echo(f"Rows without a title, whose answers are empty: {outcome.bad}.", err=True)

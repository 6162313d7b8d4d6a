"""Predicting a file: its columns are kept and the answers added."""

from __future__ import annotations

import difflib
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from metier.classifiers import Answer, Model
from metier.classifiers.rules import statuses
from metier.data.tables import read_bytes, read_table
from metier.data.writing import require_folder, write_table
from metier.errors import DataError
from metier.runtime.explained import answers_of
from metier.titles import TitleStatus

__all__ = ["FileOutcome", "predict_file"]

STATUS = "status"


@dataclass(frozen=True)
class FileOutcome:
    """What became of a file.

    Attributes:
        rows: Rows of the file, all of which are in the output.
        untitled: What stands in the place of a title, and in how many rows; their answers are
            left empty.
    """

    rows: int
    untitled: Mapping[TitleStatus, int]


def predict_file(
    model: Model, path: Path, column: str, out: Path, *, explain: bool = False
) -> FileOutcome:
    """Answer every title of a CSV or Parquet file.

    For each target that the model answers, the columns ``TARGET`` and ``TARGET_confidence`` are
    added, on request ``TARGET_reason`` as well, and ``status``, which tells titles from what is
    none and gets no answer (:class:`metier.titles.TitleStatus`). The output is CSV, or Parquet if
    ``out`` ends so; it is written whole or not at all.

    Args:
        model: The model.
        path: The file to read; ``.parquet`` tells Parquet, anything else is CSV with a header.
        column: The column that holds the titles.
        out: The file to write.
        explain: Whether to say what decided.

    Raises:
        DataError: If the file is malformed, lacks the column, or has one of the added ones.
    """
    require_folder(out)
    if out.resolve() == path.resolve():
        raise DataError(f"{out} is the file that is read; name another to write.")
    frame = _read(path)
    if column not in frame.columns:
        nearest = difflib.get_close_matches(column, frame.columns, n=1, cutoff=0.0)[0]
        raise DataError(
            f"{path} has no column '{column}'; did you mean '{nearest}'? "
            f"It has: {', '.join(frame.columns)}."
        )
    parts = ("", "_confidence", "_reason") if explain else ("", "_confidence")
    added = [target + part for target in model.classifiers for part in parts] + [STATUS]
    taken = [name for name in added if name in frame.columns]
    if taken:
        raise DataError(
            f"{path} already has a column '{taken[0]}', which would be overwritten; rename it."
        )
    if frame.schema[column] not in (pl.String, pl.Null):
        raise DataError(f"{path}, column '{column}': {frame.schema[column]} is not text.")
    titles = [(value or "").strip() for value in frame[column].to_list()]
    distinct = list(dict.fromkeys(titles))
    status = dict(zip(distinct, statuses(distinct), strict=True))
    asked = [title for title, found in status.items() if found is TitleStatus.TITLE]
    answers = answers_of(model, asked, with_reasons=explain)
    for target, given in answers.items():
        by_title = dict(zip(asked, given, strict=True))
        given_to = [by_title.get(title) for title in titles]
        frame = frame.with_columns(_columns(target, given_to, explain))
    found = [status[title] for title in titles]
    write_table(frame.with_columns(pl.Series(STATUS, map(str, found), dtype=pl.String)), out)
    counts: Counter[TitleStatus] = Counter(found)
    counts.pop(TitleStatus.TITLE, None)
    return FileOutcome(rows=len(titles), untitled=dict(counts))


def _read(path: Path) -> pl.DataFrame:
    if path.suffix.lower() == ".parquet":
        try:
            return pl.read_parquet(io.BytesIO(read_bytes(path)))
        except pl.exceptions.PolarsError as error:
            raise DataError(f"{path} is not a readable Parquet file: {error}.") from error
    # As text throughout: '007' and '1.50' are to come out as they went in.
    columns = read_table(path).columns
    return pl.DataFrame(
        {name: [value or None for value in values] for name, values in columns.items()},
        schema=dict.fromkeys(columns, pl.String),
    )


def _columns(target: str, answers: list[Answer | None], explain: bool) -> list[pl.Series]:
    labels = [None if answer is None else answer.label for answer in answers]
    confidences = [None if answer is None else round(answer.confidence, 4) for answer in answers]
    columns = [
        pl.Series(target, labels, dtype=pl.String),
        pl.Series(f"{target}_confidence", confidences, dtype=pl.Float64),
    ]
    if explain:
        reasons = [None if answer is None else answer.reason for answer in answers]
        columns.append(pl.Series(f"{target}_reason", reasons, dtype=pl.String))
    return columns

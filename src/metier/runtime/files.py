"""Predicting a file: its columns are kept and the answers added."""

from __future__ import annotations

import difflib
import io
import os
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from metier.classifiers import Answer, Model
from metier.data.tables import read_bytes, read_table
from metier.errors import DataError

__all__ = ["FileOutcome", "predict_file"]


@dataclass(frozen=True)
class FileOutcome:
    """What became of a file.

    Attributes:
        rows: Rows of the file, all of which are in the output.
        empty: Rows without a title, whose answers are left empty.
    """

    rows: int
    empty: int


def predict_file(model: Model, path: Path, column: str, out: Path) -> FileOutcome:
    """Answer every title of a CSV or Parquet file.

    For each target that the model answers, the columns ``TARGET`` and ``TARGET_confidence`` are
    added. The output is CSV, or Parquet if ``out`` ends so; it is written whole or not at all.

    Args:
        model: The model.
        path: The file to read; ``.parquet`` tells Parquet, anything else is CSV with a header.
        column: The column that holds the titles.
        out: The file to write.

    Raises:
        DataError: If the file is malformed, lacks the column, or has one of the added ones.
    """
    frame = _read(path)
    if column not in frame.columns:
        nearest = difflib.get_close_matches(column, frame.columns, n=1, cutoff=0.0)[0]
        raise DataError(
            f"{path} has no column '{column}'; did you mean '{nearest}'? "
            f"It has: {', '.join(frame.columns)}."
        )
    added = [name for target in model.classifiers for name in (target, f"{target}_confidence")]
    taken = [name for name in added if name in frame.columns]
    if taken:
        raise DataError(
            f"{path} already has a column '{taken[0]}', which would be overwritten; rename it."
        )
    if frame.schema[column] not in (pl.String, pl.Null):
        raise DataError(f"{path}, column '{column}': {frame.schema[column]} is not text.")
    titles = [(value or "").strip() for value in frame[column].to_list()]
    asked = list(dict.fromkeys(title for title in titles if title))
    answers = model.predict(asked)
    for target, given in answers.items():
        by_title = dict(zip(asked, given, strict=True))
        frame = frame.with_columns(_columns(target, [by_title.get(title) for title in titles]))
    _write(frame, out)
    return FileOutcome(rows=len(titles), empty=sum(not title for title in titles))


def _read(path: Path) -> pl.DataFrame:
    if path.suffix == ".parquet":
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


def _columns(target: str, answers: list[Answer | None]) -> list[pl.Series]:
    labels = [None if answer is None else answer.label for answer in answers]
    confidences = [None if answer is None else round(answer.confidence, 4) for answer in answers]
    return [
        pl.Series(target, labels, dtype=pl.String),
        pl.Series(f"{target}_confidence", confidences, dtype=pl.Float64),
    ]


def _write(frame: pl.DataFrame, out: Path) -> None:
    scratch = out.with_name(out.name + ".tmp")
    try:
        if out.suffix == ".parquet":
            frame.write_parquet(scratch)
        else:
            frame.write_csv(scratch)
        os.replace(scratch, out)
    except OSError as error:
        raise DataError(f"{out} cannot be written: {error.strerror or error}.") from error
    finally:
        scratch.unlink(missing_ok=True)

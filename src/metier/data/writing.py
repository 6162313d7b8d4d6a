"""Writing files: whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from metier.errors import DataError

__all__ = ["TABLE_SUFFIXES", "require_folder", "whole_or_not", "write_table"]

TABLE_SUFFIXES = (".csv", ".jsonl", ".parquet")


def require_folder(path: Path) -> None:
    """Refuse a file to write whose folder is not there, before any work is done for it.

    Raises:
        DataError: If there is no such folder.
    """
    if not path.parent.is_dir():
        raise DataError(f"{path} cannot be written: there is no folder {path.parent}.")


@contextmanager
def whole_or_not(path: Path) -> Iterator[Path]:
    """Give a file to write beside another, which it replaces once it is written without an error.

    Raises:
        DataError: If it cannot be written.
    """
    scratch = path.with_name(path.name + ".tmp")
    try:
        yield scratch
        os.replace(scratch, path)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        scratch.unlink(missing_ok=True)


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write a table in the format that the ending tells: JSON Lines, Parquet, or else CSV.

    Raises:
        DataError: If the file cannot be written.
    """
    try:
        with whole_or_not(path) as scratch:
            if path.suffix == ".parquet":
                frame.write_parquet(scratch)
            elif path.suffix == ".jsonl":
                frame.write_ndjson(scratch)
            else:
                frame.write_csv(scratch)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{path} cannot hold this table: {error}.") from error

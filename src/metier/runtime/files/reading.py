"""The reader of a format."""

from __future__ import annotations

from collections.abc import Iterable

from metier.runtime.files.batches import Reader
from metier.runtime.files.csv_reading import CsvReader, TitlesReader
from metier.runtime.files.formats import FileFormat
from metier.runtime.files.json_reading import JsonReader
from metier.runtime.files.source import Source

__all__ = ["open_reader"]


def open_reader(
    source: Source,
    read: FileFormat,
    written: FileFormat,
    column: str | None,
    added: Iterable[str],
) -> Reader:
    """Return what reads a file.

    Args:
        source: The file.
        read: Its format.
        written: The format of the output.
        column: The column of titles; by default it is guessed.
        added: The columns of the answers.

    Raises:
        DataError: If the file has no such column, or one of those that are added.
    """
    if read is FileFormat.PARQUET:
        # Polars is slow to start.
        from metier.runtime.files.parquet_reading import ParquetReader

        return ParquetReader(source, column, added)
    if read is FileFormat.CSV:
        return CsvReader(source, column, added)
    if read is FileFormat.TITLES:
        return TitlesReader(source, column, added)
    return JsonReader(
        source,
        column,
        added,
        has_lines=read is FileFormat.JSONL,
        is_flat=written in (FileFormat.CSV, FileFormat.PARQUET),
        is_nested=written is FileFormat.JSON,
    )

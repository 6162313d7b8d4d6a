"""Reading CSV and Parquet tables with errors that name file, row and field."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from metier.errors import DataError

__all__ = ["MissingColumnError", "Table", "read_bytes", "read_table", "read_text"]


class MissingColumnError(DataError):
    """A table lacks a column.

    Attributes:
        found: The columns that it has.
    """

    def __init__(self, path: Path, header: Sequence[str], required: Sequence[str]) -> None:
        missing = next(name for name in required if name not in header)
        super().__init__(
            f"{path} has no column '{missing}'; it has: {', '.join(header)}. "
            f"Required: {', '.join(required)}."
        )
        self.found = tuple(header)


@dataclass(frozen=True)
class Table:
    """Some columns of a file.

    Attributes:
        path: The file.
        columns: Name to values, all of one length.
        lines: The line on which each row starts in a text file, counted from 1; in a Parquet
            file the number of the row, counted from 1.
    """

    path: Path
    columns: dict[str, list[object]]
    lines: list[int]

    def where(self, row: int, field: str) -> str:
        """Return the place of a value, as the start of an error message."""
        unit = "row" if self.path.suffix == ".parquet" else "line"
        return f"{self.path}, {unit} {self.lines[row]}, field '{field}'"

    def text(self, row: int, field: str) -> str:
        """Return a value that must be text with something in it.

        Raises:
            DataError: If the value is empty or not a string.
        """
        value = self.columns[field][row]
        if not isinstance(value, str):
            raise DataError(f"{self.where(row, field)}: {value!r} is not text.")
        if not value.strip():
            raise DataError(f"{self.where(row, field)}: the value is empty.")
        return value


def read_table(path: Path, required: Sequence[str] | None = None) -> Table:
    """Read columns of a CSV (UTF-8, with a header) or Parquet file.

    Args:
        path: The file; the ending ``.parquet`` tells Parquet, anything else is CSV.
        required: Names of the columns to read, others are left out; None reads all.

    Raises:
        DataError: If the file is missing, empty or undecodable, lacks a column, or has a row
            with too few or too many fields.
    """
    return _read_parquet(path, required) if path.suffix == ".parquet" else _read_csv(path, required)


def read_bytes(path: Path) -> bytes:
    """Read a file that must exist and hold something.

    Raises:
        DataError: If the file cannot be read or is empty.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not content.strip():
        raise DataError(f"{path} is empty.")
    return content


def read_text(path: Path) -> str:
    """Read a UTF-8 file that must exist and hold something.

    Raises:
        DataError: If the file cannot be read, is empty or is not UTF-8.
    """
    content = read_bytes(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}, line {line}: byte 0x{content[error.start]:02x} is not UTF-8; "
            "save the file as UTF-8."
        ) from error


def _read_csv(path: Path, required: Sequence[str] | None) -> Table:
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        header = next(reader)
        names = _columns(path, header, required)
        rows, lines = [], []
        start = reader.line_num + 1
        for row in reader:
            if row:
                if len(row) != len(header):
                    raise DataError(
                        f"{path}, line {start}: {len(row)} fields where the header has "
                        f"{len(header)} ({', '.join(header)})."
                    )
                rows.append(row)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}.") from error
    if not rows:
        raise DataError(f"{path} has a header but no rows.")
    columns: dict[str, list[object]] = {
        name: [row[header.index(name)] for row in rows] for name in names
    }
    return Table(path, columns, lines)


def _read_parquet(path: Path, required: Sequence[str] | None) -> Table:
    import polars as pl

    content = read_bytes(path)
    try:
        header = list(pl.read_parquet_schema(io.BytesIO(content)))
        names = _columns(path, header, required)
        frame = pl.read_parquet(io.BytesIO(content), columns=names)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{path} is not a readable Parquet file: {error}.") from error
    if frame.is_empty():
        raise DataError(f"{path} has no rows.")
    return Table(
        path,
        {name: frame[name].to_list() for name in names},
        list(range(1, frame.height + 1)),
    )


def _columns(path: Path, header: Sequence[str], required: Sequence[str] | None) -> list[str]:
    repeated = [name for name in header if header.count(name) > 1]
    if repeated:
        raise DataError(f"{path} has two columns '{repeated[0]}'; rename one.")
    if required is None:
        return list(header)
    if any(name not in header for name in required):
        raise MissingColumnError(path, header, required)
    return list(required)

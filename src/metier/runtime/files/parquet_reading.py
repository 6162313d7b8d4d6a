"""Reading Parquet, slice by slice."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from metier.errors import DataError
from metier.runtime.files.batches import ROWS, Batch
from metier.runtime.files.columns import refuse_taken, title_column
from metier.runtime.files.csv_parsing import DELIMITERS
from metier.runtime.files.source import Source

__all__ = ["Frame", "ParquetReader"]

# Rows that are read at once, and their bytes in memory, about: each slice decodes part of a group
# of rows anew, and rows may be long.
SLICE = 50_000
SLICE_BYTES = 16 << 20
_TEXT = (pl.String, pl.Null, pl.Categorical, pl.Enum)


@dataclass(frozen=True)
class Frame(Batch):
    """Rows of a table.

    Attributes:
        table: The rows.
    """

    table: pl.DataFrame

    def values(self) -> list[list[object]]:  # noqa: D102
        columns = [_flat(series) for series in self.table]
        return [list(row) for row in zip(*columns, strict=True)]

    def objects(self) -> list[str]:  # noqa: D102
        for name, kind in self.table.schema.items():
            if kind.is_nested() and "Binary" in str(kind):
                raise DataError(
                    f"Column '{name}': {kind} cannot be written as JSON; write Parquet or CSV."
                )
        table = self.table.with_columns(pl.col(pl.Binary).bin.encode("base64"))
        # Not by splitlines: its other ends of lines stand in titles.
        return table.write_ndjson().split("\n")[: table.height]

    def frame(self) -> pl.DataFrame:  # noqa: D102
        return self.table


class ParquetReader:
    """Reads a Parquet file.

    Args:
        source: The file.
        column: The column of titles; by default it is guessed.
        added: The columns that the answers will have.

    Raises:
        DataError: If it is no Parquet file, has no such column, or one of the added ones; if the
            titles are not text.
    """

    delimiter = DELIMITERS[0]
    encoding: str | None = None
    renamed: Mapping[str, str] = MappingProxyType({})

    def __init__(self, source: Source, column: str | None, added: Iterable[str]) -> None:
        if source.path is None:
            raise DataError(
                f"{source.name} is a stream, and Parquet cannot be read from one; save it as a "
                "file."
            )
        self._name = source.name
        self._done = 0
        try:
            self._scan = pl.scan_parquet(source.path, glob=False)
            schema = self._scan.collect_schema()
            self._rows = int(self._scan.select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, OSError) as error:
            raise self._unreadable(error) from error
        self.columns: Sequence[str] = schema.names()
        self.column = title_column(source.name, self.columns, column)
        refuse_taken(source.name, self.columns, added)
        kind = schema[self.column]
        if kind not in _TEXT:
            raise DataError(f"{source.name}, column '{self.column}': {kind} is not text.")

    @property
    def share(self) -> float | None:  # noqa: D102
        return self._done / self._rows if self._rows else None

    def batches(self) -> Iterator[Batch]:  # noqa: D102
        rows = ROWS
        while self._done < self._rows:
            try:
                table = self._scan.slice(self._done, rows).collect()
            except (pl.exceptions.PolarsError, OSError) as error:
                raise self._unreadable(error) from error
            for part in table.iter_slices(ROWS):
                titles = part[self.column].cast(pl.String).to_list()
                self._done += part.height
                yield Frame(titles, (), part)
            row_bytes = max(table.estimated_size() / table.height, 1.0)
            rows = min(max(int(SLICE_BYTES / row_bytes), ROWS), SLICE)

    def _unreadable(self, error: Exception) -> DataError:
        what = str(error).partition("\n")[0].rstrip(".")
        return DataError(f"{self._name} is not a readable Parquet file: {what}.")


def _flat(series: pl.Series) -> list[object]:
    """Return a column's values as CSV holds them."""
    kind = series.dtype
    if kind.is_nested():
        return [None if value is None else _dumps(value) for value in series.to_list()]
    if kind == pl.Binary:
        series = series.bin.encode("base64")
    elif kind.is_temporal() or kind == pl.Boolean:
        series = series.cast(pl.String)
    return list(series.to_list())


def _plain(value: object) -> str:
    """Return what JSON does not know."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


_dumps = json.JSONEncoder(ensure_ascii=False, default=_plain).encode

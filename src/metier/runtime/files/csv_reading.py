"""Reading CSV, and plain lists of titles."""

from __future__ import annotations

import json
from abc import ABC
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING

from metier.errors import DataError
from metier.runtime.files.batches import ROWS, BadRow, Batch, printable
from metier.runtime.files.columns import refuse_repeated, refuse_taken, title_column
from metier.runtime.files.csv_parsing import (
    DELIMITERS,
    SAMPLE,
    Parsed,
    find_delimiter,
    parse,
    parse_column,
    parse_plain,
)
from metier.runtime.files.encoding import decoded, detect_encoding, is_clean, why_unreadable
from metier.runtime.files.lines import lines_of, whole_lines
from metier.runtime.files.source import Source

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CsvReader", "Lines", "Rows", "TitlesReader"]

# As the JSON encoder's own default, but for letters, which stay readable.
_dumps = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class _Texts(Batch, ABC):
    """Rows whose values are texts.

    Attributes:
        columns: The names of the values.
    """

    columns: Sequence[str]

    def objects(self) -> list[str]:
        names = [_dumps(name).replace("%", "%%") for name in self.columns]
        template = f"{{{', '.join(f'{name}: %s' for name in names)}}}"
        return [template % tuple(map(_dumps, row)) for row in self.values()]

    def frame(self) -> pl.DataFrame:
        import polars as pl

        kept = zip(*self.values(), strict=True) if self.titles else ([] for _ in self.columns)
        return pl.DataFrame(
            {
                name: [value or None for value in values]
                for name, values in zip(self.columns, kept, strict=True)
            },
            # As text throughout: '007' and '1.50' are to come out as they went in.
            schema=dict.fromkeys(self.columns, pl.String),
        )


@dataclass(frozen=True)
class Rows(_Texts):
    """Rows that are parsed.

    Attributes:
        rows: The rows.
    """

    rows: Sequence[list[str]]

    def values(self) -> Sequence[list[str]]:  # noqa: D102
        return self.rows


@dataclass(frozen=True)
class Lines(_Texts):
    """Lines of CSV that are a row each.

    Attributes:
        raw: The lines as they stand in the file.
        delimiter: What stands between their fields.
    """

    raw: Sequence[str]
    delimiter: str

    def values(self) -> Sequence[list[str]]:  # noqa: D102
        return parse_plain(self.raw, self.delimiter)

    def lines(self, delimiter: str) -> Sequence[str]:  # noqa: D102
        if self.delimiter != delimiter:
            return super().lines(delimiter)
        return [line.rstrip("\r\n") for line in self.raw]


class CsvReader:
    """Reads CSV with a header; delimiter and encoding are found out.

    Args:
        source: The file.
        column: The column of titles; by default it is guessed.
        added: The columns that the answers will have.

    Raises:
        DataError: If there is no header, no such column, or one of the added ones.
    """

    renamed: Mapping[str, str] = MappingProxyType({})

    def __init__(self, source: Source, column: str | None, added: Iterable[str]) -> None:
        self._source = source
        self.encoding: str | None = detect_encoding(source)
        self._texts = whole_lines(decoded(source.blocks(), self.encoding), source.name)
        text = next(self._texts, "")
        lines = lines_of(text)
        self.delimiter = find_delimiter(lines)
        names, self._behind = self._read_header(lines)
        self.columns: Sequence[str] = names
        self._head = (lines[self._behind :], not is_clean(text))
        refuse_repeated(source.name, self.columns)
        self.column = self._find_title(column)
        refuse_taken(source.name, self.columns, added)

    @property
    def share(self) -> float | None:  # noqa: D102
        return self._source.share

    def batches(self) -> Iterator[Batch]:  # noqa: D102
        place = self.columns.index(self.column)
        width = len(self.columns)
        number = self._behind + 1
        rest: Sequence[str] = ()
        is_dirty = False
        pieces = ((lines_of(text), not is_clean(text)) for text in self._texts)
        for more, more_is_dirty in chain([self._head], pieces):
            lines = [*rest, *more]
            is_dirty = more_is_dirty or (is_dirty and bool(rest))
            titles = None if is_dirty else parse_column(lines, self.delimiter, place, width)
            if titles is None:
                parsed = parse(lines, self.delimiter, number, is_last=False)
                yield from self._batches(parsed, lines, number, is_dirty)
                rest = parsed.rest
            else:
                # Nearly always a line is a row: then the others of its fields need no parsing.
                for start in range(0, len(lines), ROWS):
                    part = slice(start, start + ROWS)
                    yield Lines(titles[part], (), self.columns, lines[part], self.delimiter)
                rest = ()
            number += len(lines) - len(rest)
        if rest:
            parsed = parse(rest, self.delimiter, number, is_last=True)
            yield from self._batches(parsed, rest, number, is_dirty)

    def _read_header(self, lines: Sequence[str]) -> tuple[list[str], int]:
        """Return the names of the columns, and the number of lines up to their end."""
        name = self._source.name
        parsed = parse(lines[:SAMPLE], self.delimiter, 1, is_last=False)
        if not (parsed.rows or parsed.bad or parsed.rest):
            # A byte order mark alone, or empty lines.
            raise DataError(f"{name} is empty.")
        wrong: str | None = parsed.bad[0].reason if parsed.bad else "A quote is never closed."
        if parsed.rows and not (parsed.bad and parsed.bad[0].row <= parsed.starts[0]):
            wrong = why_unreadable("".join(parsed.rows[0]), self.encoding or "")
        if wrong is not None:
            raise DataError(f"{name}, line 1: the header cannot be read: {wrong}")
        return parsed.rows[0], parsed.ends[0]

    def _find_title(self, column: str | None) -> str:
        try:
            return title_column(self._source.name, self.columns, column)
        except DataError as error:
            if column is None and len(self.columns) == 1:
                raise DataError(
                    f"{error} For a list of titles without a header, say --format titles."
                ) from error
            raise

    def _batches(
        self, parsed: Parsed, lines: Sequence[str], first: int, is_dirty: bool
    ) -> Iterator[Batch]:
        """Yield the rows that are as they should be, with the others among the bad ones."""
        width = len(self.columns)
        good: list[list[str]] = []
        bad = list(parsed.bad)
        for row, start, end in zip(parsed.rows, parsed.starts, parsed.ends, strict=True):
            reason = why_unreadable("\n".join(row), self.encoding or "") if is_dirty else None
            if reason is None and len(row) != width:
                reason = f"{len(row)} {_fields(row)} where the header has {width}."
                if end - start > 1:
                    reason += f" The row ends on line {first + end - 1}."
            if reason is None:
                good.append(row)
            else:
                content = printable("".join(lines[start:end]).rstrip("\r\n"))
                bad.append(BadRow(first + start, reason, content))
        bad.sort(key=lambda found: found.row)
        yield from _parts(self.columns, self.columns.index(self.column), good, bad)


class TitlesReader:
    """Reads a plain list of titles, one a line, without a header. Empty lines are rows, too.

    Args:
        source: The file.
        column: What the column of titles is to be called in the output.
        added: The columns that the answers will have.

    Raises:
        DataError: If the column is one of the added ones.
    """

    delimiter = DELIMITERS[0]
    renamed: Mapping[str, str] = MappingProxyType({})

    def __init__(self, source: Source, column: str | None, added: Iterable[str]) -> None:
        self._source = source
        self.encoding: str | None = detect_encoding(source)
        self.column = column or "title"
        self.columns: Sequence[str] = (self.column,)
        refuse_taken(source.name, self.columns, added)

    @property
    def share(self) -> float | None:  # noqa: D102
        return self._source.share

    def batches(self) -> Iterator[Batch]:  # noqa: D102
        encoding = self.encoding or ""
        number = 1
        for text in whole_lines(decoded(self._source.blocks(), encoding), self._source.name):
            good: list[list[str]] = []
            bad: list[BadRow] = []
            is_dirty = not is_clean(text)
            for line in lines_of(text):
                title = line.rstrip("\r\n")
                reason = why_unreadable(title, encoding) if is_dirty else None
                if reason is None:
                    good.append([title])
                else:
                    bad.append(BadRow(number, reason, printable(title)))
                number += 1
            yield from _parts(self.columns, 0, good, bad)


def _parts(
    columns: Sequence[str], place: int, rows: Sequence[list[str]], bad: Sequence[BadRow]
) -> Iterator[Rows]:
    """Yield batches of rows; the bad ones go with the first, even if there are no others."""
    for start in range(0, len(rows) or min(len(bad), 1), ROWS):
        part = rows[start : start + ROWS]
        yield Rows([row[place] for row in part], () if start else bad, columns, part)


def _fields(row: Sequence[str]) -> str:
    return "field" if len(row) == 1 else "fields"

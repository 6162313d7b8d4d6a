"""Reading CSV, and plain lists of titles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

from metier.errors import DataError
from metier.runtime.files.batches import ROWS, BadRow, Batch, printable
from metier.runtime.files.columns import refuse_repeated, refuse_taken, title_column
from metier.runtime.files.csv_parsing import DELIMITERS, Parsed, find_delimiter, parse
from metier.runtime.files.encoding import decoded, detect_encoding, is_clean, why_unreadable
from metier.runtime.files.lines import lines_of, whole_lines
from metier.runtime.files.source import Source

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CsvReader", "Rows", "TitlesReader"]

# As the JSON encoder's own default, but for letters, which stay readable.
_dumps = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Rows(Batch):
    """Rows of text.

    Attributes:
        columns: The names of their fields.
        rows: The rows.
        delimiter: What stands between the fields of ``raw``.
        raw: The lines that they were read from, where each row had one.
    """

    columns: Sequence[str]
    rows: Sequence[list[str]]
    delimiter: str = ""
    raw: Sequence[str] | None = None

    def values(self) -> Sequence[Sequence[object]]:  # noqa: D102
        return self.rows

    def lines(self, delimiter: str) -> Sequence[str]:  # noqa: D102
        if self.raw is None or self.delimiter != delimiter:
            return super().lines(delimiter)
        return [line.rstrip("\r\n") for line in self.raw]

    def objects(self) -> list[str]:  # noqa: D102
        return [_dumps(dict(zip(self.columns, row, strict=True))) for row in self.rows]

    def frame(self) -> pl.DataFrame:  # noqa: D102
        import polars as pl

        kept = zip(*self.rows, strict=True) if self.rows else ([] for _ in self.columns)
        return pl.DataFrame(
            {
                name: [value or None for value in values]
                for name, values in zip(self.columns, kept, strict=True)
            },
            # As text throughout: '007' and '1.50' are to come out as they went in.
            schema=dict.fromkeys(self.columns, pl.String),
        )


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
        texts = whole_lines(decoded(source.blocks(), self.encoding), source.name)
        first = next(texts)
        self.delimiter = find_delimiter(lines_of(first[:1_000_000]))
        self._parsed = self._parse(first, texts)
        self._head = next(self._parsed)
        parsed = self._head[0]
        if not parsed.rows or (parsed.bad and parsed.bad[0].row <= parsed.starts[0]):
            wrong = parsed.bad[0].reason if parsed.bad else "a quote is never closed."
            raise DataError(f"{source.name}, line 1: the header cannot be read: {wrong}")
        self.columns: Sequence[str] = parsed.pop_header()
        unreadable = why_unreadable("".join(self.columns), self.encoding)
        if unreadable is not None:
            raise DataError(f"{source.name}, line 1: the header cannot be read: {unreadable}")
        refuse_repeated(source.name, self.columns)
        self.column = title_column(source.name, self.columns, column)
        refuse_taken(source.name, self.columns, added)

    @property
    def share(self) -> float | None:  # noqa: D102
        return self._source.share

    def batches(self) -> Iterator[Batch]:  # noqa: D102
        place = self.columns.index(self.column)
        yield from self._batches(*self._head, place)
        del self._head
        for parsed, lines, first, is_dirty in self._parsed:
            yield from self._batches(parsed, lines, first, is_dirty, place)

    def _parse(
        self, text: str, texts: Iterator[str]
    ) -> Iterator[tuple[Parsed, list[str], int, bool]]:
        """Yield what the lines of each text hold, with the lines, and whether to look at each."""
        rest: Sequence[str] = ()
        number = 1
        is_dirty = False
        following: str | None = text
        while following is not None:
            text, following = following, next(texts, None)
            lines = [*rest, *lines_of(text)]
            is_dirty = (is_dirty and bool(rest)) or not is_clean(text)
            parsed = parse(lines, self.delimiter, number, is_last=following is None)
            rest = parsed.rest
            yield parsed, lines, number, is_dirty
            number += len(lines) - len(rest)

    def _batches(
        self, parsed: Parsed, lines: list[str], first: int, is_dirty: bool, place: int
    ) -> Iterator[Batch]:
        rows, bad = parsed.rows, parsed.bad
        raw: Sequence[str] | None = None
        if is_dirty or not {len(self.columns)}.issuperset(map(len, rows)):
            rows = self._good_rows(parsed, lines, first)
            bad = sorted(bad, key=lambda found: found.row)
        elif parsed.has_a_row_a_line and rows:
            raw = lines[parsed.starts[0] :]
        if bad and not rows:
            yield Rows([], bad, self.columns, [])
        for start in range(0, len(rows), ROWS):
            part = rows[start : start + ROWS]
            yield Rows(
                titles=[row[place] for row in part],
                bad=() if start else bad,
                columns=self.columns,
                rows=part,
                delimiter=self.delimiter,
                raw=None if raw is None else raw[start : start + ROWS],
            )

    def _good_rows(self, parsed: Parsed, lines: list[str], first: int) -> list[list[str]]:
        """Return the rows that are as they should be, and put the others with the bad ones."""
        width = len(self.columns)
        good = []
        for row, start, end in zip(parsed.rows, parsed.starts, parsed.ends, strict=True):
            reason = why_unreadable("\n".join(row), self.encoding or "")
            if reason is None and len(row) != width:
                reason = f"{len(row)} {_fields(row)} where the header has {width}."
                if end - start > 1:
                    reason += f" The row ends on line {first + end - 1}."
            if reason is None:
                good.append(row)
            else:
                content = printable("".join(lines[start:end]).rstrip("\r\n"))
                parsed.bad.append(BadRow(first + start, reason, content))
        return good


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
            lines = [line.rstrip("\r\n") for line in lines_of(text)]
            bad = [] if is_clean(text) else list(_bad_titles(lines, number, encoding))
            wrong = {found.row - number for found in bad}
            number += len(lines)
            titles = [line for place, line in enumerate(lines) if place not in wrong]
            starts = [*range(0, len(titles), ROWS), len(titles)]
            if bad and not titles:
                yield Rows([], bad, self.columns, [])
            for start, end in pairwise(starts):
                part = titles[start:end]
                yield Rows(part, () if start else bad, self.columns, [[title] for title in part])


def _bad_titles(lines: Sequence[str], first: int, encoding: str) -> Iterator[BadRow]:
    for number, line in enumerate(lines, first):
        reason = why_unreadable(line, encoding)
        if reason is not None:
            yield BadRow(number, reason, printable(line))


def _fields(row: Sequence[str]) -> str:
    return "field" if len(row) == 1 else "fields"

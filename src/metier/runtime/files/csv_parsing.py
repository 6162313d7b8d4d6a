"""Parsing lines of CSV: a row that is broken costs itself alone."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from metier.runtime.files.batches import BadRow, printable

__all__ = ["DELIMITERS", "Parsed", "find_delimiter", "parse"]

DELIMITERS = ",;\t|"

# Characters of a field; a title may have a million. A quote that is never closed ends here.
LONGEST_FIELD = 2_000_000
# Lines by which the delimiter is told.
SAMPLE = 200


@dataclass
class Parsed:
    """What some lines of CSV hold.

    Attributes:
        rows: The rows, empty lines apart.
        starts: For each row the place of its first line.
        ends: For each row the place behind its last line.
        bad: What is no CSV.
        rest: Lines of a row that goes on behind them.
    """

    rows: list[list[str]]
    starts: Sequence[int]
    ends: Sequence[int]
    bad: list[BadRow]
    rest: Sequence[str] = ()

    @property
    def has_a_row_a_line(self) -> bool:
        """Whether each line is one row, and none is bad."""
        return isinstance(self.starts, range)

    def pop_header(self) -> list[str]:
        """Return the first row, and forget it."""
        self.starts, self.ends = self.starts[1:], self.ends[1:]
        return self.rows.pop(0)


def parse(lines: Sequence[str], delimiter: str, first: int, *, is_last: bool) -> Parsed:
    """Parse lines, and go on behind each line that is no CSV.

    Args:
        lines: Lines with their ends.
        delimiter: What stands between fields.
        first: The number of the first line in its file.
        is_last: Whether the file ends with these lines.
    """
    with _long_fields():
        try:
            rows = list(csv.reader(lines, delimiter=delimiter, strict=True))
        except csv.Error:
            rows = []
        # A row a line is what most files hold, and need no counting of lines.
        if len(rows) == len(lines) and all(rows):
            return Parsed(rows, range(len(rows)), range(1, len(rows) + 1), [])
        return _parse_slowly(lines, delimiter, first, is_last)


def find_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter by which most of the first rows have as many fields as the header."""
    scores: dict[str, tuple[float, int]] = {}
    for delimiter in DELIMITERS:
        parsed = parse(lines[:SAMPLE], delimiter, 1, is_last=False)
        header, *rows = parsed.rows or [[]]
        if len(header) > 1:
            fitting = sum(len(row) == len(header) for row in rows)
            share = fitting / max(len(rows) + len(parsed.bad), 1)
            scores[delimiter] = (share, len(header))
    return max(scores, key=lambda delimiter: scores[delimiter], default=DELIMITERS[0])


def _parse_slowly(lines: Sequence[str], delimiter: str, first: int, is_last: bool) -> Parsed:
    rows: list[list[str]] = []
    starts: list[int] = []
    ends: list[int] = []
    bad: list[BadRow] = []
    begin = done = 0
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while done < len(lines):
        try:
            for row in reader:
                reached = begin + reader.line_num
                if row:
                    rows.append(row)
                    starts.append(done)
                    ends.append(reached)
                done = reached
        except csv.Error as error:
            reached = begin + reader.line_num
            if reached == len(lines) and not is_last:
                # Perhaps no mistake: the row may go on in the next lines.
                return Parsed(rows, starts, ends, bad, lines[done:])
            content = printable(lines[done].rstrip("\r\n"))
            bad.append(BadRow(first + done, _reason(error), content))
            done += 1
            if reached > done:
                # The lines behind an open quote are rows of their own.
                begin = done
                rest = islice(lines, begin, None)
                reader = csv.reader(rest, delimiter=delimiter, strict=True)
    return Parsed(rows, starts, ends, bad)


def _reason(error: csv.Error) -> str:
    if "field larger" in str(error):
        return f"A field has more than {LONGEST_FIELD:,} characters, or a quote is never closed."
    return f"A quote is never closed, or not doubled within a field ({error})."


@contextmanager
def _long_fields() -> Iterator[None]:
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)

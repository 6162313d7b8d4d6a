"""Parsing lines of CSV: a row that is broken costs itself alone."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from metier.runtime.files.batches import BadRow, printable

__all__ = [
    "DELIMITERS",
    "SAMPLE",
    "Parsed",
    "find_delimiter",
    "parse",
    "parse_column",
    "parse_plain",
]

DELIMITERS = ",;\t|"

# Characters of a field; a title may have a million. A quote that is never closed ends here.
LONGEST_FIELD = 2_000_000
SAMPLE = 200
"""Lines by which the header and the delimiter are told."""


@dataclass(frozen=True)
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
    starts: list[int]
    ends: list[int]
    bad: list[BadRow]
    rest: Sequence[str] = ()


def parse_plain(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Parse lines that are known to hold rows."""
    with _long_fields():
        return list(csv.reader(lines, delimiter=delimiter, strict=True))


def parse_column(lines: Sequence[str], delimiter: str, place: int, width: int) -> list[str] | None:
    """Return one field of each line, or None unless each line is a row.

    Args:
        lines: Lines with their ends.
        delimiter: What stands between fields.
        place: The field.
        width: The number of fields that a row has.
    """
    with _long_fields():
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            found = [row[place] for row in reader if len(row) == width]
        except csv.Error:
            return None
    return found if len(found) == len(lines) else None


def parse(lines: Sequence[str], delimiter: str, first: int, *, is_last: bool) -> Parsed:
    """Parse lines, and go on behind each line that is no CSV.

    Args:
        lines: Lines with their ends.
        delimiter: What stands between fields.
        first: The number of the first line in its file.
        is_last: Whether the file ends with these lines.
    """
    with _long_fields():
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

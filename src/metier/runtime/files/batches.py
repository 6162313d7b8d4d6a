"""Batches of rows: what every format gives to the model, and to every format that is written."""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ROWS", "BadRow", "Batch", "Reader", "csv_lines", "printable"]

ROWS = 2_000
"""Rows of a batch, at most: few enough for a processor's cache, and for slow models to be seen."""

# Characters of a bad row that are kept.
SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not answered.

    Attributes:
        row: The line of the file on which it starts, counted from 1.
        reason: What is wrong with it, as a sentence.
        content: What stands there, made printable and cut.
    """

    row: int
    reason: str
    content: str


@dataclass(frozen=True)
class Batch(ABC):
    """Some rows of a file, in its order.

    Attributes:
        titles: The title of each row, or None where there is none.
        bad: Rows among or before them that cannot be answered.
    """

    titles: Sequence[str | None]
    bad: Sequence[BadRow]

    @property
    def groups(self) -> Sequence[int] | None:
        """How many rows each CV has, or None where rows do not belong to CVs."""
        return None

    @abstractmethod
    def values(self) -> Sequence[Sequence[object]]:
        """Return the kept values, row by row, as CSV holds them."""

    def lines(self, delimiter: str) -> Sequence[str]:
        """Return the kept values as rows of CSV, without the ends of lines."""
        return csv_lines(self.values(), delimiter)

    @abstractmethod
    def objects(self) -> list[str]:
        """Return each row's kept values as a JSON object."""

    @abstractmethod
    def frame(self) -> pl.DataFrame:
        """Return the kept values as a table."""


class Reader(Protocol):
    """Reads batches of one format.

    Attributes:
        columns: The columns that are kept.
        column: The one that holds the titles.
        delimiter: What stands between the values of CSV that is written.
        encoding: The encoding that was found out, or None where the format has but one.
        renamed: Columns of the answers that go by another name in such a file.
    """

    columns: Sequence[str]
    column: str
    delimiter: str
    encoding: str | None
    renamed: Mapping[str, str]

    def batches(self) -> Iterator[Batch]:
        """Yield the rows; once. The same file gives the same batches."""

    @property
    def share(self) -> float | None:
        """The share of the input that was read so far, or None where its size is not known."""


def csv_lines(rows: Iterable[Iterable[object]], delimiter: str) -> list[str]:
    """Return rows of CSV, without the ends of lines."""
    written: list[str] = []
    # Fields that hold one of the characters that end a line are quoted.
    end = "\r\n"
    out = SimpleNamespace(write=written.append)
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return [line[: -len(end)] for line in written]


def printable(text: str) -> str:
    """Return what is kept of a bad row: cut, and safe for a terminal."""
    kept = text[:SHOWN]
    if kept.isprintable():
        return kept
    return "".join(
        character if character.isprintable() else _escaped(character) for character in kept
    )


def _escaped(character: str) -> str:
    code = ord(character)
    # A byte that could not be decoded; see ``encoding``.
    if 0xDC00 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")

"""Rows with their answers as text: CSV, JSON and JSON Lines."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import add

from metier.runtime.answering import Values
from metier.runtime.files.batches import BadRow, Batch, csv_lines
from metier.runtime.files.formats import FileFormat

__all__ = ["BAD_HEADER", "TextForm", "bad_rows_text", "text_form"]

BAD_HEADER = ("row", "reason", "content")
# Values of a column whose text is remembered: few differ, even confidences, which are rounded.
REMEMBERED = 20_000

_dumps = json.JSONEncoder(ensure_ascii=False).encode


class TextForm(ABC):
    """How rows are written as text.

    Attributes:
        head: What stands before all rows.
        tail: What stands behind them.
    """

    head = ""
    tail = ""

    @abstractmethod
    def rows(self, batch: Batch, answers: Mapping[str, Values], *, is_first: bool) -> str:
        """Return the text of a batch.

        Args:
            batch: The rows.
            answers: The columns that are added.
            is_first: Whether nothing stands between it and the head.
        """


class _Cells(dict[object, str]):
    """The texts of a column's values.

    Args:
        written: How a value is written.
    """

    def __init__(self, written: Callable[[object], str]) -> None:
        self._written = written

    def __missing__(self, value: object) -> str:
        text = self[value] = self._written(value)
        return text

    def of(self, values: Values) -> list[str]:
        if len(self) > REMEMBERED:
            self.clear()
        return list(map(self.__getitem__, values))


class _Csv(TextForm):
    def __init__(self, columns: Sequence[str], added: Sequence[str], delimiter: str) -> None:
        self._delimiter = delimiter
        self._cells = {name: _Cells(self._cell) for name in added}
        self.head = csv_lines([[*columns, *added]], delimiter)[0] + "\n"

    def rows(self, batch: Batch, answers: Mapping[str, Values], *, is_first: bool) -> str:
        del is_first
        cells = [self._cells[name].of(values) for name, values in answers.items()]
        kept = batch.lines(self._delimiter)
        rows = map(self._delimiter.join, zip(kept, *cells, strict=True))
        # The empty text at the end ends the last line.
        return "\n".join([*rows, ""])

    def _cell(self, value: object) -> str:
        # A value that is alone in its row would be quoted if it is empty.
        return csv_lines([(value, "")], self._delimiter)[0][:-1]


class _Json(TextForm):
    """Objects, which stay as they are, with the answers inserted at their end."""

    def __init__(self, added: Sequence[str]) -> None:
        self._cells = {name: _Cells(_field(name, is_last=name == added[-1])) for name in added}

    def objects(self, batch: Batch, answers: Mapping[str, Values]) -> Iterator[str]:
        """Yield the objects of the rows."""
        cells = [self._cells[name].of(values) for name, values in answers.items()]
        # An object without fields has no names in quotes, and wants no comma.
        kept = [f"{text[:-1]}, " if '"' in text else "{" for text in batch.objects()]
        return map(add, kept, map(", ".join, zip(*cells, strict=True)))


class _JsonLines(_Json):
    def rows(self, batch: Batch, answers: Mapping[str, Values], *, is_first: bool) -> str:
        del is_first
        text = "\0".join([*self.objects(batch, answers), ""])
        # Within strings of JSON ends of lines are escaped.
        return text.replace("\r", " ").replace("\n", " ").replace("\0", "\n")


class _JsonList(_Json):
    head = "[\n"
    tail = "\n]\n"

    def rows(self, batch: Batch, answers: Mapping[str, Values], *, is_first: bool) -> str:
        items = self.objects(batch, answers)
        if batch.groups is not None:
            jobs = items
            items = (f"[{', '.join(next(jobs) for _ in range(size))}]" for size in batch.groups)
        text = ",\n".join(items)
        return text if is_first or not text else f",\n{text}"


def text_form(
    written: FileFormat, columns: Sequence[str], added: Sequence[str], delimiter: str
) -> TextForm:
    """Return how a format is written.

    Args:
        written: The format.
        columns: The columns that are kept.
        added: Those of the answers.
        delimiter: What stands between values of CSV.
    """
    if written is FileFormat.JSON:
        return _JsonList(added)
    if written is FileFormat.JSONL:
        return _JsonLines(added)
    return _Csv(columns, added, delimiter)


def bad_rows_text(bad: Sequence[BadRow]) -> str:
    """Return bad rows as CSV, without a header."""
    rows = [(found.row, found.reason, found.content) for found in bad]
    return "".join(f"{line}\n" for line in csv_lines(rows, ","))


def _field(name: str, *, is_last: bool) -> Callable[[object], str]:
    """Return how a value of a column is written in an object."""
    begin, end = f"{_dumps(name)}: ", "}" if is_last else ""
    return lambda value: f"{begin}{_dumps(value)}{end}"

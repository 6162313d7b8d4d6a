"""Rows with their answers as text: CSV, JSON and JSON Lines."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import repeat
from operator import add

from metier.runtime.answering import Values
from metier.runtime.files.batches import BadRow, Batch, csv_lines
from metier.runtime.files.formats import FileFormat

__all__ = ["BAD_HEADER", "TextForm", "bad_rows_text", "text_form"]

BAD_HEADER = ("row", "reason", "content")

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


class _Csv(TextForm):
    def __init__(self, columns: Sequence[str], delimiter: str) -> None:
        self._delimiter = delimiter
        self.head = csv_lines([columns], delimiter)[0] + "\n"

    def rows(self, batch: Batch, answers: Mapping[str, Values], *, is_first: bool) -> str:
        del is_first
        before = [self._delimiter] * len(answers)
        added = _added(before, "\n", answers, self._texts)
        return "".join(map(add, batch.lines(self._delimiter), added))

    def _texts(self, values: Sequence[object]) -> list[str]:
        # A value that is alone in its row would be quoted if it is empty.
        return [line[:-1] for line in csv_lines([(value, "") for value in values], self._delimiter)]


class _JsonLines(TextForm):
    def rows(self, batch: Batch, answers: Mapping[str, Values], *, is_first: bool) -> str:
        del is_first
        return "".join(
            f"{_one_line(text)}\n" if "\n" in text or "\r" in text else f"{text}\n"
            for text in _joined(batch, answers)
        )


class _JsonList(TextForm):
    head = "[\n"
    tail = "\n]\n"

    def rows(self, batch: Batch, answers: Mapping[str, Values], *, is_first: bool) -> str:
        items: Iterator[str] = _joined(batch, answers)
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
        return _JsonList()
    if written is FileFormat.JSONL:
        return _JsonLines()
    return _Csv([*columns, *added], delimiter)


def bad_rows_text(bad: Sequence[BadRow]) -> str:
    """Return bad rows as CSV, without a header."""
    rows = [(found.row, found.reason, found.content) for found in bad]
    return "".join(f"{line}\n" for line in csv_lines(rows, ","))


def _joined(batch: Batch, answers: Mapping[str, Values]) -> Iterator[str]:
    """Yield the JSON objects of the rows, which stay as they are, with the answers inserted."""
    before = [f", {_dumps(name)}: " for name in answers]
    added = _added(before, "}", answers, _json_texts)
    for kept, given in zip(batch.objects(), added, strict=True):
        # An object without fields has no names in quotes, and wants no comma.
        yield f"{kept[:-1]}{given}" if '"' in kept else f"{{{given[2:]}"


def _added(
    before: Sequence[str],
    end: str,
    answers: Mapping[str, Values],
    texts_of: Callable[[Sequence[object]], Sequence[str]],
) -> Iterator[str]:
    """Yield what is added to each row.

    Args:
        before: What stands before the value of each column.
        end: What stands behind the last one.
        answers: The columns.
        texts_of: How values are written.
    """
    template = ""
    columns: list[list[str]] = []
    for literal, values in zip(before, answers.values(), strict=True):
        # Few values of a column differ, even confidences, which are rounded.
        distinct = list(set(values))
        texts = dict(zip(distinct, texts_of(distinct), strict=True))
        template += _as_constant(literal)
        if len(texts) == 1:
            template += _as_constant(*texts.values())
        else:
            template += "%s"
            columns.append([texts[value] for value in values])
    template += _as_constant(end)
    rows = max((len(values) for values in answers.values()), default=0)
    return map(template.__mod__, zip(*columns, strict=True) if columns else repeat((), rows))


def _json_texts(values: Sequence[object]) -> list[str]:
    return [repr(value) if type(value) is float else _dumps(value) for value in values]


def _as_constant(text: str) -> str:
    # A percent sign would be taken for a place.
    return text.replace("%", "%%")


def _one_line(text: str) -> str:
    # Within strings of JSON ends of lines are escaped.
    return text.replace("\r", " ").replace("\n", " ")

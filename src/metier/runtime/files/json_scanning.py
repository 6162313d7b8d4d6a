"""Scanning JSON piece by piece: the items of a list, or the lines of JSON Lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, NoReturn

from metier.errors import DataError
from metier.runtime.files.batches import BadRow, printable
from metier.runtime.files.encoding import UNREADABLE, is_clean, why_unreadable
from metier.runtime.files.lines import whole_lines

__all__ = ["Item", "kind_of", "scan_lines", "scan_list", "split_list"]

# Characters of one item; a list that is broken at its beginning is not read to its end.
LONGEST = 16_000_000

_SPACE = re.compile(r"[ \t\n\r]*")
# What may be half of a pair, and is no character if it is not.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_decode = json.JSONDecoder().raw_decode


class Item(NamedTuple):
    """A value of a file.

    Attributes:
        row: The line on which it starts, counted from 1.
        text: It as it stands there.
        value: What it means.
    """

    row: int
    text: str
    value: object


def scan_lines(texts: Iterable[str], name: str, encoding: str) -> Iterator[Item | BadRow]:
    """Yield the value of each line; empty lines are passed over.

    Args:
        texts: The text of the file, cut anywhere.
        name: What messages call it.
        encoding: Its encoding.
    """
    number = 0
    for text in whole_lines(texts, name):
        is_dirty = not is_clean(text)
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        for line in lines:
            number += 1
            stripped = line.strip()
            if stripped:
                reason = why_unreadable(stripped, encoding) if is_dirty else None
                value = None
                if reason is None:
                    reason, value = _read_line(stripped)
                if reason is None:
                    yield Item(number, stripped, value)
                else:
                    yield BadRow(number, reason, printable(stripped))


def scan_list(texts: Iterable[str], name: str, encoding: str) -> Iterator[Item | BadRow]:
    """Yield the items of one list, which need not fit into memory.

    Args:
        texts: The text of the file, cut anywhere.
        name: What messages call it.
        encoding: Its encoding.

    Raises:
        DataError: If it is no list, or is broken; what stands before has been yielded.
    """
    window = _Window(texts, name)
    if window.next_character() != "[":
        value = window.value()[1]
        raise DataError(
            f"{name}: a list is expected, found {kind_of(value)}; for a value a line, name the "
            "file .jsonl or say --format jsonl."
        )
    window.step()
    if window.next_character() == "]":
        window.step()
    else:
        is_open = True
        while is_open:
            window.next_character()
            row = window.line
            text, value = window.value()
            reason = why_unreadable(text, encoding) if window.is_dirty else None
            if reason is None and "\\u" in text:
                reason = _lone_surrogate(text, value)
            yield Item(row, text, value) if reason is None else BadRow(row, reason, printable(text))
            character = window.next_character()
            if character not in (",", "]"):
                window.fail("',' or ']' is expected" if character else "the list has no end")
            window.step()
            is_open = character == ","
    if window.next_character():
        window.fail("the list has ended, and more stands behind it")


def split_list(item: Item) -> Iterator[Item]:
    """Yield the items of a list that is an item itself."""
    text, row = item.text, item.row
    place = 1
    while (start := _after_space(text, place)) < len(text) - 1:
        value, end = _decode(text, start)
        row += text.count("\n", place, start)
        yield Item(row, text[start:end], value)
        row += text.count("\n", start, end)
        # Behind the comma.
        place = _after_space(text, end) + 1
        row += text.count("\n", end, place)


def kind_of(value: object) -> str:
    """Return what a value of JSON is, with its article."""
    names = {dict: "an object", list: "a list", str: "text", type(None): "null", bool: "a boolean"}
    return names.get(type(value), "a number")


class _Window:
    """The part of a text that is looked at, which moves on."""

    def __init__(self, texts: Iterable[str], name: str) -> None:
        self._texts = iter(texts)
        self._name = name
        self._text = ""
        self._place = 0
        # The line that was reached, up to where its ends were counted, and how much of the line
        # lies behind the window.
        self._line = 1
        self._counted = 0
        self._passed = 0
        self.is_dirty = False

    @property
    def line(self) -> int:
        """The number of the line, counted from 1."""
        self._line += self._text.count("\n", self._counted, self._place)
        self._counted = self._place
        return self._line

    def step(self) -> None:
        """Pass over a character."""
        self._place += 1

    def next_character(self) -> str:
        """Pass over space, and return the character behind it, or '' at the end."""
        if self._place < len(self._text) and self._text[self._place] > " ":
            return self._text[self._place]
        while True:
            self._place = _after_space(self._text, self._place)
            if self._place < len(self._text):
                return self._text[self._place]
            if not self._read():
                return ""

    def value(self) -> tuple[str, object]:
        """Pass over a value, and return its text and what it means."""
        while True:
            try:
                value, end = _decode(self._text, self._place)
            except (ValueError, RecursionError) as error:
                if len(self._text) - self._place > LONGEST or not self._read():
                    at = getattr(error, "pos", self._place)
                    self._place = min(at, len(self._text))
                    self.fail(_what(error))
            else:
                # A number that ends with the window may go on.
                if end < len(self._text) or not self._read():
                    text = self._text[self._place : end]
                    self._place = end
                    return text, value

    def fail(self, reason: str) -> NoReturn:
        """Refuse the file.

        Raises:
            DataError: Always.
        """
        raise DataError(
            f"{self._name}, line {self.line}, column {self._column() + 1}: broken JSON: {reason}."
        )

    def _column(self) -> int:
        begin = self._text.rfind("\n", 0, self._place) + 1
        return self._place - begin if begin else self._passed + self._place

    def _read(self) -> bool:
        """Make the window longer, and forget what lies behind; tell whether there was more."""
        text = next(self._texts, None)
        if text is None:
            return False
        self.is_dirty = self.is_dirty or not is_clean(text)
        _, self._passed = self.line, self._column()
        self._text = self._text[self._place :] + text
        self._place = self._counted = 0
        return True


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return place if found is None else found.end()


def _what(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        # Where it is stands before it.
        return error.msg.removesuffix(" at").removesuffix(" starting")
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _read_line(text: str) -> tuple[str | None, object]:
    """Return what is wrong with a line, and its value."""
    try:
        value, end = _decode(text)
    except (ValueError, RecursionError) as error:
        return f"Broken JSON: {_what(error)}.", None
    if end != len(text):
        return "More than one value stands on the line.", None
    return (_lone_surrogate(text, value) if "\\u" in text else None), value


def _lone_surrogate(text: str, value: object) -> str | None:
    if not _SURROGATE.search(text):
        return None
    if UNREADABLE.search(json.dumps(value, ensure_ascii=False)) is None:
        return None
    return "Half of a surrogate pair stands alone; that is no character."

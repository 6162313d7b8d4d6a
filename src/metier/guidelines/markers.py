"""Markers: the words and morphemes of a language that say which label a title has."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property, lru_cache
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from metier.titles import fold, is_unspaced, plain, spellings

__all__ = ["Language", "Marker", "MarkerEntry", "MarkerLists", "Pattern", "Strength", "patterns"]

_Text = Annotated[str, Field(min_length=1)]

# Shorter morphemes stand inside too many words that have nothing to do with them.
SHORTEST_INFIX = 5
ANY_WORD = "*"
# A longer word is no conjunction.
LONGEST_CONJUNCTION = 4


class Strength(IntEnum):
    """What a marker counts against others of the same role; neutral ones only take words away."""

    NEUTRAL = 0
    WEAK = 1
    PLAIN = 2
    STRONG = 3


class MarkerEntry(BaseModel):
    """A marker, or several, with the words that switch them off.

    Attributes:
        marker: The marker in the notation of the guidelines, or a list of markers.
        unless: Words or morphemes; one of them anywhere in the title switches the marker off.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    marker: _Text | tuple[_Text, ...]
    unless: tuple[str, ...] = ()


class MarkerLists(BaseModel):
    """What one language says of one label.

    Attributes:
        strong: Markers that decide against plain ones.
        plain: The usual markers.
        weak: Markers that count where nothing else is found.
        roles: Nouns of people, as they stand in titles; strong markers, and the generator's.
        fields: Names of functions, as they stand in titles; plain markers, and the generator's.
        forms: Patterns of generated titles, with ``{role}`` and ``{field}``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    strong: tuple[str | MarkerEntry, ...] = ()
    plain: tuple[str | MarkerEntry, ...] = ()
    weak: tuple[str | MarkerEntry, ...] = ()
    roles: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _can_be_generated(self) -> Self:
        for text in self.roles + self.fields:
            if "*" in text or "^" in text or "$" in text:
                raise ValueError(f"'{text}' is written into titles and cannot hold * ^ or $")
        for form in self.forms:
            left = form.replace("{role}", "").replace("{field}", "")
            if "{" in left or "}" in left:
                raise ValueError(f"the form '{form}' may hold {{role}} and {{field}} and no other")
        return self


class Language(BaseModel):
    """The markers of one language.

    Attributes:
        code: Short name of the language, the name of its file.
        language: The language's name in English.
        neutral: Phrases that hold the words of a marker and mean nothing.
        markers: The lists of every label that the language marks.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    language: str = Field(min_length=1)
    neutral: tuple[str | MarkerEntry, ...] = ()
    markers: dict[str, MarkerLists] = Field(default_factory=dict)

    def listed(self) -> tuple[Marker, ...]:
        """Return all markers of the language, the neutral ones first."""
        return self._listed

    @cached_property
    def _listed(self) -> tuple[Marker, ...]:
        found = list(_markers(self.neutral, None, Strength.NEUTRAL, self.code))
        for label, lists in self.markers.items():
            for strength, entries in (
                (Strength.STRONG, lists.strong + lists.roles),
                (Strength.PLAIN, lists.plain + lists.fields),
                (Strength.WEAK, lists.weak),
            ):
                found += _markers(entries, label, strength, self.code)
        return tuple(found)


@dataclass(frozen=True)
class Marker:
    """One marker of one label in one language.

    Attributes:
        text: The marker as the page writes it.
        label: The label it speaks for, or None for a neutral one.
        strength: What it counts.
        language: The language's code.
        unless: Words that switch it off.
    """

    text: str
    label: str | None
    strength: Strength
    language: str
    unless: tuple[str, ...] = ()


def _markers(
    entries: Iterable[str | MarkerEntry], label: str | None, strength: Strength, language: str
) -> Iterator[Marker]:
    """Yield the markers that entries of a page write."""
    for entry in entries:
        if isinstance(entry, str):
            yield Marker(entry, label, strength, language)
        else:
            texts = (entry.marker,) if isinstance(entry.marker, str) else entry.marker
            for text in texts:
                yield Marker(text, label, strength, language, entry.unless)


class Pattern(NamedTuple):
    """One spelling of a marker, ready to be compared with folded words.

    Attributes:
        words: The folded words; an asterisk at an end stands for any letters.
        at_start: Whether the first word must open the role.
        at_end: Whether the last word must close the role.
    """

    words: tuple[str, ...]
    at_start: bool = False
    at_end: bool = False


@lru_cache(maxsize=100_000)
def patterns(marker: str) -> tuple[Pattern, ...]:
    """Return all spellings of a marker: its alternatives, with umlauts and without.

    Raises:
        ValueError: If the marker is not written as the notation asks.
    """
    at_start, at_end = marker.startswith("^"), marker.endswith("$")
    body = marker.removeprefix("^").removesuffix("$")
    if "^" in body or "$" in body:
        raise ValueError(f"'{marker}': ^ opens and $ closes a marker")
    try:
        choices = [
            [words for part in word.split("|") for words in _folded(part)] for word in body.split()
        ]
    except ValueError as error:
        raise ValueError(f"'{marker}': {error}") from error
    if not choices or (ANY_WORD,) in choices[0] + choices[-1]:
        raise ValueError(f"'{marker}' begins or ends without a word")
    spelled = (sum(choice, ()) for choice in itertools.product(*choices))
    return tuple(Pattern(words, at_start, at_end) for words in dict.fromkeys(spelled))


@lru_cache(maxsize=100_000)
def _folded(part: str) -> tuple[tuple[str, ...], ...]:
    """Return the folded words of each spelling of a part of a marker."""
    if part == ANY_WORD:
        return ((part,),)
    body = part.strip("*")
    if body == "":
        raise ValueError("an asterisk needs letters beside it")
    if "*" in body:
        raise ValueError("an asterisk stands at the beginning or the end of a word")
    return tuple(_marked(_words(spelling), part) for spelling in spellings(body))


def _words(spelling: str) -> list[str]:
    word = plain(spelling)
    if len(word) > LONGEST_CONJUNCTION and word.isalpha():
        # There is no more to fold in most words, and pages hold tens of thousands of them.
        return [word]
    # A lone conjunction folds to a sign only between words.
    words = fold([f"x {spelling} x"])[0].split()[1:-1]
    if not words:
        raise ValueError("a part is without letters")
    return words


def _marked(words: list[str], part: str) -> tuple[str, ...]:
    """Return the words of a part with the asterisks at its ends."""
    starts, ends = part.startswith("*"), part.endswith("*")
    if starts and ends and len(words[0]) < SHORTEST_INFIX and not is_unspaced(words[0]):
        raise ValueError(f"a morpheme inside a word has {SHORTEST_INFIX} letters or more")
    if starts:
        words[0] = "*" + words[0]
    if ends:
        words[-1] += "*"
    return tuple(words)

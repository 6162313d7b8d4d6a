"""Is it a title at all? What is none is told apart, and gets no label."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources

from metier.titles.normal import normalise, title_key
from metier.titles.words import fold

__all__ = ["TitleStatus", "status_of"]


class TitleStatus(StrEnum):
    """What stands in the place of a title."""

    TITLE = "title"
    EMPTY = "empty"
    PLACEHOLDER = "placeholder"
    CONTACT = "contact"
    PERSON = "person"
    COMPANY = "company"
    NOISE = "noise"


_CONTACT = re.compile(
    r"^\S+@\S+\.\w{2,}$|^(?:https?://|www\.)\S+$|^@\w+$|^[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|de|eu)/\S*$"
    r"|^\+?[\d\s()/.-]{7,}$"
)
_LONGEST_COMPANY = 6


@dataclass(frozen=True)
class _Words:
    placeholders: frozenset[str]
    legal_forms: tuple[str, ...]
    honorifics: frozenset[str]


def status_of(title: str) -> TitleStatus:
    """Tell whether a text is a title, and if not, what stands in its place.

    A person's or a company's name counts only where nothing else seems to stand beside it; this
    goes by form alone, and ``metier.classifiers.rules.statuses`` knows roles as well.
    """
    text = normalise(title)
    for status, holds in (
        (TitleStatus.EMPTY, _is_empty),
        (TitleStatus.PLACEHOLDER, _is_placeholder),
        (TitleStatus.CONTACT, _is_contact),
        (TitleStatus.NOISE, _is_noise),
        (TitleStatus.PERSON, _is_person),
        (TitleStatus.COMPANY, _is_company),
    ):
        if holds(text):
            return status
    return TitleStatus.TITLE


def _is_empty(text: str) -> bool:
    return not text


def _is_placeholder(text: str) -> bool:
    key = title_key(text)
    return not _words().placeholders.isdisjoint((key, key.strip(".-–—_?!*#/ ")))


def _is_contact(text: str) -> bool:
    return _CONTACT.match(text) is not None


def _is_noise(text: str) -> bool:
    letters = [character for character in text.casefold() if character.isalpha()]
    return not letters or (len(letters) > 2 and len(set(letters)) == 1)


def _is_person(text: str) -> bool:
    words = fold([text])[0].split()
    while words and words[0] in _words().honorifics:
        words = words[1:]
    if not 2 <= len(words) <= 4 or any(word[0].islower() for word in text.split()):
        return False
    given, family = _names()
    return (
        words[0] in given
        and words[-1] in family
        and all(len(word) == 1 or word in given or word in family for word in words[1:-1])
    )


def _is_company(text: str) -> bool:
    key = text.casefold()
    ends = key.replace(".", "").replace("/", "").endswith(_words().legal_forms)
    return ends and len(key.split()) <= _LONGEST_COMPANY


@lru_cache
def _words() -> _Words:
    text = (resources.files("metier.titles") / "status.toml").read_text(encoding="utf-8")
    lists = tomllib.loads(text)
    return _Words(
        placeholders=frozenset(map(title_key, lists["placeholders"])),
        legal_forms=tuple(f" {form}" for form in lists["legal_forms"]),
        honorifics=frozenset(lists["honorifics"]),
    )


@lru_cache
def _names() -> tuple[frozenset[str], frozenset[str]]:
    """Return given names and family names, folded."""
    text = (resources.files("metier.titles") / "names.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return frozenset(lines[0].split()), frozenset(lines[1].split())

"""Is it a title at all? What is none is told apart, and gets no label."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources

from metier.titles.normal import normalise, title_key
from metier.titles.words import LONGEST, fold

__all__ = ["TitleStatus", "status_of", "statuses_by_form"]


class TitleStatus(StrEnum):
    """What stands in the place of a title."""

    TITLE = "title"
    EMPTY = "empty"
    PLACEHOLDER = "placeholder"
    CONTACT = "contact"
    PERSON = "person"
    COMPANY = "company"
    NOISE = "noise"


# No alternative goes back over a text: of many at signs the first parts name and host, whatever
# stands after it.
_CONTACT = re.compile(
    r"^\S[^\s@]*@\S+\.\w{2,}$|^(?:https?://|www\.)\S+$|^@\w+$"
    r"|^[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|de|eu)/\S*$|^\+?[\d\s()/.-]{7,}$"
)
_AROUND_PLACEHOLDERS = ".-–—_?!*#/ "
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

    Only the first 1,000 characters of a text are read, as by the rules. No name is as long; an
    address that is, is one by its beginning, and what follows white space as long is not seen.
    """
    text = _read(title)
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


def statuses_by_form(titles: Sequence[str]) -> list[TitleStatus]:
    """Return what ``status_of`` tells of each text; many texts are told quickly at once.

    Nearly all texts are titles, and nearly all of those show it by their first word and their
    last, of which many texts have few.
    """
    firsts, lasts = [], []
    for title in titles:
        words = title[:LONGEST].split() or [""]
        firsts.append(words[0])
        lasts.append(words[-1])
    openings, endings = _doubtful_openings(set(firsts)), _doubtful_endings(set(lasts))
    found = [TitleStatus.TITLE] * len(firsts)
    for place, (first, last) in enumerate(zip(firsts, lasts, strict=True)):
        if first in openings:
            found[place] = status_of(titles[place])
        elif last in endings and _is_company(_read(titles[place])):
            found[place] = TitleStatus.COMPANY
    return found


def _read(title: str) -> str:
    return normalise(title[:LONGEST])


def _doubtful_openings(words: Collection[str]) -> set[str]:
    """Return those of the first words of texts with which other than titles and companies begin."""
    openings, (given, _) = _openings(), _names()
    texts = [normalise(word) for word in words]
    return {
        word
        for word, text, folded in zip(words, texts, fold(texts), strict=True)
        # In folding, a sign or a single letter at the beginning may be left out with what follows
        # ("(m/w)"): the first word of a name is then a later one.
        if not _begins_as_word(text)
        or len(opening := folded.partition(" ")[0]) < 2
        or opening in openings
        or opening in given
        or not (text.isalpha() or _CONTACT.match(text) is None)
    }


def _doubtful_endings(words: Collection[str]) -> set[str]:
    """Return those of the last words of texts with which companies end."""
    # Of a word of control characters nothing is left, and the one before it is the last.
    endings = {"", *(form.split()[-1] for form in _words().legal_forms)}
    return {word for word in words if _without_stops(normalise(word).rpartition(" ")[2]) in endings}


def _is_empty(text: str) -> bool:
    return not text


def _is_placeholder(text: str) -> bool:
    key = title_key(text)
    return not _words().placeholders.isdisjoint((key, key.strip(_AROUND_PLACEHOLDERS)))


def _is_contact(text: str) -> bool:
    return _CONTACT.match(text) is not None


def _is_noise(text: str) -> bool:
    if _begins_as_word(text):
        return False
    letters = list(filter(str.isalpha, text.casefold()))
    return not letters or (len(letters) > 2 and len(set(letters)) == 1)


def _begins_as_word(text: str) -> bool:
    """Tell whether a text begins with letters of which two differ: it is no noise then."""
    start = text[:2].casefold()
    return start.isalpha() and len(set(start)) > 1


def _is_person(text: str) -> bool:
    if any(word[0].islower() for word in text.split()):
        return False
    words = fold([text])[0].split()
    while words and words[0] in _words().honorifics:
        words = words[1:]
    if not 2 <= len(words) <= 4:
        return False
    given, family = _names()
    return (
        words[0] in given
        and words[-1] in family
        and all(len(word) == 1 or word in given or word in family for word in words[1:-1])
    )


def _is_company(text: str) -> bool:
    ends = _without_stops(text).endswith(_words().legal_forms)
    return ends and len(text.casefold().split()) <= _LONGEST_COMPANY


def _without_stops(text: str) -> str:
    return text.casefold().replace(".", "").replace("/", "")


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


@lru_cache
def _openings() -> frozenset[str]:
    """Return the folded words with which placeholders begin and what stands before names."""
    placeholders = fold(list(_words().placeholders))
    return _words().honorifics.union(words.partition(" ")[0] for words in placeholders)

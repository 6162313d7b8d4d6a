"""Composing titles from the roles, fields and forms of guidelines pages."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random

from metier.errors import GuidelinesError
from metier.guidelines import Guidelines
from metier.synthesis.mixture import Mixture

__all__ = ["Composer"]

# The language whose forms and roles stand in titles of every other.
LINGUA_FRANCA = "en"
BORROWED = 0.12
# Two functions are named together so often.
TWO_FIELDS = 0.15
JOINTS = (" & ", " & ", " and ", " and ", " und ", "/")
SLOTS = ("{role}", "{field}")


@dataclass(frozen=True)
class _Choices:
    """Texts with their weights, summed up."""

    texts: tuple[str, ...]
    sums: tuple[float, ...]

    @classmethod
    def of(cls, texts: Iterable[str], mixture: Mixture) -> _Choices:
        listed = tuple(texts)
        weights = (mixture.weight(_without_slots(text)) for text in listed)
        return cls(listed, tuple(itertools.accumulate(weights)))

    def draw(self, random: Random) -> str:
        return random.choices(self.texts, cum_weights=self.sums)[0]


class Composer:
    """Composes clean titles of given labels.

    Args:
        subject: The page whose languages hold roles and fields.
        rank: The page whose languages hold forms.
        mixture: Tells how common words are.

    Raises:
        GuidelinesError: If the pages hold none of them, or no language in common.
    """

    def __init__(self, subject: Guidelines, rank: Guidelines, mixture: Mixture) -> None:
        self.fallback = subject.fallback
        # By slot, label and language; "" is the form, with or without slots.
        self._words: dict[tuple[str, str, str], _Choices] = {}
        for language in subject.languages:
            for label, lists in language.markers.items():
                for slot, markers in zip(SLOTS, (lists.roles, lists.fields), strict=True):
                    texts = [text for marker in markers for text in _alternatives(marker)]
                    self._add(slot, label, language.code, texts, mixture)
        for language in rank.languages:
            for label, lists in language.markers.items():
                self._add("", label, language.code, lists.forms, mixture)
                slotted = [form for form in lists.forms if "{" in form]
                self._add("slotted", label, language.code, slotted, mixture)
        spoken = [{code for kind, _, code in self._words if kind == slot} for slot in ("", *SLOTS)]
        self.languages = tuple(sorted(set.intersection(*spoken)))
        if not self.languages:
            raise GuidelinesError(
                f"No language has both roles and fields in the page '{subject.target}' and forms "
                f"in the page '{rank.target}'; titles cannot be composed."
            )

    def compose(self, subject: str, rank: str, language: str, random: Random) -> str | None:
        """Return a title of the labels in a language, or None where the pages have no words."""
        # Without a slot a form names no function: it fits the fallback alone.
        title = self._draw("" if subject == self.fallback else "slotted", rank, language, random)
        for slot in SLOTS:
            if title is not None and slot in title:
                word = self._draw(slot, subject, language, random)
                if slot == "{field}" and random.random() < TWO_FIELDS:
                    other = self._draw(slot, subject, language, random)
                    word = word and f"{word}{random.choice(JOINTS)}{other}"
                title = word and title.replace(slot, word)
        return title[0].upper() + title[1:] if title else None

    def _add(
        self, slot: str, label: str, language: str, texts: Iterable[str], mixture: Mixture
    ) -> None:
        choices = _Choices.of(texts, mixture)
        if choices.texts:
            self._words[slot, label, language] = choices

    def _draw(self, slot: str, label: str, language: str, random: Random) -> str | None:
        own = self._words.get((slot, label, language))
        borrowed = self._words.get((slot, label, LINGUA_FRANCA))
        chosen = borrowed if own is None or random.random() < BORROWED else own
        chosen = chosen or own
        return None if chosen is None else chosen.draw(random)


def _alternatives(marker: str) -> Mapping[str, None]:
    """Return the texts of a marker, the same alternative in each word: "a|b c|d" is a c, b d."""
    words = [word.split("|") for word in marker.split()]
    return dict.fromkeys(
        " ".join(word[min(place, len(word) - 1)] for word in words)
        for place in range(max(map(len, words)))
    )


def _without_slots(text: str) -> str:
    for slot in SLOTS:
        text = text.replace(slot, " ")
    return text

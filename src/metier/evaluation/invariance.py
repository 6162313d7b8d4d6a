"""Invariance: how often a label changes with what should not matter."""

from __future__ import annotations

import math
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

import numpy as np
from pydantic import BaseModel, ConfigDict

from metier.classifiers import Classifier
from metier.evaluation.judging import predictions_of
from metier.evaluation.slices import GenderForm, gender_forms
from metier.metrics import Interval
from metier.titles import title_key

__all__ = [
    "ChangeRate",
    "Kind",
    "Variation",
    "change_rates",
    "gender_pairs",
    "measure_invariance",
    "variations",
    "wilson_interval",
]


class Kind(StrEnum):
    """A change of a title that should not change its label."""

    UPPER = "upper case"
    LOWER = "lower case"
    SPACES = "white space"
    DECOMPOSED = "decomposed letters"
    FULL_WIDTH = "full-width letters"
    NOTE = "gender note"
    ORGANISATION = "organisation"
    PLACE = "place"
    GENDER = "feminine form"

    @property
    def is_law(self) -> bool:
        """Whether the change leaves ``title_key`` the same.

        A classifier that reads titles through that key, or takes away at least as much, has a
        rate of 0 by construction; for any other the rate is a finding.
        """
        return self in _LAWS


_LAWS = frozenset({Kind.UPPER, Kind.LOWER, Kind.SPACES, Kind.DECOMPOSED, Kind.FULL_WIDTH})


class Variation(BaseModel):
    """A title and what it becomes under a change.

    Attributes:
        kind: The change.
        base: The title; for feminine forms, the masculine one.
        varied: The title after the change.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    base: str
    varied: str


class ChangeRate(BaseModel):
    """How often a change of the title changed the label.

    Attributes:
        kind: The change.
        n: Variations.
        changed: Those with another label than the title they come from.
        rate: The share of those, in [0, 1].
        interval: A 95 % interval of the rate (Wilson).
        law: Whether the rate is 0 by construction for a classifier that reads titles through
            ``title_key``.
        by_language: Of feminine forms, ISO 639-1 code to the number of changed and of all pairs
            of that language; a pair that languages share counts in each. Empty for other kinds.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    n: int
    changed: int
    rate: float
    interval: Interval
    law: bool
    by_language: dict[str, tuple[int, int]] = {}


# Invented names that say nothing of a trade, with the ways in which people write them.
_ORGANISATIONS = (
    " at Acme GmbH",
    " @ Acme",
    " – Acme",
    ", Kelmora AG",
    " bei Kelmora",
    " chez Onvia",
)
_PLACES = (" – Wien", " Berlin", ", Lyon", " (Kraków)", " | Porto", " - Malmö")
_NOTES = (" (m/w/d)", " (f/m)", " (H/F)", " m/f/x", " (w/m/d)")

# The printable characters of ASCII have a wide form each, in the same order.
_WIDE = str.maketrans(
    {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)} | {" ": "\u3000"}
)
_NO_BREAK_SPACE = "\u00a0"

# z of a 95 % interval under the normal distribution.
_Z = 1.959964


def variations(titles: Sequence[str]) -> list[Variation]:
    """Return every kind's variations of titles, and the pairs of masculine and feminine titles.

    A change that leaves a title as it is gives no variation, and neither does one that writes
    letters which no reader could bring back, as a dotless i in capitals. Notes, organisations and
    places take turns, so that each is appended to about as many titles; a title that shows both
    genders already gets no note.

    Args:
        titles: The titles; each different one is varied once.
    """
    distinct = list(dict.fromkeys(titles))
    found = [
        Variation(kind=kind, base=title, varied=varied)
        for kind, vary in _VARIED.items()
        for title in distinct
        if (varied := vary(title)) != title and title_key(varied) == title_key(title)
    ]
    told = zip(distinct, gender_forms(distinct), strict=True)
    without_note = [title for title, form in told if form not in (GenderForm.NOTE, GenderForm.BOTH)]
    for kind, bases, additions in (
        (Kind.NOTE, without_note, _NOTES),
        (Kind.ORGANISATION, distinct, _ORGANISATIONS),
        (Kind.PLACE, distinct, _PLACES),
    ):
        found += [
            Variation(kind=kind, base=title, varied=title + additions[place % len(additions)])
            for place, title in enumerate(bases)
        ]
    found += [
        Variation(kind=Kind.GENDER, base=masculine, varied=feminine)
        for pairs in gender_pairs().values()
        for masculine, feminine in pairs
    ]
    # Some pairs are the same in two languages.
    return list(dict.fromkeys(found))


def change_rates(
    base_labels: Sequence[str], varied_labels: Sequence[str], variations: Sequence[Variation]
) -> tuple[ChangeRate, ...]:
    """Return how often the label changed, kind by kind; a kind without variations is left out.

    Args:
        base_labels: The labels of the titles before the change, one per variation.
        varied_labels: The labels after the change, one per variation.
        variations: The changes.

    Raises:
        ValueError: If the lengths differ.
    """
    rows = list(zip(base_labels, varied_labels, variations, strict=True))
    rates = []
    for kind in Kind:
        changes = [before != after for before, after, one in rows if one.kind is kind]
        if changes:
            changed = sum(changes)
            rates.append(
                ChangeRate(
                    kind=kind,
                    n=len(changes),
                    changed=changed,
                    rate=changed / len(changes),
                    interval=wilson_interval(changed, len(changes)),
                    law=kind.is_law,
                    by_language=_by_language(rows) if kind is Kind.GENDER else {},
                )
            )
    return tuple(rates)


def measure_invariance(
    classifier: Classifier, titles: Sequence[str], limit: int = 300, seed: int = 0
) -> tuple[ChangeRate, ...]:
    """Return how often a classifier's label changes with what should not matter.

    No label is read: unlabelled titles do. Each different string is asked once, in one call. A
    variation that the classifier does not cover says nothing and is left out.

    Args:
        classifier: The fitted classifier.
        titles: Real titles.
        limit: How many different titles to vary at most.
        seed: Decides which titles are drawn where there are more.
    """
    distinct = sorted(set(titles))
    if len(distinct) > limit:
        drawn = np.random.default_rng(seed).choice(len(distinct), limit, replace=False)
        distinct = [distinct[place] for place in drawn]
    found = variations(distinct)
    bases, others = [one.base for one in found], [one.varied for one in found]
    covered = classifier.covers(bases) & classifier.covers(others)
    varied = [found[place] for place in np.flatnonzero(covered)]
    asked = [one.base for one in varied] + [one.varied for one in varied]
    labels = [
        classifier.scale.labels[place] for place in predictions_of(classifier, asked).argmax(axis=1)
    ]
    return change_rates(labels[: len(varied)], labels[len(varied) :], varied)


@lru_cache
def gender_pairs() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Return pairs of a masculine and a feminine title by ISO 639-1 code of their language."""
    file = resources.files("metier.evaluation") / "gender_pairs.toml"
    lists = tomllib.loads(file.read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            language: tuple((masculine, feminine) for masculine, feminine in pairs)
            for language, pairs in lists.items()
        }
    )


def wilson_interval(count: int, n: int) -> Interval:
    """Return a 95 % interval of a share, which is sound near 0 and 1 and for few rows.

    Wilson, Probable Inference, the Law of Succession, and Statistical Inference (JASA, 1927).

    Args:
        count: Rows that count, from 0 to n.
        n: Rows, n ≥ 1.
    """
    share = count / n
    centre = share + _Z**2 / (2 * n)
    spread = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    # At the ends the formula gives the end itself, but for rounding.
    return Interval(
        low=0.0 if count == 0 else (centre - spread) / scale,
        high=1.0 if count == n else (centre + spread) / scale,
    )


def _by_language(rows: Sequence[tuple[str, str, Variation]]) -> dict[str, tuple[int, int]]:
    """Return the numbers of changed and of all pairs of each language that has any."""
    changed = {
        (one.base, one.varied): before != after
        for before, after, one in rows
        if one.kind is Kind.GENDER
    }
    found = {
        language: [changed[pair] for pair in pairs if pair in changed]
        for language, pairs in gender_pairs().items()
    }
    return {language: (sum(pairs), len(pairs)) for language, pairs in found.items() if pairs}


def _spaced(title: str) -> str:
    return f" {title.replace(' ', f' {_NO_BREAK_SPACE}')}  "


def _decomposed(title: str) -> str:
    return unicodedata.normalize("NFD", title)


def _full_width(title: str) -> str:
    return title.translate(_WIDE)


_VARIED: Mapping[Kind, Callable[[str], str]] = {
    Kind.UPPER: str.upper,
    Kind.LOWER: str.lower,
    Kind.SPACES: _spaced,
    Kind.DECOMPOSED: _decomposed,
    Kind.FULL_WIDTH: _full_width,
}

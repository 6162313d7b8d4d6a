"""What a stream of titles is like: its labels, its languages and its manners of writing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from metier.classifiers.rules import RulesClassifier
from metier.errors import DataError
from metier.guidelines import Guidelines
from metier.titles import ROLE_END, fold

__all__ = ["Manners", "Mixture", "estimate_mixture"]

# Added to every count: no combination of labels is impossible because a sample lacks it.
SMOOTHING = 0.5
# The same for phrases.
UNSEEN = 0.5
LONGEST_PHRASE = 5
# A title of so few letters is an acronym rather than shouted.
LONGEST_ACRONYM = 4

Key = TypeVar("Key")

_ADDITION = re.compile(r"[,(@]| - | – | at | bei | chez | hos ")


@dataclass(frozen=True)
class Manners:
    """How often titles are written in some manner; shares from 0 to 1.

    Attributes:
        upper: All in capitals.
        lower: All in small letters.
        several: More than one role.
        addition: A place, an organisation or a remark beside the role.
        digits: With a digit.
    """

    upper: float = 0.02
    lower: float = 0.04
    several: float = 0.05
    addition: float = 0.2
    digits: float = 0.02


@dataclass(frozen=True)
class Mixture:
    """The shares that generated titles are to have.

    Attributes:
        labels: Share by label of the subject and label of the rank; they sum to 1.
        languages: Share by language code; they sum to 1.
        manners: How titles are written.
        phrases: How often each run of up to ``LONGEST_PHRASE`` folded words occurs; common words
            are to be common among generated titles as well.
        titles: Number of titles that the shares were estimated on.
    """

    labels: Mapping[tuple[str, str], float]
    languages: Mapping[str, float]
    manners: Manners
    phrases: Mapping[str, int] = field(default_factory=dict)
    titles: int = 0

    def weight(self, phrase: str) -> float:
        """Return how often a phrase is to be chosen, against others of its kind.

        A phrase without words, as the form "{role}" has it, is as common as titles are.
        """
        words = fold([phrase])[0]
        return UNSEEN + (self.phrases.get(words, 0) if words else self.titles)


def estimate_mixture(titles: Sequence[str], subject: Guidelines, rank: Guidelines) -> Mixture:
    """Estimate the shares on unlabelled titles.

    The labels are those of the rules; the language of a title is that of the marker which
    decided it, and titles without markers count for none.

    Args:
        titles: Unlabelled titles, as they come: frequent ones count as often as they occur.
        subject: The page whose labels name what a person works on.
        rank: The page whose labels name how high.

    Raises:
        DataError: If there are no titles.
    """
    if not titles:
        raise DataError("Shares cannot be estimated on no titles at all.")
    subjects = RulesClassifier(subject.scale, page=subject).explain(titles)
    ranks = RulesClassifier(rank.scale, page=rank).explain(titles)
    pairs = Counter((one.label, other.label) for one, other in zip(subjects, ranks, strict=True))
    languages = Counter(
        verdict.marker.language for verdict in [*subjects, *ranks] if verdict.marker is not None
    )
    every_pair = [(one.name, other.name) for one in subject.labels for other in rank.labels]
    return Mixture(
        labels=_shares({pair: pairs[pair] + SMOOTHING for pair in every_pair}),
        languages=_shares(
            {page.code: languages[page.code] + SMOOTHING for page in subject.languages}
        ),
        manners=_manners(titles),
        phrases=_phrases(titles),
        titles=len(titles),
    )


def _shares(counts: dict[Key, float]) -> dict[Key, float]:
    total = sum(counts.values())
    return {key: count / total for key, count in counts.items()}


def _phrases(titles: Sequence[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for words in map(str.split, fold(titles)):
        for start in range(len(words)):
            ends = range(start + 1, min(start + LONGEST_PHRASE, len(words)) + 1)
            counts.update(" ".join(words[start:end]) for end in ends)
    return counts


def _manners(titles: Sequence[str]) -> Manners:
    several = sum(ROLE_END in words for words in fold(titles))
    return Manners(
        upper=_share(title.isupper() and len(title) > LONGEST_ACRONYM for title in titles),
        lower=_share(title.islower() for title in titles),
        several=several / len(titles),
        addition=_share(_ADDITION.search(title) is not None for title in titles),
        digits=_share(any(map(str.isdigit, title)) for title in titles),
    )


def _share(found: Iterable[bool]) -> float:
    values = list(found)
    return sum(values) / len(values)

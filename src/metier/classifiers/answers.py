"""What a model says of one title, and keeping what it said last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from threading import Lock
from typing import NamedTuple

from metier.classifiers.contract import Classifier

__all__ = ["Answer", "AnswerMemory", "answers_of_classifier"]

# Titles whose answers are kept: with two targets about 25 MB.
KEPT = 50_000


class Answer(NamedTuple):
    """What a model says of one title for one target.

    A tuple and no dataclass, which takes three times as long to make: there are as many as titles.

    Attributes:
        label: The most probable label.
        confidence: Its probability, in [0, 1].
        rank: The expected numeric rank, or None for a target without order.
        reason: What decided, in a few words, or None where the method cannot say.
        tier: The tier of the model that the answer is from, or None where it has no tiers.
    """

    label: str
    confidence: float
    rank: float | None
    reason: str | None = None
    tier: str | None = None


class AnswerMemory:
    """The answers to the latest titles, in two generations: the older gives way as a whole.

    Args:
        room: Titles that it holds at most.
    """

    def __init__(self, room: int = KEPT) -> None:
        self.room = room
        self._newer: dict[str, tuple[Answer, ...]] = {}
        self._older: dict[str, tuple[Answer, ...]] = {}
        self._lock = Lock()

    def recall(self, titles: Sequence[str]) -> dict[str, tuple[Answer, ...]]:
        """Return the answers to those of the titles that are known, one per target."""
        with self._lock:
            newer, older = self._newer, self._older
            found = {title: newer[title] for title in titles if title in newer}
            if older:
                found |= {title: older[title] for title in titles if title in older}
            return found

    def keep(self, answers: Mapping[str, tuple[Answer, ...]]) -> None:
        """Keep answers, and forget the oldest where there is no room."""
        generation = self.room // 2
        with self._lock:
            if len(self._newer) + len(answers) > generation:
                self._older, self._newer = self._newer, {}
            surplus = max(len(answers) - generation, 0)
            self._newer.update(islice(answers.items(), surplus, None))


def answers_of_classifier(
    classifier: Classifier, titles: Sequence[str], *, explain: bool = False, tier: str | None = None
) -> list[Answer]:
    """Answer one target for every title, in the titles' order.

    Args:
        classifier: The classifier of the target.
        titles: The titles, at least one.
        explain: Whether answers come with the method's own reasons.
        tier: The tier that the classifier is, where it does not tell tiers apart itself.
    """
    reasons = classifier.reasons(titles) if explain else None
    probabilities, tiers = classifier.predict_with_tiers(titles)
    scale = classifier.scale
    best = probabilities.argmax(axis=1)
    n = len(titles)
    ranks = (probabilities @ scale.rank_array).tolist() if scale.is_ordinal else [None] * n
    return [
        Answer(*parts)
        for parts in zip(
            [scale.labels[label] for label in best.tolist()],
            probabilities.max(axis=1).tolist(),
            ranks,
            [None] * n if reasons is None else reasons,
            [tier] * n if tiers is None else tiers,
            strict=True,
        )
    ]

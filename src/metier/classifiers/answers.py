"""What a model says of one title, and keeping what it said last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from threading import Lock

from metier.classifiers.contract import Classifier

__all__ = ["Answer", "AnswerMemory", "answers_of_classifier"]

# Titles whose answers are kept: with two targets about 25 MB.
KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model says of one title for one target.

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
    """The answers to the latest titles; the oldest give way.

    Args:
        room: Titles that it holds.
    """

    def __init__(self, room: int = KEPT) -> None:
        self.room = room
        self._answers: dict[str, tuple[Answer, ...]] = {}
        self._lock = Lock()

    def recall(self, titles: Iterable[str]) -> dict[str, tuple[Answer, ...]]:
        """Return the answers to those of the titles that are known, one per target."""
        kept = self._answers
        with self._lock:
            return {title: kept[title] for title in titles if title in kept}

    def keep(self, answers: Mapping[str, tuple[Answer, ...]]) -> None:
        """Keep answers, and forget the oldest ones that there is no room for."""
        newest = list(answers.items())[-self.room :]
        with self._lock:
            surplus = len(self._answers) + len(newest) - self.room
            if surplus >= len(self._answers):
                self._answers.clear()
            else:
                for title in list(islice(self._answers, max(surplus, 0))):
                    del self._answers[title]
            self._answers.update(newest)


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

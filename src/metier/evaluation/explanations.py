"""Explanations: what in a title spoke for its label."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from metier.classifiers import Classifier
from metier.evaluation.judging import predictions_of
from metier.titles import AND, ROLE_END, fold, is_unspaced, normalise

__all__ = ["Explanation", "ExplanationKind", "GivesContributions", "explain"]

# Longer titles are rare, and each word is a title more to ask.
MOST_WORDS = 30
# Most words of Chinese and Japanese titles are of two characters.
CHUNK = 2


class ExplanationKind(StrEnum):
    """How an explanation was found, and what its weights are."""

    MARKER = "marker"
    NGRAM_WEIGHTS = "n-gram weights"
    LEAVE_ONE_WORD_OUT = "leave-one-word-out"

    @property
    def description(self) -> str:
        """What the weights mean, in one sentence."""
        return {
            ExplanationKind.MARKER: "The method's own reason, with the probability of the label.",
            ExplanationKind.NGRAM_WEIGHTS: "What each n-gram adds to the label's score above the "
            "mean of all labels.",
            ExplanationKind.LEAVE_ONE_WORD_OUT: "How much the label's probability falls when the "
            "word is left out.",
        }[self]


class Explanation(BaseModel):
    """What spoke for the label of a title.

    Attributes:
        title: The title.
        label: The most probable label.
        kind: How the explanation was found.
        parts: Texts with their weights, the heaviest first; empty where nothing alone spoke for
            the label.
    """

    model_config = ConfigDict(frozen=True)

    title: str
    label: str
    kind: ExplanationKind
    parts: tuple[tuple[str, float], ...]

    @property
    def reason(self) -> str:
        """What spoke for the label, in a few words."""
        if not self.parts:
            return "no part alone"
        if self.kind is ExplanationKind.MARKER:
            return "; ".join(text for text, _ in self.parts)
        return ", ".join(f"{text} {weight:+.2f}" for text, weight in self.parts)

    @property
    def line(self) -> str:
        """The label and what spoke for it, in one line."""
        return f"{self.label}: {self.reason}"


@runtime_checkable
class GivesContributions(Protocol):
    """A classifier that adds up weights of features, and can say which weighed most."""

    def contributions(
        self, titles: Sequence[str], most: int
    ) -> list[tuple[tuple[str, float], ...]]:
        """Return the features that spoke most for each title's label, the heaviest first.

        Args:
            titles: The titles.
            most: How many features to name of each title at most.
        """


def explain(classifier: Classifier, titles: Sequence[str], most: int = 3) -> list[Explanation]:
    """Explain the label of each title.

    A classifier's own reason goes first. Where it has none, its contributions follow if it adds up
    weights. For any other, each word is left out in turn and the label's probability compared; a
    word that nothing is left without gets the whole probability. Only words whose loss lowers it
    are named. Titles without spaces in scripts that have none are cut into pairs of characters;
    of long titles the first 30 words are left out in turn. What the classifier does not cover is
    not asked.

    Args:
        classifier: The fitted classifier.
        titles: The titles; each different string is asked once, all in one call.
        most: How many parts to name of each title at most.
    """
    distinct = list(dict.fromkeys(titles))
    if not distinct:
        return []
    given = classifier.reasons(distinct)
    reasons = [None] * len(distinct) if given is None else given
    without = [title for title, reason in zip(distinct, reasons, strict=True) if reason is None]
    if isinstance(classifier, GivesContributions):
        kind, parts = ExplanationKind.NGRAM_WEIGHTS, classifier.contributions(without, most)
        probabilities = predictions_of(classifier, distinct)
    else:
        kind = ExplanationKind.LEAVE_ONE_WORD_OUT
        probabilities, parts = _leave_words_out(classifier, distinct, without, most)
    parts_of = dict(zip(without, parts, strict=True))
    found = {
        title: Explanation(
            title=title,
            label=classifier.scale.labels[row.argmax()],
            kind=kind if reason is None else ExplanationKind.MARKER,
            parts=parts_of[title] if reason is None else ((reason, float(row.max())),),
        )
        for title, reason, row in zip(distinct, reasons, probabilities, strict=True)
    }
    return [found[title] for title in titles]


def _leave_words_out(
    classifier: Classifier, titles: Sequence[str], without: Sequence[str], most: int
) -> tuple[NDArray[np.float64], list[tuple[tuple[str, float], ...]]]:
    """Return probabilities of all titles, and the parts of those that are without a reason."""
    cuts = [_cuts(title) for title in without]
    rests = list(dict.fromkeys(rest for cut in cuts for _, rest in cut if rest))
    covered = {rest for rest, holds in zip(rests, classifier.covers(rests), strict=True) if holds}
    cuts = [[(word, rest) for word, rest in cut if not rest or rest in covered] for cut in cuts]
    asked = [*titles, *(rest for rest in rests if rest in covered)]
    probabilities = predictions_of(classifier, asked)
    place = {text: row for row, text in enumerate(asked)}
    found = []
    for title, cut in zip(without, cuts, strict=True):
        before = probabilities[place[title]]
        label = before.argmax()
        falls = [
            (word, float(before[label] - (probabilities[place[rest], label] if rest else 0)))
            for word, rest in cut
        ]
        heaviest = sorted(falls, key=lambda fall: -fall[1])[:most]
        found.append(tuple((word, fall) for word, fall in heaviest if fall > 0))
    return probabilities[: len(titles)], found


def _cuts(title: str) -> list[tuple[str, str]]:
    """Return each word of a title and what is left without it."""
    text = normalise(title)
    pieces, joint = text.split(), " "
    if len(pieces) == 1 and is_unspaced(text):
        pieces, joint = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)], ""
    words = [place for place, piece in enumerate(pieces) if _is_word(piece)]
    return [
        (pieces[place], joint.join(pieces[:place] + pieces[place + 1 :]))
        for place in words[:MOST_WORDS]
    ]


def _is_word(piece: str) -> bool:
    # A conjunction and a gender note are known as such only between words.
    inner = fold([f"x {piece} x"])[0].split()[1:-1]
    return any(word not in (AND, ROLE_END) for word in inner)

"""Errors worth looking at: the most confident ones, and labels that are probably wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from metier.data import LabelledTitles, Purpose, require
from metier.errors import DataError

__all__ = [
    "FEWEST_METHODS",
    "Confusion",
    "Mistake",
    "ProbableAnnotationError",
    "confident_mistakes",
    "probable_annotation_errors",
]

FEWEST_METHODS = 3
"""Fewer methods than these do not call a label into doubt."""

# When methods rather than the label are believed to be right.
AGREEMENT = 0.8
CONFIDENCE = 0.7


class Mistake(BaseModel):
    """A title with a wrong answer.

    Attributes:
        title: The title, as it stands in the first of its rows.
        label: The label in the data.
        predicted: The answer.
        confidence: The probability of the answer, in [0, 1].
        label_probability: The probability of the label in the data, in [0, 1].
        rows: Rows with this title, label and answer.
    """

    model_config = ConfigDict(frozen=True)

    title: str
    label: str
    predicted: str
    confidence: float
    label_probability: float
    rows: int


class Confusion(BaseModel):
    """The rows of one label that got one other label.

    Attributes:
        label: The label in the data.
        predicted: The answer.
        rows: Rows so answered.
        titles: Different titles among them, but for case and spacing.
        mistakes: The most confident of those titles.
    """

    model_config = ConfigDict(frozen=True)

    label: str
    predicted: str
    rows: int
    titles: int
    mistakes: tuple[Mistake, ...]


class ProbableAnnotationError(BaseModel):
    """A title whose label in the data is probably wrong, since methods agree on another.

    Attributes:
        title: The title, as it stands in the first of its rows.
        label: The label in the data.
        suggested: The label on which methods agree.
        methods: The methods that agree, in the order given.
        asked: How many methods were asked.
        confidence: Their mean probability of the suggested label, in [0, 1].
        rows: Rows with this title and label.
    """

    model_config = ConfigDict(frozen=True)

    title: str
    label: str
    suggested: str
    methods: tuple[str, ...]
    asked: int
    confidence: float
    rows: int


def confident_mistakes(
    data: LabelledTitles,
    probabilities: NDArray[np.float64],
    *,
    confusions: int | None = None,
    most: int = 5,
) -> tuple[Confusion, ...]:
    """Return the wrong answers by confusion, the most frequent confusion first.

    Args:
        data: Titles with their labels.
        probabilities: A classifier's answers, shape (n, K) in scale order.
        confusions: How many confusions to return at most; None for all.
        most: How many titles to show of each at most, the most confident first.

    Raises:
        RoleError: If the titles may not be shown.
        ValueError: If the probabilities are not of shape (n, K).
    """
    require(Purpose.LOOK, data.role, data.source)
    _check_shape(data, probabilities)
    labels = data.scale.labels
    predicted = probabilities.argmax(axis=1)
    truth = data.scale.indices(data.labels)
    rows: dict[tuple[int, int], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    keys = data.keys
    for row in np.flatnonzero(predicted != truth).tolist():
        rows[int(truth[row]), int(predicted[row])][keys[row]].append(row)
    found = []
    for (label, answer), by_title in rows.items():
        mistakes = [
            Mistake(
                title=data.titles[of_title[0]],
                label=labels[label],
                predicted=labels[answer],
                confidence=float(probabilities[of_title[0], answer]),
                label_probability=float(probabilities[of_title[0], label]),
                rows=len(of_title),
            )
            for of_title in by_title.values()
        ]
        confusion = Confusion(
            label=labels[label],
            predicted=labels[answer],
            rows=sum(mistake.rows for mistake in mistakes),
            titles=len(mistakes),
            mistakes=tuple(sorted(mistakes, key=lambda mistake: -mistake.confidence)[:most]),
        )
        found.append((-confusion.rows, label, answer, confusion))
    return tuple(confusion for *_, confusion in sorted(found, key=lambda one: one[:3])[:confusions])


def probable_annotation_errors(
    data: LabelledTitles, probabilities: Mapping[str, NDArray[np.float64]]
) -> tuple[ProbableAnnotationError, ...]:
    """Return the titles whose label is probably wrong, the most confident first, each once.

    At least three methods are asked; at least 80 % of them agree on the same label, another than
    the one in the data, and give it a probability of at least 0.7 in the mean of those that
    agree. The methods must be different ones: seeds of one method err alike. The list is there
    to be looked at; no score leaves these rows out, since that would be to fit the data to the
    methods.

    Args:
        data: Titles with their labels.
        probabilities: Each method's answers by its name, shape (n, K) in scale order.

    Raises:
        DataError: If there are fewer than three methods.
        RoleError: If the titles may not be shown.
        ValueError: If a method's probabilities are not of shape (n, K).
    """
    require(Purpose.LOOK, data.role, data.source)
    if len(probabilities) < FEWEST_METHODS:
        raise DataError(
            f"{data.source}: labels are doubted where {FEWEST_METHODS} methods or more agree; "
            f"there are {len(probabilities)}: {', '.join(probabilities) or 'none'}."
        )
    for given in probabilities.values():
        _check_shape(data, given)
    methods = tuple(probabilities)
    stacked = np.stack(list(probabilities.values()))
    answers = stacked.argmax(axis=2)
    counts = Counter(zip(data.keys, data.labels, strict=True))
    found: dict[tuple[str, str], ProbableAnnotationError] = {}
    for row, (key, label) in enumerate(zip(data.keys, data.labels, strict=True)):
        [(suggested, agreeing)] = Counter(answers[:, row].tolist()).most_common(1)
        agree = answers[:, row] == suggested
        confidence = float(stacked[agree, row, suggested].mean())
        if (
            (key, label) not in found
            and data.scale.labels[suggested] != label
            and agreeing / len(methods) >= AGREEMENT
            and confidence >= CONFIDENCE
        ):
            found[key, label] = ProbableAnnotationError(
                title=data.titles[row],
                label=label,
                suggested=data.scale.labels[suggested],
                methods=tuple(name for name, one in zip(methods, agree, strict=True) if one),
                asked=len(methods),
                confidence=confidence,
                rows=counts[key, label],
            )
    return tuple(sorted(found.values(), key=lambda error: -error.confidence))


def _check_shape(data: LabelledTitles, probabilities: NDArray[np.float64]) -> None:
    expected = (len(data), len(data.scale.labels))
    if probabilities.shape != expected:
        raise ValueError(f"probabilities of shape {probabilities.shape}, not {expected}")

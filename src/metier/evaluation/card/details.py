"""The closer figures of a model card: labels, languages, calibration and confusions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from metier.data import LabelledTitles
from metier.evaluation.card.result import (
    SURE,
    CardCalibration,
    CardConfusion,
    CardDetails,
    CardLabel,
)
from metier.evaluation.errors import confident_mistakes
from metier.evaluation.invariance import wilson_interval
from metier.evaluation.slices import Dimension, SliceScore, score_slices
from metier.metrics import (
    LabelScore,
    Scores,
    answered_scores,
    expected_calibration_error,
    reliability,
)

__all__ = ["AnsweredRows", "details_of"]

CONFUSIONS = 10
EXAMPLES = 3


@dataclass(frozen=True)
class AnsweredRows:
    """A data set with what a classifier answered.

    Attributes:
        data: Titles with their labels, n of them.
        probabilities: The answers, shape (n, K) in scale order.
        groups: What is drawn together in a bootstrap, shape (n,).
        languages: ISO code of each row's language, n of them.
        shown: Whether single titles may stand in the card.
    """

    data: LabelledTitles
    probabilities: NDArray[np.float64]
    groups: NDArray[np.intp]
    languages: Sequence[str]
    shown: bool

    @cached_property
    def truth(self) -> NDArray[np.intp]:
        """Label indices in the data, shape (n,)."""
        return self.data.scale.indices(self.data.labels)

    @cached_property
    def predicted(self) -> NDArray[np.intp]:
        """Label indices of the answers, shape (n,)."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.intp)


def details_of(rows: AnsweredRows, scores: Scores) -> CardDetails:
    """Return the closer figures of rows.

    Args:
        rows: The rows, at least one.
        scores: Their scores.

    Raises:
        RoleError: If single titles are to stand in the card and their role forbids it.
    """
    return CardDetails(
        labels=tuple(_label(each, row[place]) for place, (each, row) in _by_label(scores)),
        languages=_languages(rows),
        calibration=CardCalibration(
            error=expected_calibration_error(rows.probabilities, rows.truth),
            bins=reliability(rows.probabilities, rows.truth),
            sure=answered_scores(rows.probabilities, rows.truth, SURE),
        ),
        confusions=_shown_confusions(rows) if rows.shown else _counted_confusions(rows, scores),
    )


def _by_label(scores: Scores) -> list[tuple[int, tuple[LabelScore, tuple[int, ...]]]]:
    return list(enumerate(zip(scores.per_label, scores.confusion, strict=True)))


def _label(scores: LabelScore, right: int) -> CardLabel:
    interval = wilson_interval(right, scores.support) if scores.support else None
    return CardLabel(scores=scores, recall=interval)


def _languages(rows: AnsweredRows) -> tuple[SliceScore, ...]:
    counts = Counter(rows.languages)
    order = sorted(counts, key=lambda code: (-counts[code], code))
    slices = {
        code: [row for row, other in enumerate(rows.languages) if other == code] for code in order
    }
    return score_slices(
        rows.truth,
        [rows.predicted],
        rows.groups,
        rows.data.scale,
        {str(Dimension.LANGUAGE): slices},
    )


def _shown_confusions(rows: AnsweredRows) -> tuple[CardConfusion, ...]:
    found = confident_mistakes(rows.data, rows.probabilities, confusions=CONFUSIONS, most=EXAMPLES)
    return tuple(
        CardConfusion(
            label=each.label,
            predicted=each.predicted,
            rows=each.rows,
            examples=tuple(mistake.title for mistake in each.mistakes),
        )
        for each in found
    )


def _counted_confusions(rows: AnsweredRows, scores: Scores) -> tuple[CardConfusion, ...]:
    labels = rows.data.scale.labels
    cells = [
        (-count, label, answer)
        for label, row in enumerate(scores.confusion)
        for answer, count in enumerate(row)
        if count and label != answer
    ]
    return tuple(
        CardConfusion(label=labels[label], predicted=labels[answer], rows=-count)
        for count, label, answer in sorted(cells)[:CONFUSIONS]
    )

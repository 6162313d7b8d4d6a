"""Scoring a classifier on annotated CVs, in all views."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from metier.classifiers import Classifier
from metier.data import CVs, LabelledTitles, Purpose, require
from metier.evaluation.views import VIEWS, View, rows_of_view
from metier.guidelines import Scale
from metier.metrics import Intervals, Scores, bootstrap_intervals, score

__all__ = ["Judgement", "judge", "predictions_of", "score_labelled"]


class Judgement(BaseModel):
    """The scores of a classifier in one view.

    Attributes:
        view: The view.
        scores: The scores.
        intervals: 95 % intervals by bootstrap over CVs.
    """

    model_config = ConfigDict(frozen=True)

    view: View
    scores: Scores
    intervals: Intervals


def predictions_of(classifier: Classifier, titles: Sequence[str]) -> NDArray[np.float64]:
    """Return probabilities of shape (n, K), asking each different title once."""
    first: dict[str, int] = {}
    positions = [first.setdefault(title, len(first)) for title in titles]
    if not positions:
        return np.empty((0, len(classifier.scale.labels)))
    return classifier.predict_proba(list(first))[positions]


def judge(
    probabilities: NDArray[np.float64],
    cvs: CVs,
    scale: Scale,
    seen_titles: Iterable[str],
    views: Sequence[View] = VIEWS,
) -> list[Judgement]:
    """Score probabilities against the human labels of CVs.

    Args:
        probabilities: One row per job of ``cvs``, shape (n, K).
        cvs: CVs with labels for the scale's target, of the role development or evaluation.
        scale: The target's scale.
        seen_titles: All training and pseudo-labelled titles, for the view of new titles.
        views: The views to score; one without rows is left out.

    Raises:
        RoleError: If the CVs' role forbids scoring.
    """
    truth = scale.indices(cvs.labelled(scale).labels)
    predicted = probabilities.argmax(axis=1)
    groups = np.asarray([job.cv for job in cvs.jobs])
    seen = list(seen_titles)
    judgements = []
    for view in views:
        rows = rows_of_view(view, cvs, seen)
        if rows:
            judgements.append(
                Judgement(
                    view=view,
                    scores=score(truth[rows], predicted[rows], scale),
                    intervals=bootstrap_intervals(
                        truth[rows], predicted[rows], groups[rows], len(scale.labels)
                    ),
                )
            )
    return judgements


def score_labelled(classifier: Classifier, data: LabelledTitles) -> Scores:
    """Score a classifier on a labelled set, such as a part of a curated list.

    Raises:
        RoleError: If the set's role forbids scoring.
    """
    require(Purpose.SCORE, data.role, data.source)
    predicted = predictions_of(classifier, data.titles).argmax(axis=1)
    return score(data.scale.indices(data.labels), predicted, data.scale)

"""Scoring a classifier on annotated CVs, in all views."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from metier.classifiers import Classifier
from metier.data import CVs, LabelledTitles, Purpose, Role, require
from metier.evaluation.ledger import Ledger, Scoring, digest_of
from metier.evaluation.views import VIEWS, View, rows_of_view
from metier.guidelines import Scale
from metier.metrics import Intervals, Scores, bootstrap_intervals, score

__all__ = ["Judgement", "judge", "predictions_of", "score_labelled", "write_down"]

# CVs whose scorings are counted: who scores them often enough fits them. A held-out part of a
# label list, which has the same role, is not counted.
COUNTED = (Role.DEVELOPMENT, Role.EVALUATION)


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
    *,
    ledger: Ledger,
    model: str,
    name: str,
    by: str,
    part_of: CVs | None = None,
) -> list[Judgement]:
    """Score probabilities against the human labels of CVs, once it stands in the ledger.

    Args:
        probabilities: One row per job of ``cvs``, shape (n, K).
        cvs: CVs with labels for the scale's target, of the role development or evaluation.
        scale: The target's scale.
        seen_titles: All training and pseudo-labelled titles, for the view of new titles.
        views: The views to score; one without rows is left out.
        ledger: Where the scoring is written down, before it is done; nothing is written where no
            view has rows.
        model: A hash that tells models apart.
        name: What a person calls the model.
        by: The command or program that asks.
        part_of: The CVs that the ledger is to name, where ``cvs`` are a part of them.

    Raises:
        RoleError: If the CVs' role forbids scoring.
        DataError: If the ledger cannot be written.
    """
    truth = scale.indices(cvs.labelled(scale).labels)
    predicted = probabilities.argmax(axis=1)
    groups = np.asarray([job.cv for job in cvs.jobs])
    seen = list(seen_titles)
    found = {view: rows_of_view(view, cvs, seen) for view in views}
    rows_of = {view: rows for view, rows in found.items() if rows}
    if rows_of:
        write_down(ledger, part_of or cvs, scale, tuple(rows_of), model=model, name=name, by=by)
    return [
        Judgement(
            view=view,
            scores=score(truth[rows], predicted[rows], scale),
            intervals=bootstrap_intervals(
                truth[rows], predicted[rows], groups[rows], len(scale.labels)
            ),
        )
        for view, rows in rows_of.items()
    ]


def write_down(
    ledger: Ledger,
    cvs: CVs,
    scale: Scale,
    views: tuple[View, ...],
    *,
    model: str,
    name: str,
    by: str,
) -> None:
    """Write in the ledger that CVs are about to be scored for a target.

    Raises:
        DataError: If the ledger cannot be written.
    """
    if cvs.role not in COUNTED:
        return
    ledger.record(
        Scoring(
            data=cvs.source,
            digest=digest_of(cvs, scale),
            role=cvs.role,
            target=scale.target,
            model=model,
            name=name,
            views=views,
            metrics=("accuracy", "macro F1", *(("MAE",) if scale.is_ordinal else ())),
            by=by,
        )
    )


def score_labelled(classifier: Classifier, data: LabelledTitles) -> Scores:
    """Score a classifier on a labelled set, such as a part of a curated list.

    The ledger, which is one of CVs, does not count it.

    Raises:
        RoleError: If the set's role forbids scoring.
    """
    require(Purpose.SCORE, data.role, data.source)
    predicted = predictions_of(classifier, data.titles).argmax(axis=1)
    return score(data.scale.indices(data.labels), predicted, data.scale)

"""Judging a trial: its answers against the human labels of the CVs, the same rows for all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from metier.data import CVs
from metier.evaluation import Judgement, Ledger, covered_views, judge
from metier.guidelines import Scale
from metier.studies.answering import probabilities_of
from metier.studies.results import TrialResult

__all__ = ["Judged", "Predictions", "judge_trial", "read_predictions"]


@dataclass(frozen=True)
class Predictions:
    """A trial's probabilities, read from its file.

    Attributes:
        cvs: Of the judged jobs, in file order, shape (n, K).
        covered: Which of these jobs the method could answer at all, shape (n,).
        validation: Of the validation titles, shape (v, K); v may be 0.
        validation_truth: Their label indices, shape (v,).
        unlabelled: Of the unlabelled jobs, shape (u, K); u may be 0.
    """

    cvs: NDArray[np.float64]
    covered: NDArray[np.bool_]
    validation: NDArray[np.float64]
    validation_truth: NDArray[np.intp]
    unlabelled: NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """A trial that is done: its result and its predictions."""

    result: TrialResult
    predictions: Predictions

    @property
    def labels(self) -> NDArray[np.intp]:
        """Indices of the labels given to the judged jobs, shape (n,)."""
        return np.asarray(self.predictions.cvs.argmax(axis=1), dtype=np.intp)


def read_predictions(path: Path, scale: Scale) -> Predictions:
    """Read a trial's file of predictions."""
    frame = pl.read_parquet(path)
    parts = {
        part: frame.filter(pl.col("part") == part) for part in ("cvs", "validation", "unlabelled")
    }
    return Predictions(
        cvs=probabilities_of(parts["cvs"], scale),
        covered=parts["cvs"]["covered"].to_numpy().astype(np.bool_),
        validation=probabilities_of(parts["validation"], scale),
        validation_truth=scale.indices(parts["validation"]["label"].to_list()),
        unlabelled=probabilities_of(parts["unlabelled"], scale),
    )


def judge_trial(
    result: TrialResult,
    predictions: Predictions,
    cvs: CVs,
    scale: Scale,
    seen_titles: set[str],
    *,
    ledger: Ledger,
) -> Judged:
    """Score a trial in every view whose jobs it could answer, and write that into the ledger."""
    views = covered_views(predictions.covered, cvs, seen_titles)
    judgements: list[Judgement] = []
    if views:
        judgements = judge(
            predictions.cvs,
            cvs,
            scale,
            seen_titles,
            views,
            ledger=ledger,
            model=result.key,
            name=result.variant,
            by="metier study",
        )
    covered = int(predictions.covered.sum())
    judged = result.model_copy(update={"judgements": tuple(judgements), "covered": covered})
    return Judged(judged, predictions)

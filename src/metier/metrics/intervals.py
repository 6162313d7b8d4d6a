"""Confidence intervals by bootstrap over CVs: jobs of one CV are not independent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from metier.metrics.scores import accuracy, confusion_matrix, macro_f1

__all__ = ["Interval", "Intervals", "bootstrap_intervals"]


class Interval(BaseModel):
    """A 95 % percentile interval."""

    model_config = ConfigDict(frozen=True)

    low: float
    high: float


class Intervals(BaseModel):
    """Intervals of the two leading scores."""

    model_config = ConfigDict(frozen=True)

    accuracy: Interval
    macro_f1: Interval


def bootstrap_intervals(
    truth: NDArray[np.intp],
    predicted: NDArray[np.intp],
    groups: NDArray[np.intp],
    k: int,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> Intervals:
    """Estimate 95 % intervals by drawing whole groups with replacement.

    Percentile bootstrap over clusters: Efron and Tibshirani, An Introduction to the Bootstrap
    (1993), chapter 13.

    Args:
        truth: Label indices, shape (n,).
        predicted: Label indices, shape (n,).
        groups: Group (CV) of each row, shape (n,).
        k: Number of labels.
        resamples: Number of draws.
        seed: Seed of the draws.
    """
    names, group_of = np.unique(groups, return_inverse=True)
    # One confusion matrix a group: a resample is then a weighted sum of these.
    matrices = np.stack(
        [
            confusion_matrix(truth[group_of == g], predicted[group_of == g], k).ravel()
            for g in range(len(names))
        ]
    )
    random = np.random.default_rng(seed)
    weights = random.multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    resampled = (weights @ matrices).reshape(resamples, k, k)
    return Intervals(
        accuracy=_percentiles(accuracy(resampled)), macro_f1=_percentiles(macro_f1(resampled))
    )


def _percentiles(values: NDArray[np.float64]) -> Interval:
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(low=float(low), high=float(high))

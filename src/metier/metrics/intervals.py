"""Confidence intervals by bootstrap over CVs: jobs of one CV are not independent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from metier.metrics.scores import accuracy, macro_f1

__all__ = ["Interval", "Intervals", "bootstrap_intervals", "percentiles", "resampled"]


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
    (matrices,) = resampled(truth, [predicted], groups, k, resamples=resamples, seed=seed)
    return Intervals(
        accuracy=percentiles(accuracy(matrices[1:])), macro_f1=percentiles(macro_f1(matrices[1:]))
    )


def resampled(
    truth: NDArray[np.intp],
    given: Sequence[NDArray[np.intp]],
    groups: NDArray[np.intp],
    k: int,
    *,
    resamples: int,
    seed: int,
) -> list[NDArray[np.intp]]:
    """Return the confusion matrices of draws of whole groups, the same draws for all predictions.

    Args:
        truth: Label indices, shape (n,).
        given: Label indices that each of some methods gave, shape (n,).
        groups: Group (CV) of each row, shape (n,).
        k: Number of labels.
        resamples: Number of draws.
        seed: Seed of the draws.

    Returns:
        For each method an array of shape (1 + resamples, k, k); the first is the sample itself.
    """
    names, group_of = np.unique(groups, return_inverse=True)
    random = np.random.default_rng(seed)
    weights = random.multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    weights = np.vstack([np.ones((1, len(names)), dtype=weights.dtype), weights])
    # One confusion matrix a group: a resample is then a weighted sum of these. The sums are whole
    # numbers that floats hold exactly, and floats are multiplied many times faster.
    found = []
    for labels in given:
        cells = (group_of * k + truth) * k + labels
        matrices = np.bincount(cells, minlength=len(names) * k * k).reshape(len(names), k * k)
        sums = weights.astype(np.float64) @ matrices.astype(np.float64)
        found.append(sums.astype(np.intp).reshape(-1, k, k))
    return found


def percentiles(values: NDArray[np.float64]) -> Interval:
    """Return the interval that holds the middle 95 % of some draws."""
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(low=float(low), high=float(high))

"""Whether one method is better than another: both scored on the same rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from metier.metrics.intervals import Interval, percentiles, resampled
from metier.metrics.scores import accuracy, macro_f1

__all__ = ["Difference", "PairedDifferences", "paired_differences"]


class Difference(BaseModel):
    """The second method's score minus the first's, with a 95 % percentile interval."""

    model_config = ConfigDict(frozen=True)

    value: float
    interval: Interval


class PairedDifferences(BaseModel):
    """Differences of the two leading scores."""

    model_config = ConfigDict(frozen=True)

    accuracy: Difference
    macro_f1: Difference


def paired_differences(
    truth: NDArray[np.intp],
    first: NDArray[np.intp],
    second: NDArray[np.intp],
    groups: NDArray[np.intp],
    k: int,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> PairedDifferences:
    """Estimate how much better the second method is, drawing whole groups with replacement.

    Both methods are scored on every draw, so that what makes a draw hard for both cancels out.

    Args:
        truth: Label indices, shape (n,), n ≥ 1.
        first: Label indices that the first method gave, shape (n,).
        second: Label indices that the second method gave, shape (n,).
        groups: Group (CV) of each row, shape (n,).
        k: Number of labels.
        resamples: Number of draws.
        seed: Seed of the draws.
    """
    before, after = resampled(truth, [first, second], groups, k, resamples=resamples, seed=seed)
    return PairedDifferences(
        accuracy=_difference(accuracy(after) - accuracy(before)),
        macro_f1=_difference(macro_f1(after) - macro_f1(before)),
    )


def _difference(values: NDArray[np.float64]) -> Difference:
    return Difference(value=float(values[0]), interval=percentiles(values[1:]))

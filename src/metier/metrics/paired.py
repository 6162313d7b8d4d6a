"""How much better one method is than another: both scored on the same rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from metier.metrics.significance import Difference, compared

__all__ = ["Difference", "PairedDifferences", "paired_differences"]


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

    Raises:
        ValueError: If there is no row, or the lengths differ.
    """
    found = compared(truth, [first], [second], groups, k, resamples=resamples, seed=seed)
    return PairedDifferences(
        accuracy=Difference(value=found.accuracy.value, interval=found.accuracy.interval),
        macro_f1=Difference(value=found.macro_f1.value, interval=found.macro_f1.interval),
    )

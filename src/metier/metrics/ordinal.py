"""Numbers on an ordinal scale and the probabilities of its labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "distance_probabilities",
    "expected_rank",
    "fit_distance_temperature",
    "soft_targets",
]

# The temperatures tried: from nearly certain to nearly flat, in steps of 5 %.
TEMPERATURES = np.geomspace(0.02, 5.0, 114)


def distance_probabilities(
    values: NDArray[np.floating], ranks: NDArray[np.float64], temperature: float
) -> NDArray[np.float64]:
    """Turn regression outputs into probabilities: p_k ∝ exp(−|r − rank_k| / τ).

    The most probable label is the one with the nearest rank, that is, the cut at the midpoints,
    open at both ends; on a midpoint, the lower label.

    Args:
        values: Outputs r, shape (n,).
        ranks: Ranks in increasing order, shape (K,).
        temperature: τ > 0.

    Returns:
        Probabilities of shape (n, K).
    """
    scores = -np.abs(np.asarray(values, dtype=np.float64)[:, None] - ranks) / temperature
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def fit_distance_temperature(
    values: NDArray[np.floating], truth: NDArray[np.intp], ranks: NDArray[np.float64]
) -> float:
    """Return the τ of ``distance_probabilities`` with the greatest likelihood.

    Args:
        values: Outputs on validation titles, shape (n,).
        truth: Their label indices, shape (n,).
        ranks: Ranks in increasing order, shape (K,).
    """
    losses = [
        -np.log(distance_probabilities(values, ranks, tau)[np.arange(len(truth)), truth] + 1e-12)
        for tau in TEMPERATURES
    ]
    return float(TEMPERATURES[int(np.argmin([loss.mean() for loss in losses]))])


def soft_targets(ranks: NDArray[np.float64], softness: float) -> NDArray[np.float64]:
    """Return soft ordinal targets: row y is the target distribution of label y.

    q_k ∝ exp(−|rank_k − rank_y| / s): Díaz and Marathe, Soft Labels for Ordinal Regression
    (CVPR 2019), with the absolute distance.

    Args:
        ranks: Ranks in increasing order, shape (K,).
        softness: s > 0; the smaller, the closer to one-hot targets.

    Returns:
        Distributions of shape (K, K).
    """
    return distance_probabilities(ranks, ranks, softness)


def expected_rank(
    probabilities: NDArray[np.floating], ranks: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the mean rank under each row of probabilities (n, K), shape (n,)."""
    return np.asarray(probabilities @ ranks, dtype=np.float64)

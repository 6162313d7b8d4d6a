"""Shares of labels: estimated where nothing is labelled, and answers corrected for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["EstimatedPriors", "em_priors", "total_variation", "with_priors"]


@dataclass(frozen=True)
class EstimatedPriors:
    """Shares of labels that the EM algorithm found.

    Attributes:
        priors: The shares, shape (K,); they sum to 1.
        absent: Labels without training rows, as indices. Their share is 0 whatever the truth:
            a classifier that never saw a label gives no evidence of it.
        rounds: Rounds taken.
        converged: Whether the last round changed no share by more than the tolerance.
    """

    priors: NDArray[np.float64]
    absent: tuple[int, ...]
    rounds: int
    converged: bool


def em_priors(
    probabilities: NDArray[np.floating],
    training_priors: NDArray[np.floating],
    *,
    tolerance: float = 1e-6,
    most: int = 1000,
) -> EstimatedPriors:
    """Estimate the shares of labels among titles without labels.

    Saerens, Latinne and Decaestecker, Adjusting the Outputs of a Classifier to New a Priori
    Probabilities (Neural Computation, 2002): the EM algorithm for the shares under which the
    titles are most likely, if titles of one label look as they do in training. It needs
    calibrated probabilities (Alexandari, Kundaje and Shrikumar, ICML 2020).

    Args:
        probabilities: Probabilities on the titles, shape (n, K), n ≥ 1; never those of titles on
            which the outcome is scored.
        training_priors: The labels' shares in training, shape (K,); they sum to 1.
        tolerance: The greatest change of a share at which to stop.
        most: The most rounds to take.

    Raises:
        ValueError: If there is no row that a label of the training explains, or the shapes or the
            shares are wrong.
    """
    old = _checked(probabilities, training_priors)
    present = old > 0
    evidence = np.asarray(probabilities, dtype=np.float64)[:, present]
    evidence = evidence[evidence.sum(axis=1) > 0] / old[present]
    if len(evidence) == 0:
        raise ValueError("no row has a positive probability of a label that occurs in training")
    # A row's scale cancels out; next to 0 it would not survive the products.
    evidence /= evidence.max(axis=1, keepdims=True)
    shares, rounds, converged = old[present], 0, False
    while rounds < most and not converged:
        weights = evidence * shares
        update = (weights / weights.sum(axis=1, keepdims=True)).mean(axis=0)
        converged = bool(np.abs(update - shares).max() <= tolerance)
        shares, rounds = update, rounds + 1
    priors = np.zeros(len(old))
    priors[present] = shares / shares.sum()
    absent = tuple(int(label) for label in np.flatnonzero(~present))
    return EstimatedPriors(priors, absent, rounds, converged)


def with_priors(
    probabilities: NDArray[np.floating],
    training_priors: NDArray[np.floating],
    new_priors: NDArray[np.floating],
) -> NDArray[np.float64]:
    """Correct probabilities for other shares of labels: p_k · new_k / old_k, renormalised.

    Saerens, Latinne and Decaestecker (Neural Computation, 2002), equation 2.4.

    Args:
        probabilities: Probabilities, shape (n, K).
        training_priors: The labels' shares in training, shape (K,); they sum to 1.
        new_priors: Their shares among the titles to be classified, shape (K,); they sum to 1.

    Returns:
        Probabilities of shape (n, K), whose rows sum to 1. A label without training rows has
        probability 0, whatever its new share; a row that would have no label left is returned
        as it was.

    Raises:
        ValueError: If the shapes or the shares are wrong.
    """
    old, new = _checked(probabilities, training_priors), _checked(probabilities, new_priors)
    ratios = np.divide(new, old, out=np.zeros_like(old), where=old > 0)
    given = np.asarray(probabilities, dtype=np.float64)
    weights = given * ratios
    totals = weights.sum(axis=1, keepdims=True)
    return np.where(totals > 0, weights / np.where(totals > 0, totals, 1.0), given)


def total_variation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return half the sum of absolute differences of two distributions (K,), in [0, 1].

    It is the share of rows that would have to change their label to turn one into the other.
    """
    return float(np.abs(np.asarray(first) - np.asarray(second)).sum() / 2)


def _checked(
    probabilities: NDArray[np.floating], priors: NDArray[np.floating]
) -> NDArray[np.float64]:
    shares = np.asarray(priors, dtype=np.float64)
    if shares.shape != probabilities.shape[1:]:
        raise ValueError(
            f"shares of shape {shares.shape} and probabilities of shape {probabilities.shape}"
        )
    if (shares < 0).any() or not np.isclose(shares.sum(), 1, atol=1e-6):
        raise ValueError(
            f"shares of labels cannot be negative and must sum to 1; these are {shares}"
        )
    return shares

"""What a transformer's outputs mean, whoever works them out: torch or an exported graph."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from metier.guidelines import Scale
from metier.metrics import distance_probabilities

__all__ = ["Head", "head_probabilities", "softmax"]


class Head(StrEnum):
    """What the last layer answers."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    ORDINAL = "ordinal"


def head_probabilities(
    head: Head, outputs: NDArray[np.floating], scale: Scale, temperature: float
) -> NDArray[np.float64]:
    """Turn a head's outputs into probabilities of shape (n, K).

    Args:
        head: The head.
        outputs: Logits of shape (n, K), or regression outputs of shape (n, 1).
        scale: The target's scale.
        temperature: τ of the regression head; the others do not use it.
    """
    if head is Head.REGRESSION:
        return distance_probabilities(outputs[:, 0], scale.rank_array, temperature)
    return softmax(outputs)


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return probabilities of logits, shape (n, K); rows sum to 1."""
    given = np.asarray(logits, dtype=np.float64)
    weights = np.exp(given - given.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))

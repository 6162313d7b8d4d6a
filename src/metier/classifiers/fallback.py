"""The fallback of the guidelines, as the answer of a method that does not know."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from metier.guidelines import Guidelines

__all__ = ["fallback_row"]

# What the fallback has beyond its share, so that the arg-max is the fallback.
EDGE = 1e-6


def fallback_row(page: Guidelines) -> NDArray[np.float64]:
    """Return probabilities of shape (K,) that are flat but for a trifle, which the fallback has."""
    labels = page.scale.labels
    row = np.full(len(labels), 1 / len(labels))
    row[labels.index(page.fallback)] += EDGE
    return np.asarray(row / row.sum())

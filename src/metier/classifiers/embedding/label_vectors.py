"""Labels as directions in an embedding space, and how near a title is to each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metier.metrics import fit_temperature

__all__ = ["LabelVectors"]

# Logits that differ by no more than this have probabilities above the 1e-12 below which the fit
# of a temperature takes them for equal.
READABLE = 24.0


@dataclass(frozen=True)
class LabelVectors:
    """One direction for each label that has texts; a title's label is the nearest by cosine.

    Attributes:
        vectors: Vectors of length 1, shape (L, width).
        labels: The label index of each, in increasing order, shape (L,).
        origin: What is taken from a vector before its cosine is, shape (width,).
    """

    vectors: NDArray[np.float64]
    labels: NDArray[np.intp]
    origin: NDArray[np.float64]

    @classmethod
    def of(
        cls, embeddings: NDArray[np.floating], labels: NDArray[np.intp], *, centre: bool
    ) -> LabelVectors:
        """Return each label's centroid: the mean of its texts' unit vectors, normalised.

        Without centring the nearest by cosine is the nearest in the plain sense, too. With it the
        origin moves to the middle of the labels' means, and texts are normalised again from there:
        the first step of Mu and Viswanath, All-but-the-Top (ICLR 2018). Cosines then spread, but
        tell directions only: labels that lie close to the middle, as a fallback does, lose that.

        Args:
            embeddings: Vectors of length 1, shape (n, width), n ≥ 1.
            labels: Their label indices, shape (n,).
            centre: Whether to move the origin; a single label has nothing to be centred among.
        """
        exact = np.asarray(embeddings, dtype=np.float64)
        occurring = np.unique(labels)
        origin = np.zeros(exact.shape[1])
        if centre and len(occurring) > 1:
            origin = _means(exact, labels, occurring).mean(axis=0)
        return cls(
            vectors=_unit(_means(_unit(exact - origin), labels, occurring)),
            labels=occurring,
            origin=origin,
        )

    def probabilities(
        self, embeddings: NDArray[np.floating], temperature: float, k: int
    ) -> NDArray[np.float64]:
        """Return softmax(cosine / temperature), shape (n, k); labels without a vector have 0.

        Args:
            embeddings: Vectors of titles, shape (n, width).
            temperature: Above 0; the smaller, the surer.
            k: The number of labels on the scale.
        """
        found = np.zeros((len(embeddings), k))
        if len(embeddings):
            found[:, self.labels] = _softmax(self._cosines(embeddings) / temperature)
        return found

    def fitted_temperature(
        self, embeddings: NDArray[np.floating], truth: NDArray[np.intp]
    ) -> float | None:
        """Return the temperature with the greatest likelihood.

        Titles of labels that have no vector tell nothing about it and are left out.

        Args:
            embeddings: Vectors of validation titles, shape (n, width).
            truth: Their label indices, shape (n,).

        Returns:
            The temperature, above 0, or None where no title tells it.
        """
        known = np.isin(truth, self.labels)
        cosines = self._cosines(embeddings[known])
        if not cosines.size or np.ptp(cosines) == 0:
            return None
        start = float(np.ptp(cosines)) / READABLE
        places = np.searchsorted(self.labels, truth[known])
        return start * fit_temperature(_softmax(cosines / start), places)

    def _cosines(self, embeddings: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the cosines with the labels that have a vector, shape (n, L)."""
        return _unit(np.asarray(embeddings, dtype=np.float64) - self.origin) @ self.vectors.T


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _means(
    vectors: NDArray[np.float64], labels: NDArray[np.intp], occurring: NDArray[np.intp]
) -> NDArray[np.float64]:
    return np.stack([vectors[labels == label].mean(axis=0) for label in occurring])


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normalise rows; a row of zeros, which has no direction, stays one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0))

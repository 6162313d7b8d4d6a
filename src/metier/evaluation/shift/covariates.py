"""Covariate shift: other titles than in training, whatever their labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from metier.data import domain_auc
from metier.errors import DataError
from metier.titles import fold, words_of

__all__ = [
    "CovariateShift",
    "UnknownWords",
    "VectorDistance",
    "covariate_shift",
    "unknown_words",
    "vector_distance",
]

# The energy distance compares all pairs: of larger sets as many rows are drawn.
MOST_VECTORS = 2000
# A mean distance within a set needs a pair.
FEWEST_VECTORS = 2


class UnknownWords(BaseModel):
    """Words that occur in no training title, after folding (see ``titles.fold``).

    Attributes:
        rows: Rows with such a word.
        of_rows: Rows.
        words: Different words among them that are unknown.
        of_words: Different words of all rows.
    """

    model_config = ConfigDict(frozen=True)

    rows: int
    of_rows: int
    words: int
    of_words: int

    @property
    def row_share(self) -> float:
        """Share of the rows that have an unknown word."""
        return self.rows / max(self.of_rows, 1)

    @property
    def word_share(self) -> float:
        """Share of the different words that are unknown."""
        return self.words / max(self.of_words, 1)


class VectorDistance(BaseModel):
    """How far two sets of embeddings, brought to unit length, are apart.

    Attributes:
        cosine: Cosine distance of their means, in [0, 2].
        energy: Energy distance, unbiased: around 0 for two draws of one source, where it may fall
            a little below, and below 4.
    """

    model_config = ConfigDict(frozen=True)

    cosine: float
    energy: float


class CovariateShift(BaseModel):
    """How unlike training titles and others are.

    Attributes:
        domain_auc: How well a classifier tells the two apart, 0.5 is guessing (see
            ``data.domain_auc``); None where a side has too few titles.
        unknown_words: Words of the others that no training title has.
        vectors: Distance of their embeddings; None where these were not given, or a side has
            fewer than two.
    """

    model_config = ConfigDict(frozen=True)

    domain_auc: float | None
    unknown_words: UnknownWords
    vectors: VectorDistance | None


def covariate_shift(
    training: Sequence[str],
    others: Sequence[str],
    *,
    vectors: tuple[NDArray[np.floating], NDArray[np.floating]] | None = None,
    seed: int = 0,
) -> CovariateShift:
    """Measure how unlike training titles and others are; no label is looked at.

    Args:
        training: The training titles, with repetitions.
        others: The titles to be classified, such as those of CVs; all roles may be measured, as
            nothing of them is kept.
        vectors: Embeddings of both, shapes (n, d) and (m, d).
        seed: Seed of the folds and draws.

    Raises:
        MissingExtraError: If scikit-learn is not installed.
        ValueError: If the vectors are of different length.
    """
    try:
        auc = domain_auc(training, others, seed=seed)
    except DataError:
        auc = None
    comparable = vectors is not None and min(map(len, vectors)) >= FEWEST_VECTORS
    return CovariateShift(
        domain_auc=auc,
        unknown_words=unknown_words(training, others),
        vectors=vector_distance(*vectors, seed=seed) if vectors and comparable else None,
    )


def unknown_words(training: Sequence[str], others: Sequence[str]) -> UnknownWords:
    """Count the words of titles that no training title has.

    Scripts written without spaces have long words, of which more are unknown.

    Args:
        training: The training titles.
        others: The titles whose words are counted.
    """
    known = set().union(*_words(training))
    rows = list(_words(others))
    words = set().union(*rows)
    return UnknownWords(
        rows=sum(not row <= known for row in rows),
        of_rows=len(rows),
        words=len(words - known),
        of_words=len(words),
    )


def vector_distance(
    first: NDArray[np.floating], second: NDArray[np.floating], *, seed: int = 0
) -> VectorDistance:
    """Measure how far two sets of embeddings are apart.

    The energy distance is 2·E|X − Y| − E|X − X'| − E|Y − Y'|: Székely and Rizzo, Energy
    Statistics: A Class of Statistics Based on Distances (Journal of Statistical Planning and
    Inference, 2013). Pairs of a vector with itself are left out, so that sets of different size
    can be compared.

    Args:
        first: Embeddings, shape (n, d), n ≥ 2.
        second: Embeddings, shape (m, d), m ≥ 2.
        seed: Decides which rows are drawn of a set with more than 2,000, for the energy distance.

    Raises:
        ValueError: If a set has fewer than two vectors, or their lengths differ.
    """
    if min(len(first), len(second)) < FEWEST_VECTORS or first.shape[1:] != second.shape[1:]:
        raise ValueError(f"vectors of the shapes {first.shape} and {second.shape}")
    random = np.random.default_rng(seed)
    units = [_units(vectors) for vectors in (first, second)]
    means = _units(np.stack([each.mean(axis=0) for each in units]))
    x, y = (
        each
        if len(each) <= MOST_VECTORS
        else each[random.choice(len(each), MOST_VECTORS, replace=False)]
        for each in units
    )
    energy = 2 * _distances(x, y).mean() - _mean_within(x) - _mean_within(y)
    return VectorDistance(cosine=float(1 - means[0] @ means[1]), energy=float(energy))


def _words(titles: Sequence[str]) -> Iterable[set[str]]:
    return (set(words_of(folded)) for folded in fold(titles))


def _units(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float64).tiny))


def _distances(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances of all pairs, shape (n, m)."""
    squares = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1) - 2 * x @ y.T
    return np.asarray(np.sqrt(np.maximum(squares, 0)))


def _mean_within(x: NDArray[np.float64]) -> float:
    """Return the mean distance of different rows."""
    distances = _distances(x, x)
    np.fill_diagonal(distances, 0)
    return float(distances.sum() / (len(x) * (len(x) - 1)))

"""Fitting the weights of the distilled method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from metier.classifiers.distilled.scoring import Weights, buckets_of
from metier.classifiers.distilled.words import bigrams_of, grams_of, words_of_titles

__all__ = ["fit_weights"]

# Optimisation steps; the loss hardly falls after them.
STEPS = 300


def fit_weights(
    titles: Sequence[str],
    labels: NDArray[np.intp],
    count: int,
    *,
    buckets: int,
    strength: float,
    seed: int,
) -> Weights:
    """Fit a logistic regression to titles, and bring it into the form that scores them quickly.

    Args:
        titles: The titles, n of them.
        labels: Their label indices, shape (n,).
        count: The number of labels K, whether they occur or not.
        buckets: Rows of each table of weights.
        strength: Inverse of the penalty on the weights, scikit-learn's ``C``.
        seed: Seed of the solver.
    """
    counted = _counts(titles, buckets)
    sizes = [_inverse_frequencies(each) for each in counted]
    features = sparse.hstack(
        [_normalised(each, size) for each, size in zip(counted, sizes, strict=True)]
    ).tocsr()
    # Columns without an entry have no weight, and would only take room.
    columns = np.flatnonzero(features.getnnz(axis=0))
    coefficients = np.zeros((count, features.shape[1]), dtype=np.float32)
    bias = np.full(count, -np.inf, dtype=np.float32)
    occurring = np.unique(labels)
    if len(occurring) == 1:
        bias[occurring] = 0
    else:
        model = LogisticRegression(C=strength, max_iter=STEPS, random_state=seed)
        model.fit(features[:, columns], labels)
        weights, offsets = model.coef_, model.intercept_
        if len(occurring) == 2:  # Of two labels the regression keeps one row.
            weights, offsets = np.vstack([-weights, weights]) / 2, np.append(-offsets, offsets) / 2
        coefficients[np.ix_(occurring, columns)] = weights
        bias[occurring] = offsets
    tables = [
        _table(part, size)
        for part, size in zip(np.split(coefficients, 2, axis=1), sizes, strict=True)
    ]
    return Weights(words=tables[0], grams=tables[1], bias=bias)


def _counts(titles: Sequence[str], buckets: int) -> list[Any]:
    """Return how often titles have words and pairs, and n-grams: two matrices, shape (n, b)."""
    words = words_of_titles(titles)
    distinct, first, number = np.unique(words.hashes, return_index=True, return_inverse=True)
    grams = grams_of(words, first)
    of_words = _matrix(grams.words, buckets_of(grams.hashes, buckets), (len(distinct), buckets))
    has_word = _matrix(words.titles, number, (words.n, len(distinct)))
    both = np.concatenate([words.hashes, bigrams_of(words)])
    pairs = _matrix(np.tile(words.titles, 2), buckets_of(both, buckets), (words.n, buckets))
    return [pairs, (has_word @ of_words).tocsr()]


def _matrix(rows: NDArray[np.integer], columns: NDArray[np.integer], shape: tuple[int, int]) -> Any:
    ones = np.ones(len(rows), dtype=np.float32)
    return sparse.csr_matrix((ones, (rows, columns)), shape=shape)


def _inverse_frequencies(counts: Any) -> NDArray[np.float32]:
    """Return ln((1 + n) / (1 + df)) + 1 of each column, as scikit-learn's TfidfTransformer does."""
    found = np.bincount(counts.indices, minlength=counts.shape[1])
    sizes = np.log((1 + counts.shape[0]) / (1 + found)) + 1
    return np.asarray(sizes, dtype=np.float32)


def _normalised(counts: Any, sizes: NDArray[np.float32]) -> Any:
    """Weigh counts by sizes, and divide by the length that scoring divides by."""
    length = np.sqrt(np.maximum(counts @ (sizes**2), np.float32(1e-6)))
    return sparse.diags(1 / length) @ counts @ sparse.diags(sizes)


def _table(coefficients: NDArray[np.float32], sizes: NDArray[np.float32]) -> NDArray[np.float32]:
    rows = np.vstack([coefficients * sizes, sizes**2]).T
    # What is written has sixteen bits; rounded now, a classifier answers alike after loading.
    return np.ascontiguousarray(rows.astype(np.float16).astype(np.float32))

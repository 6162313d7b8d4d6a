"""The network of the distilled method, as plain arrays: hashed vectors, one hidden layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metier.classifiers.distilled.words import Words, bigrams_of, grams_of, words_of_titles

__all__ = ["Features", "Network", "features_of"]


@dataclass(frozen=True)
class Features:
    """What the network reads of n titles, title by title.

    Attributes:
        buckets: Rows of the table of vectors, shape (f,).
        weights: What each row's vector is multiplied by, shape (f,).
        offsets: Place of each title's first feature, shape (n,).
    """

    buckets: NDArray[np.int64]
    weights: NDArray[np.float32]
    offsets: NDArray[np.int64]


@dataclass(frozen=True)
class Network:
    """The weights of a trained network.

    A word's vector is its own plus the mean of its n-grams' vectors. The vectors of a title's
    words and bigrams are added up and divided by the square root of the number of words; what is
    above 0 goes into the output layer.

    Attributes:
        vectors: The table of vectors, shape (b, h).
        bias: Added to a title's vector, shape (h,).
        output: Weights of the output layer, shape (h, K).
        output_bias: Added to its outputs, shape (K,).
    """

    vectors: NDArray[np.float32]
    bias: NDArray[np.float32]
    output: NDArray[np.float32]
    output_bias: NDArray[np.float32]

    def logits(self, titles: Sequence[str]) -> NDArray[np.float32]:
        """Return the outputs for titles, shape (n, K)."""
        words = words_of_titles(titles)
        if not len(words.hashes):
            return self._output(np.zeros((len(titles), self.vectors.shape[1]), dtype=np.float32))
        # Few different words make up many titles: each word is worked out once.
        distinct, first, number = np.unique(words.hashes, return_index=True, return_inverse=True)
        buckets = len(self.vectors)
        grams = grams_of(words, first)
        of_words = self.vectors[_buckets(distinct, buckets)]
        count = np.bincount(grams.words, minlength=len(distinct))
        starts = np.cumsum(count) - count
        summed = np.add.reduceat(self.vectors[_buckets(grams.hashes, buckets)], starts)
        of_words += summed / count[:, np.newaxis].astype(np.float32)
        bigrams, _ = bigrams_of(words)
        parts = of_words[number]
        parts += self.vectors[_buckets(bigrams, buckets)]
        return self._output(_sums(parts, words) / _scale(words)[:, np.newaxis])

    def _output(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(np.maximum(hidden + self.bias, 0) @ self.output + self.output_bias)


def features_of(titles: Sequence[str], buckets: int) -> Features:
    """Return what the network reads of titles, one by one, for training.

    Args:
        titles: The titles.
        buckets: Rows of the table of vectors.
    """
    words = words_of_titles(titles)
    w = len(words.hashes)
    grams = grams_of(words, np.arange(w))
    count = np.bincount(grams.words, minlength=w)
    bigrams, _ = bigrams_of(words)
    hashes = np.concatenate([words.hashes, bigrams, grams.hashes])
    of_title = np.concatenate([words.titles, words.titles, words.titles[grams.words]])
    share = np.concatenate([np.ones(2 * w), 1 / count[grams.words]])
    order = np.argsort(of_title, kind="stable")
    of_title = of_title[order]
    return Features(
        buckets=_buckets(hashes[order], buckets),
        weights=(share[order] / _scale(words)[of_title]).astype(np.float32),
        offsets=np.searchsorted(of_title, np.arange(words.n)),
    )


def _buckets(hashes: NDArray[np.uint64], buckets: int) -> NDArray[np.int64]:
    return (hashes % np.uint64(buckets)).astype(np.int64)


def _scale(words: Words) -> NDArray[np.float32]:
    counts = np.bincount(words.titles, minlength=words.n)
    return np.sqrt(np.maximum(counts, 1)).astype(np.float32)


def _sums(parts: NDArray[np.float32], words: Words) -> NDArray[np.float32]:
    """Add up the vectors of each title's words; a title without words has 0."""
    found = np.zeros((words.n, parts.shape[1]), dtype=np.float32)
    opens = np.flatnonzero(np.diff(words.titles, prepend=-1))
    found[words.titles[opens]] = np.add.reduceat(parts, opens)
    return found

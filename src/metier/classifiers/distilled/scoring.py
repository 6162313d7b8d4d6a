"""The weights of the distilled method, and the scores that titles get by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metier.classifiers.distilled.words import bigrams_of, grams_of, words_of_titles
from metier.classifiers.threads import in_threads

__all__ = ["Weights", "buckets_of"]

# Titles whose letters are worked on at once: many enough to share the cost of a pass, few enough
# that it stays in the processor's caches.
AT_ONCE = 16_384


@dataclass(frozen=True)
class Weights:
    """The weights of a linear model on words, pairs of words and character n-grams.

    Each feature has a row, which its hash finds: a weight per label and, as the last entry, the
    square of the feature's own size, its inverse document frequency. A title's features of one
    kind are added up, and their weights divided by the length of the vector of sizes.

    Attributes:
        words: Rows of words and of pairs of words, shape (b, K + 1).
        grams: Rows of character n-grams, shape (b, K + 1).
        bias: Added to the scores, shape (K,).
    """

    words: NDArray[np.float32]
    grams: NDArray[np.float32]
    bias: NDArray[np.float32]

    def scores(self, titles: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores of titles, shape (n, K): the logits of their labels."""
        parts = [titles[start : start + AT_ONCE] for start in range(0, len(titles), AT_ONCE)]
        if len(parts) == 1:
            # Two halves keep two processors busy, unless they are small.
            half = len(titles) // 2
            parts = [titles[:half], titles[half:]] if half > AT_ONCE // 16 else parts
        return np.concatenate(
            [np.empty((0, len(self.bias)), dtype=np.float32), *in_threads(self._scores, parts)]
        )

    def _scores(self, titles: Sequence[str]) -> NDArray[np.float32]:
        words = words_of_titles(titles)
        scores = np.tile(self.bias, (words.n, 1))
        if not len(words.hashes):
            return scores
        buckets = len(self.words)
        # Few different words make up many titles: the n-grams of each are added up once.
        distinct, first, number = np.unique(words.hashes, return_index=True, return_inverse=True)
        grams = grams_of(words, first)
        starts = np.flatnonzero(np.diff(grams.words, prepend=-1))
        rows = self.grams[buckets_of(grams.hashes, len(self.grams))]
        of_words = np.add.reduceat(rows, starts)[number]
        pairs = self.words[buckets_of(distinct, buckets)][number]
        pairs += self.words[buckets_of(bigrams_of(words), buckets)]
        opens = np.flatnonzero(np.diff(words.titles, prepend=-1))
        found = _by_length(np.add.reduceat(of_words, opens))
        found += _by_length(np.add.reduceat(pairs, opens))
        scores[words.titles[opens]] += found
        return scores


def buckets_of(hashes: NDArray[np.uint64], buckets: int) -> NDArray[np.int64]:
    """Return the row of each hash in a table of so many rows."""
    return (hashes % np.uint64(buckets)).astype(np.int64)


def _by_length(summed: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide weights that were added up by the length of the sizes beside them."""
    length = np.sqrt(np.maximum(summed[:, -1:], np.float32(1e-6)))
    return np.asarray(summed[:, :-1] / length)

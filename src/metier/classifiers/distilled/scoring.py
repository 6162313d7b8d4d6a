"""The weights of the distilled method, and the scores that titles get by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metier.classifiers.distilled.words import Words, bigrams_of, grams_of, words_of_titles
from metier.classifiers.threads import in_threads
from metier.classifiers.transformer.outputs import softmax

__all__ = ["Scorer", "Weights", "buckets_of"]

# Titles whose letters are worked on at once: many enough to share the cost of a pass, few enough
# that it stays in the processor's caches.
AT_ONCE = 16_384
# Words whose sums are kept: with eleven labels about 3 MB.
KEPT = 32_768


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


class Scorer:
    """Scores titles by weights, and keeps what the latest words add to a score.

    It may be asked from several threads.

    Args:
        weights: The weights.
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        width = 2 * weights.words.shape[1]
        # Replaced as a whole, so that every thread sees hashes with their own sums.
        self._known = (np.empty(0, dtype=np.uint64), np.empty((0, width), dtype=np.float32))

    def scores(self, titles: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores of titles, shape (n, K): the logits of their labels."""
        return np.concatenate(in_threads(self._scores, _parts(titles)))

    def probabilities(self, titles: Sequence[str], temperature: float = 1.0) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K): the softmax of scores divided by a temperature."""

        def work(part: Sequence[str]) -> NDArray[np.float64]:
            return softmax(self._scores(part) / np.float32(temperature))

        return np.concatenate(in_threads(work, _parts(titles)))

    def _scores(self, titles: Sequence[str]) -> NDArray[np.float32]:
        words = words_of_titles(titles)
        scores = np.tile(self.weights.bias, (words.n, 1))
        if not len(words.hashes):
            return scores
        # Few different words make up many titles: what one of them adds is worked out once.
        distinct, first, number = np.unique(words.hashes, return_index=True, return_inverse=True)
        parts = self._sums(words, distinct, first).take(number, axis=0, mode="clip")
        width = self.weights.words.shape[1]
        parts[:, width:] += _rows(self.weights.words, bigrams_of(words))
        opens = np.flatnonzero(np.diff(words.titles, prepend=-1))
        summed = _sums_from(parts, opens)
        scores[words.titles[opens]] += _by_length(summed[:, :width]) + _by_length(summed[:, width:])
        return scores

    def _sums(
        self, words: Words, distinct: NDArray[np.uint64], first: NDArray[np.intp]
    ) -> NDArray[np.float32]:
        """Return what each distinct word adds by its grams and by itself, shape (d, 2 (K + 1))."""
        hashes, sums = self._known
        place = np.searchsorted(hashes, distinct)
        known = np.zeros(len(distinct), dtype=np.bool_)
        if len(hashes):
            known = hashes.take(place, mode="clip") == distinct
        found = np.empty((len(distinct), sums.shape[1]), dtype=np.float32)
        found[known] = sums[place[known]]
        new = np.flatnonzero(~known)
        if len(new):
            width = self.weights.words.shape[1]
            grams = grams_of(words, first[new])
            starts = np.flatnonzero(np.diff(grams.words, prepend=-1))
            rows = _rows(self.weights.grams, grams.hashes)
            found[new, :width] = np.add.reduceat(rows, starts)
            found[new, width:] = _rows(self.weights.words, distinct[new])
            self._keep(distinct[new], found[new])
        return found

    def _keep(self, hashes: NDArray[np.uint64], sums: NDArray[np.float32]) -> None:
        """Keep the sums of words that were not known; where there is no room, of them alone."""
        before, kept = self._known
        if len(before) + len(hashes) > KEPT:
            self._known = (hashes[:KEPT], sums[:KEPT])
            return
        places = np.searchsorted(before, hashes)
        self._known = (np.insert(before, places, hashes), np.insert(kept, places, sums, axis=0))


def _parts(titles: Sequence[str]) -> list[Sequence[str]]:
    """Return the titles in parts that are worked on at once: one at least, two if they are many."""
    size = AT_ONCE if len(titles) > AT_ONCE else max(-(-len(titles) // 2), AT_ONCE // 16)
    return [titles[start : start + size] for start in range(0, max(len(titles), 1), size)]


def buckets_of(hashes: NDArray[np.uint64], buckets: int) -> NDArray[np.int64]:
    """Return the row of each hash in a table of so many rows."""
    return (hashes % np.uint64(buckets)).astype(np.int64)


def _rows(table: NDArray[np.float32], hashes: NDArray[np.uint64]) -> NDArray[np.float32]:
    return table.take(buckets_of(hashes, len(table)), axis=0, mode="clip")


def _sums_from(rows: NDArray[np.float32], starts: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return the sum of the rows from each start to the next one, which lies behind it.

    The first rows of all sums are added at once, then the second ones, and so on: where sums are
    short this takes a third of the time of ``numpy.add.reduceat``.
    """
    counts = np.diff(starts, append=len(rows))
    order = np.argsort(-counts, kind="stable")
    starts, counts = starts[order], counts[order]
    sums = rows.take(starts, axis=0)
    for place in range(1, int(counts[0])):
        longer = int(np.searchsorted(-counts, -place))
        sums[:longer] += rows.take(starts[:longer] + place, axis=0)
    found = np.empty_like(sums)
    found[order] = sums
    return found


def _by_length(summed: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide weights that were added up by the length of the sizes beside them."""
    length = np.sqrt(np.maximum(summed[:, -1:], np.float32(1e-6)))
    return np.asarray(summed[:, :-1] / length)

"""Finding titles that say the same, or nearly so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from metier.errors import MissingExtraError
from metier.titles import fold

__all__ = ["NearDuplicates"]


class NearDuplicates:
    """Remembers titles, and tells of a new one whether it is near to one of them.

    Two titles are near when their folded words, in any order, are one edit or less apart: case,
    accents, punctuation, gender endings, word order and a single typo make no new title.

    Args:
        titles: The titles to remember from the beginning.

    Raises:
        MissingExtraError: If rapidfuzz is not installed.
    """

    def __init__(self, titles: Sequence[str] = ()) -> None:
        try:
            from rapidfuzz import process
            from rapidfuzz.distance import Levenshtein
        except ModuleNotFoundError as error:
            raise MissingExtraError("Finding near-duplicates", "train") from error
        self._nearest = partial(
            process.extractOne, scorer=Levenshtein.distance, processor=None, score_cutoff=1
        )
        self._keys: set[str] = set()
        # One edit leaves the first or the second half of a text as it was.
        self._by_half: dict[tuple[bool, str], list[str]] = {}
        for key in _keys_of(titles):
            self._remember(key)

    def contains(self, titles: Sequence[str]) -> list[bool]:
        """Tell of each title whether it is near to one remembered."""
        return [self._is_near(key) for key in _keys_of(titles)]

    def add(self, titles: Sequence[str]) -> list[bool]:
        """Remember titles, and tell of each whether it was near to one remembered before it."""
        near = []
        for key in _keys_of(titles):
            known = self._is_near(key)
            if not known:
                self._remember(key)
            near.append(known)
        return near

    def _remember(self, key: str) -> None:
        if key in self._keys:
            return
        self._keys.add(key)
        for half in _halves(key, len(key) // 2):
            self._by_half.setdefault(half, []).append(key)

    def _is_near(self, key: str) -> bool:
        size = len(key)
        return key in self._keys or any(
            self._nearest(key, self._by_half[half]) is not None
            for length in {(size - 1) // 2, size // 2, (size + 1) // 2}
            for half in _halves(key, length)
            if half in self._by_half
        )


def _keys_of(titles: Sequence[str]) -> Iterable[str]:
    return (" ".join(sorted(words.split())) for words in fold(titles))


def _halves(key: str, length: int) -> tuple[tuple[bool, str], tuple[bool, str]]:
    return (True, key[:length]), (False, key[len(key) - length :])

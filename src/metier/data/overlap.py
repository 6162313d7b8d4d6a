"""Which titles two sets have in common, equal or nearly so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from metier.titles import title_key

__all__ = ["Overlap", "overlap"]

# Least similarity of titles that are nearly equal, in percent.
NEAR = 90
# How many pairs of titles are compared at once, a byte each.
PAIRS = 16_000_000


@dataclass(frozen=True)
class Overlap:
    """How many titles of one set occur in another, equal but for case and spacing, or nearly so.

    Attributes:
        rows: Rows of the first set whose title occurs in the second.
        titles: Different titles among those rows.
        of_rows: Rows of the first set.
        of_titles: Different titles of the first set.
        near_rows: Rows whose title does not occur in the second set, but a nearly equal one does;
            None where it was not measured.
        near_titles: Different titles among those rows, or None.
    """

    rows: int
    titles: int
    of_rows: int
    of_titles: int
    near_rows: int | None = None
    near_titles: int | None = None


def overlap(titles: Sequence[str], others: Iterable[str], *, near: bool = False) -> Overlap:
    """Count the titles that also occur among others.

    Two titles are nearly equal when 2·m / (their characters) is 0.9 or more, where m is the
    length of their longest common subsequence: a letter or two apart, such as a plural, a typo
    or another ending.

    Args:
        titles: The titles to count.
        others: The titles to look for.
        near: Whether to count the nearly equal ones, too. It takes rapidfuzz, of the extra
            ``train``; without it they are not measured.
    """
    keys = [title_key(title) for title in titles]
    known = {title_key(other) for other in others}
    common = [key for key in keys if key in known]
    apart = [key for key in keys if key not in known]
    nearly = _near(list(dict.fromkeys(apart)), sorted(known)) if near else None
    return Overlap(
        rows=len(common),
        titles=len(set(common)),
        of_rows=len(keys),
        of_titles=len(set(keys)),
        near_rows=None if nearly is None else sum(key in nearly for key in apart),
        near_titles=None if nearly is None else len(nearly),
    )


def _near(keys: list[str], known: list[str]) -> set[str] | None:
    """Return the keys that are nearly equal to a known one, or None without rapidfuzz."""
    try:
        from rapidfuzz import fuzz, process
    except ModuleNotFoundError:
        return None
    if not known:
        return set()
    found: set[str] = set()
    at_once = max(1, PAIRS // len(known))
    for start in range(0, len(keys), at_once):
        part = keys[start : start + at_once]
        similar = process.cdist(
            part, known, scorer=fuzz.ratio, score_cutoff=NEAR, dtype=np.uint8, workers=1
        )
        found.update(part[row] for row in np.flatnonzero(similar.any(axis=1)))
    return found

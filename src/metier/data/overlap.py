"""Which titles two sets have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from metier.titles import title_key

__all__ = ["Overlap", "overlap"]


@dataclass(frozen=True)
class Overlap:
    """How many titles of one set occur in another, equal but for case and spacing.

    Attributes:
        rows: Rows of the first set whose title occurs in the second.
        titles: Different titles among those rows.
        of_rows: Rows of the first set.
        of_titles: Different titles of the first set.
    """

    rows: int
    titles: int
    of_rows: int
    of_titles: int


def overlap(titles: Sequence[str], others: Iterable[str]) -> Overlap:
    """Count the titles that also occur among others."""
    keys = [title_key(title) for title in titles]
    known = {title_key(other) for other in others}
    common = [key for key in keys if key in known]
    return Overlap(len(common), len(set(common)), len(keys), len(set(keys)))

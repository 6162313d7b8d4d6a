"""Substrings: the longest list title that stands in a title gives the label."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from metier.classifiers.contract import LabelledPart, read_manifest, write_manifest
from metier.classifiers.fallback import fallback_row
from metier.classifiers.pages import FollowsPage, read_page, write_page
from metier.data.writing import write_table
from metier.errors import DataError, ModelError
from metier.guidelines import Guidelines, Scale, guidelines_of
from metier.titles import title_key

__all__ = ["SubstringClassifier"]

LIST = "list.parquet"
# Characters that are read of a title; no list title is as long, and time grows with the square.
LONGEST = 300
NO_MATCH = -1


class SubstringClassifier(FollowsPage):
    """Tells a label by the longest list title that stands in a title, as the reference study did.

    Titles are compared without regard to case and spacing, and character by character, so that
    "clerk" stands in "Clerkenwell" too. Of list titles that are equally long, the first in the
    title decides. Only the first 300 characters of a title are read.

    The probabilities are the shares of the labels that the deciding list title has in training,
    with one more title that is imagined to be spread evenly over all labels: (n_k + 1/K) / (n + 1).
    The arg-max is the most frequent label, of equally frequent ones the first in scale order. A
    title in which no list title stands gets a flat answer, with the fallback of the guidelines as
    its arg-max.

    Args:
        scale: The labels; they must be those of the page.
        page: The guidelines, or where they are: a packaged target or the path of a page; by
            default the packaged page of the scale's target.
    """

    method = "substring"
    built_on = ("metier.classifiers.fallback",)

    def __init__(self, scale: Scale, *, page: str | Guidelines | None = None) -> None:
        self.scale = scale
        self.page = page

    def check(self) -> None:
        """Read the page.

        Raises:
            GuidelinesError: If there is none, or it is malformed.
            StudyError: If it has other labels.
        """
        guidelines_of(self.scale, self.page)

    def fit(
        self,
        titles: Sequence[str],
        labels: Sequence[str],
        *,
        validation: LabelledPart | None = None,
    ) -> Self:
        """Count the labels of each list title; validation data is not read.

        Raises:
            DataError: If there are no titles.
            GuidelinesError: If there is no page.
            StudyError: If the page has other labels.
        """
        self.check()
        if not titles:
            raise DataError(f"The method '{self.method}' cannot be fitted to no titles at all.")
        keys = [_key(title) for title in titles]
        # The empty text stands in every title.
        self._keep({key: place for place, key in enumerate(dict.fromkeys(filter(None, keys)))})
        for key, label in zip(keys, self.scale.indices(tuple(labels)), strict=True):
            if key:
                self._counts[self._places[key], label] += 1
        return self

    def predict_proba(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K); rows sum to 1."""
        k = len(self.scale.labels)
        totals = self._counts.sum(axis=1, keepdims=True)
        # The fallback's row is the last, where NO_MATCH finds it.
        rows = np.vstack([(self._counts + 1 / k) / (totals + 1), fallback_row(self.guidelines)])
        return np.asarray(rows[[self._find(title) for title in titles]], dtype=np.float64)

    def reasons(self, titles: Sequence[str]) -> list[str]:
        """Return the list title that stands in each title, in lower case."""
        found = [self._find(title) for title in titles]
        listed = list(self._places)
        return ["no list title" if place == NO_MATCH else listed[place] for place in found]

    def save(self, folder: Path) -> None:
        """Write list titles with the counts of their labels, and the page, into a folder."""
        write_manifest(folder, self)
        write_page(folder, self.guidelines)
        listed = list(self._places)
        places, labels = np.nonzero(self._counts)
        counted = {
            "title": pl.Series([listed[place] for place in places], dtype=pl.String),
            "label": pl.Series([self.scale.labels[label] for label in labels], dtype=pl.String),
            "count": pl.Series(self._counts[places, labels], dtype=pl.Int64),
        }
        write_table(pl.DataFrame(counted), folder / LIST)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            ModelError: If the folder holds no such classifier.
        """
        scale, _ = read_manifest(folder)
        classifier = cls(scale, page=read_page(folder))
        try:
            counted = pl.read_parquet(folder / LIST, columns=["title", "label", "count"])
            titles, labels, counts = (column.to_list() for column in counted)
            classifier._keep({title: place for place, title in enumerate(dict.fromkeys(titles))})
            places = [classifier._places[title] for title in titles]
            classifier._counts[places, scale.indices(labels)] = counts
        except (OSError, KeyError, TypeError, ValueError, pl.exceptions.PolarsError) as error:
            raise ModelError(
                f"{folder} holds no classifier: {LIST} is missing or broken."
            ) from error
        return classifier

    def _keep(self, places: dict[str, int]) -> None:
        """Take the list titles with their rows among the counts, which are zero."""
        self._places = places
        self._lengths = sorted({len(key) for key in places}, reverse=True)
        self._counts = np.zeros((len(places), len(self.scale.labels)), dtype=np.int64)

    def _find(self, title: str) -> int:
        """Return the row of the list title that decides, or ``NO_MATCH``.

        Looking up each part of the title takes as long for a long list as for a short one.
        """
        key, places = _key(title), self._places
        for length in self._lengths:
            for start in range(len(key) - length + 1):
                place = places.get(key[start : start + length])
                if place is not None:
                    return place
        return NO_MATCH


def _key(title: str) -> str:
    # Cut before it is normalised: that alone takes long for a title of a megabyte.
    return title_key(title[:LONGEST])

"""Recorded predictions as a classifier: what a language model once said of some titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from metier.classifiers.contract import LabelledPart, read_manifest, write_manifest
from metier.classifiers.fallback import fallback_row
from metier.classifiers.pages import FollowsPage, read_page, write_page
from metier.data.writing import write_table
from metier.errors import DataError, ModelError, StudyError
from metier.guidelines import Guidelines, Scale
from metier.prompting import read_predictions
from metier.titles import title_key

__all__ = ["RecordedClassifier"]

PREDICTIONS = "predictions.parquet"
# A record says nothing of how sure it is; certainty itself would never yield to another method.
CONFIDENCE = 0.999


class RecordedClassifier(FollowsPage):
    """Tells the label that a file of recorded predictions has for a title; nothing is fitted.

    A title of the file has its label nearly for certain. One that was asked and has no label gets
    a flat answer with the fallback of the guidelines as its arg-max, which is what a user would
    be left with. So does a title that is not in the file, and that one is not covered: a figure
    over it would say nothing of the recorded method.

    Args:
        scale: The labels; they must be those of the page.
        file: A CSV, JSONL or Parquet file with the columns ``title`` and the scale's target, as a
            labelling run writes it.
        page: The guidelines, or where they are: a packaged target or the path of a page; by
            default the packaged page of the scale's target.
    """

    method = "recorded"
    is_fitted = False
    built_on = ("metier.classifiers.fallback", "metier.prompting.files")

    def __init__(
        self, scale: Scale, *, file: str | Path = "", page: str | Guidelines | None = None
    ) -> None:
        self.scale = scale
        self.file = file
        self.page = page

    @property
    def is_costly(self) -> bool:
        """True: an answer can only be looked up."""
        return True

    def check(self) -> None:
        """Read the file and the page.

        Raises:
            DataError: If the file is missing or malformed, or lacks the target's column.
            GuidelinesError: If there is no page, or it is malformed.
            StudyError: If no file is named, or the page has other labels.
        """
        if not str(self.file):
            raise StudyError(
                "The parameter file is empty; it names the file of the recorded predictions."
            )
        _ = self._labels, self.guidelines

    def fit(
        self,
        titles: Sequence[str],
        labels: Sequence[str],
        *,
        validation: LabelledPart | None = None,
    ) -> Self:
        """Check the file; records learn nothing from titles."""
        self.check()
        return self

    def predict_proba(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K); rows sum to 1."""
        labels = self.scale.labels
        found = np.tile(fallback_row(self.guidelines), (len(titles), 1))
        for row, title in enumerate(titles):
            label = self._labels.get(title_key(title))
            if label is not None:
                found[row] = (1 - CONFIDENCE) / (len(labels) - 1)
                found[row, labels.index(label)] = CONFIDENCE
        return found

    def covers(self, titles: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which titles are in the file, with or without a label, shape (n,)."""
        recorded = (title_key(title) in self._labels for title in titles)
        return np.fromiter(recorded, dtype=np.bool_, count=len(titles))

    def reasons(self, titles: Sequence[str]) -> list[str]:
        """Return whether each title is in the file, and has a label there."""
        return [self._reason(title_key(title)) for title in titles]

    def save(self, folder: Path) -> None:
        """Write this target's predictions and the page into a folder; the file is not needed."""
        write_manifest(folder, self)
        write_page(folder, self.guidelines)
        columns = {
            "title": pl.Series(list(self._labels), dtype=pl.String),
            self.scale.target: pl.Series(list(self._labels.values()), dtype=pl.String),
        }
        write_table(pl.DataFrame(columns), folder / PREDICTIONS)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            ModelError: If the folder holds no recorded predictions.
        """
        scale, _ = read_manifest(folder)
        classifier = cls(scale, file=folder / PREDICTIONS, page=read_page(folder))
        try:
            classifier.check()
        except (DataError, StudyError) as error:
            raise ModelError(
                f"{folder} holds no recorded predictions: {PREDICTIONS} is missing or broken."
            ) from error
        return classifier

    @cached_property
    def _labels(self) -> Mapping[str, str | None]:
        """Title key to label; None for a title that was asked and has none."""
        return read_predictions(Path(self.file), [self.scale]).labels[self.scale.target]

    def _reason(self, key: str) -> str:
        if key not in self._labels:
            return "not recorded"
        return "recorded" if self._labels[key] is not None else "recorded without a label"

"""A cascade: a fast classifier, and an exact one for the titles that the fast one is unsure of."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from metier.classifiers.contract import Classifier, LabelledPart, read_manifest, write_manifest
from metier.classifiers.model import load_classifier
from metier.errors import ModelError, StudyError
from metier.guidelines import Scale

__all__ = ["EXACT", "FAST", "CascadeClassifier", "hand_on_threshold"]

FAST, EXACT = "fast", "exact"
"""The tiers, as answers name them and as the folders of a cascade's parts are called."""


class CascadeClassifier(Classifier):
    """Tells a label by a fast classifier, and by an exact one where the fast one is unsure.

    Titles whose confidence is below a threshold are handed on. ``metier.runtime.export`` makes it;
    the exact classifier is opened with the first title that is handed on.

    Args:
        scale: The labels.
    """

    method = "cascade"
    is_fitted = False

    threshold_: float
    fast_: Classifier

    def __init__(self, scale: Scale) -> None:
        self.scale = scale

    @classmethod
    def of(cls, fast: Classifier, exact: Classifier, threshold: float) -> Self:
        """Return the cascade of two classifiers of one target.

        Args:
            fast: Answers every title first.
            exact: Answers the titles that are handed on.
            threshold: The confidence below which a title is handed on, in [0, 1].

        Raises:
            ValueError: If they are of different targets.
        """
        if fast.scale != exact.scale:
            raise ValueError("a cascade needs two classifiers of one target")
        cascade = cls(fast.scale)
        cascade.fast_, cascade.threshold_ = fast, threshold
        cascade.exact_ = exact
        return cascade

    def fit(
        self,
        titles: Sequence[str],
        labels: Sequence[str],
        *,
        validation: LabelledPart | None = None,
    ) -> NoReturn:
        """Refuse: a cascade is made of two classifiers that are fitted.

        Raises:
            StudyError: Always.
        """
        raise StudyError("A cascade is not fitted: fit a transformer and export it.")

    def predict_proba(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K): the fast or the exact one's, title by title."""
        return self.predict_with_tiers(titles)[0]

    def predict_with_tiers(self, titles: Sequence[str]) -> tuple[NDArray[np.float64], list[str]]:
        """Return probabilities of shape (n, K), and which tier each row is from."""
        found = self.fast_.predict_proba(titles)
        unsure = np.flatnonzero(found.max(axis=1, initial=0) < self.threshold_).tolist()
        tiers = [FAST] * len(titles)
        if unsure:
            found[unsure] = self.exact_.predict_proba([titles[row] for row in unsure])
            for row in unsure:
                tiers[row] = EXACT
        return found, tiers

    def save(self, folder: Path) -> None:
        """Write both classifiers into folders of their own."""
        self.fast_.save(folder / FAST)
        self.exact_.save(folder / EXACT)
        self.save_beside(folder, {FAST: folder / FAST, EXACT: folder / EXACT}, {})

    def save_beside(self, folder: Path, places: dict[str, Path], hashes: dict[str, str]) -> None:
        """Write the cascade without its classifiers, which lie in folders already.

        Args:
            folder: The folder to write.
            places: The folder of each tier; the cascade finds it as long as both move together.
            hashes: What tells each tier's classifier from others, so that the cascade of another
                one is another model.
        """
        write_manifest(
            folder,
            self,
            threshold=self.threshold_,
            places={
                tier: Path(os.path.relpath(place, folder)).as_posix()
                for tier, place in places.items()
            },
            hashes=hashes,
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` or ``save_beside`` wrote.

        Raises:
            ModelError: If the folder holds no cascade, or its fast classifier is missing.
        """
        scale, content = read_manifest(folder)
        cascade = cls(scale)
        try:
            cascade.threshold_ = float(content["threshold"])
            fast, cascade._exact_folder = (
                folder / str(content["places"][tier]) for tier in (FAST, EXACT)
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{folder} holds no cascade, or a broken one.") from error
        cascade.fast_ = load_classifier(fast)
        return cascade

    _exact_folder: Path

    @cached_property
    def exact_(self) -> Classifier:
        """The exact classifier; opening it takes longer than answering a thousand titles."""
        return load_classifier(self._exact_folder)


def hand_on_threshold(fast: Classifier, titles: Sequence[str], share: float) -> float:
    """Return the confidence below which a share of the titles is handed on.

    Args:
        fast: The fast classifier.
        titles: Validation titles, at least one.
        share: The share to hand on, in [0, 1].

    Raises:
        ValueError: If the share is out of range, or there is no title.
    """
    if not 0 <= share <= 1 or not titles:
        raise ValueError(f"a share of {share} of {len(titles)} titles")
    confidence = np.sort(fast.predict_proba(titles).max(axis=1))
    handed_on = math.ceil(share * len(titles))
    if handed_on == 0:
        return 0.0
    # Just above the last one that is handed on, so that it is below.
    return float(np.nextafter(confidence[handed_on - 1], 2))

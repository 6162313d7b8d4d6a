"""What methods have in common that are a logistic regression on features of titles."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self, get_args
from zipfile import BadZipFile

import numpy as np
import skops.io
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from metier.classifiers.contract import (
    Classifier,
    LabelledPart,
    own_parameters,
    read_manifest,
    write_manifest,
)
from metier.errors import DataError, ModelError, StudyError

__all__ = ["Imbalance", "RegressionOnFeatures", "oversampled_rows"]

PIPELINE = "model.skops"

Imbalance = Literal["none", "oversampling"]


class RegressionOnFeatures(Classifier):
    """A logistic regression on features of titles, saved in skops' format, which holds no code.

    Attributes:
        strength: Inverse of the penalty on the weights, scikit-learn's ``C``.
        imbalance: ``"none"``, or ``"oversampling"``: the weights are fitted to as many rows of
            each label as the most frequent one has, the features to each title once.
        seed: Decides which rows are repeated, and the order in which the solver reads titles.
    """

    strength: float
    imbalance: Imbalance = "none"
    seed: int

    @abstractmethod
    def _inputs(self, titles: Sequence[str]) -> Any:
        """Return what the pipeline reads of titles."""

    @abstractmethod
    def _features(self, n: int) -> Any:
        """Return the step before the regression, for a training on n titles."""

    def check(self) -> None:
        """Check the parameters.

        Raises:
            StudyError: If the strength is not positive, or the imbalance is met in no known way.
        """
        if self.strength <= 0:
            raise StudyError(f"The strength is {self.strength}; it must be above 0.")
        if self.imbalance not in get_args(Imbalance):
            raise StudyError(
                f"The parameter imbalance may not be '{self.imbalance}'; allowed: "
                f"{', '.join(get_args(Imbalance))}."
            )

    def fit(
        self,
        titles: Sequence[str],
        labels: Sequence[str],
        *,
        validation: LabelledPart | None = None,
    ) -> Self:
        """Fit the weights; validation data has nothing to stop here and is not read.

        Raises:
            BackboneError: If the features need an encoder that cannot be had.
            DataError: If there are no titles.
            StudyError: If a parameter is not allowed.
        """
        self.check()
        if not titles:
            raise DataError(f"The method '{self.method}' cannot be fitted to no titles at all.")
        # A regression needs two labels to tell apart.
        if len(set(labels)) > 1:
            last = LogisticRegression(C=self.strength, max_iter=1000, random_state=self.seed)
        else:
            last = DummyClassifier(strategy="prior")
        features = self._features(len(titles))
        rows = features.fit_transform(self._inputs(titles))
        indices = self.scale.indices(tuple(labels))
        if self.imbalance == "oversampling":
            drawn = oversampled_rows(indices, self.seed)
            rows, indices = rows[drawn], indices[drawn]
        last.fit(rows, indices)
        self._pipeline: Any = make_pipeline(features, last)
        return self

    def predict_proba(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K); labels that never occurred in training have 0."""
        found = np.zeros((len(titles), len(self.scale.labels)))
        if len(titles):
            found[:, self._pipeline.classes_] = self._pipeline.predict_proba(self._inputs(titles))
        return found

    def save(self, folder: Path) -> None:
        """Write parameters and weights into a folder; an encoder is named, not copied."""
        write_manifest(folder, self, parameters=own_parameters(self))
        skops.io.dump(self._pipeline, folder / PIPELINE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            ModelError: If the folder holds no classifier, or one with foreign code in it.
        """
        scale, content = read_manifest(folder)
        kind: Any = cls
        classifier: Self = kind(scale, **content["parameters"])
        classifier._pipeline = _load_pipeline(folder)
        return classifier


def oversampled_rows(labels: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    """Return rows in which every label that occurs is as frequent as the most frequent one.

    Args:
        labels: Label indices, shape (n,), n ≥ 1.
        seed: Decides which rows are repeated.

    Returns:
        Row numbers, shape (m,), m ≥ n: all rows in their order, then those that are repeated,
        drawn evenly and with replacement from the rows of their label.
    """
    random = np.random.default_rng(seed)
    counts = np.bincount(labels)
    repeated = [
        random.choice(np.flatnonzero(labels == label), counts.max() - counts[label])
        for label in np.flatnonzero(counts)
    ]
    return np.concatenate([np.arange(len(labels)), *repeated])


def _load_pipeline(folder: Path) -> Any:
    path = folder / PIPELINE
    try:
        foreign = skops.io.get_untrusted_types(file=path)
        if foreign:
            raise ModelError(f"{path} holds code of its own, which is not run: {foreign}.")
        return skops.io.load(path)
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise ModelError(
            f"{folder} holds no classifier: {PIPELINE} is missing or broken."
        ) from error

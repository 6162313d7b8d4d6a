"""What methods have in common that are a logistic regression on features of titles."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self
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

__all__ = ["RegressionOnFeatures"]

PIPELINE = "model.skops"


class RegressionOnFeatures(Classifier):
    """A logistic regression on features of titles, saved in skops' format, which holds no code.

    Attributes:
        strength: Inverse of the penalty on the weights, scikit-learn's ``C``.
        seed: Decides the order in which the solver reads titles.
    """

    strength: float
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
            StudyError: If the strength is not positive.
        """
        if self.strength <= 0:
            raise StudyError(f"The strength is {self.strength}; it must be above 0.")

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
        self._pipeline: Any = make_pipeline(self._features(len(titles)), last)
        self._pipeline.fit(self._inputs(titles), self.scale.indices(tuple(labels)))
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

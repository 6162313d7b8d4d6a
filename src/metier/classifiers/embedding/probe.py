"""A logistic probe on the embeddings of a frozen encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from metier.classifiers.contract import (
    Classifier,
    LabelledPart,
    own_parameters,
    read_manifest,
    write_manifest,
)
from metier.classifiers.embedding.encoder import encode
from metier.classifiers.pipelines import load_pipeline, save_pipeline
from metier.errors import DataError, StudyError
from metier.guidelines import Scale

__all__ = ["ProbeClassifier"]


class ProbeClassifier(Classifier):
    """Tells a label by a logistic regression on title embeddings; the encoder is not trained.

    Args:
        scale: The labels.
        backbone: The encoder.
        prefix: What the encoder expects before a text.
        strength: Inverse of the penalty on the weights, scikit-learn's ``C``.
        seed: Decides the order in which the solver reads titles.
    """

    method = "probe"

    def __init__(
        self,
        scale: Scale,
        *,
        backbone: str = "bundled:multilingual-e5-small",
        prefix: str = "query: ",
        strength: float = 0.1,
        seed: int = 42,
    ) -> None:
        self.scale = scale
        self.backbone = backbone
        self.prefix = prefix
        self.strength = strength
        self.seed = seed

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
        """Fit the probe; validation data has nothing to stop here and is not read.

        Raises:
            BackboneError: If the encoder cannot be had.
            DataError: If there are no titles.
            StudyError: If a parameter is not allowed.
        """
        self.check()
        if not titles:
            raise DataError("A probe cannot be fitted to no titles at all.")
        if len(set(labels)) > 1:
            last = LogisticRegression(C=self.strength, max_iter=1000, random_state=self.seed)
        else:
            last = DummyClassifier(strategy="prior")
        self._pipeline: Any = make_pipeline(StandardScaler(), last)
        self._pipeline.fit(self._encode(titles), self.scale.indices(tuple(labels)))
        return self

    def predict_proba(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K); labels that never occurred in training have 0."""
        found = np.zeros((len(titles), len(self.scale.labels)))
        if len(titles):
            found[:, self._pipeline.classes_] = self._pipeline.predict_proba(self._encode(titles))
        return found

    def save(self, folder: Path) -> None:
        """Write the probe; the encoder is named, not copied."""
        write_manifest(folder, self, parameters=own_parameters(self))
        save_pipeline(self._pipeline, folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            ModelError: If the folder holds no probe.
        """
        scale, content = read_manifest(folder)
        classifier = cls(scale, **content["parameters"])
        classifier._pipeline = load_pipeline(folder)
        return classifier

    def _encode(self, titles: Sequence[str]) -> NDArray[np.float32]:
        return encode(titles, self.backbone, prefix=self.prefix)

"""The nearest centroid: each label is the mean of its titles' embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from metier.classifiers.contract import (
    Classifier,
    LabelledPart,
    own_parameters,
    read_manifest,
    write_manifest,
)
from metier.classifiers.embedding.encoder import encode
from metier.classifiers.embedding.label_vectors import LabelVectors
from metier.classifiers.embedding.parameters import NearestParameters, check_against
from metier.errors import DataError, ModelError
from metier.guidelines import Scale

__all__ = ["CentroidClassifier"]

CENTROIDS = "centroids.safetensors"


class CentroidClassifier(Classifier):
    """Gives a title the label whose centroid is nearest by cosine; the encoder is not trained.

    A label's centroid is the mean of its titles' unit vectors, normalised, however many they are:
    how frequent labels are in training does not count. The probabilities are
    softmax(cosine / temperature); labels that never occurred in training have 0.

    Args:
        scale: The labels.
        backbone: The encoder.
        prefix: What the encoder expects before a text.
        centre: Whether cosines are taken from the middle of the labels. They spread then, but no
            longer tell how far a label lies from the middle, and a fallback lies close to it.
        temperature: The temperature where there is no validation data to fit it on; the default
            is that with which e5 encoders are trained (Wang et al., Text Embeddings by
            Weakly-Supervised Contrastive Pre-training, 2022). With ``centre`` cosines spread about
            ten times as far, and so should it.
    """

    method = "centroids"
    built_on = ("metier.metrics.calibration",)

    def __init__(
        self,
        scale: Scale,
        *,
        backbone: str = "bundled:multilingual-e5-small",
        prefix: str = "query: ",
        centre: bool = False,
        temperature: float = 0.01,
    ) -> None:
        self.scale = scale
        self.backbone = backbone
        self.prefix = prefix
        self.centre = centre
        self.temperature = temperature

    def check(self) -> None:
        """Check the parameters; see the contract."""
        check_against(self, NearestParameters)

    def fit(
        self,
        titles: Sequence[str],
        labels: Sequence[str],
        *,
        validation: LabelledPart | None = None,
    ) -> Self:
        """Compute the centroids, and fit the temperature where there is validation data.

        Raises:
            BackboneError: If the encoder cannot be had.
            DataError: If there are no titles.
            StudyError: If a parameter is not allowed.
        """
        self.check()
        if not titles:
            raise DataError(f"The method '{self.method}' cannot be fitted to no titles at all.")
        indices = self.scale.indices(tuple(labels))
        self.centroids_ = LabelVectors.of(self._encode(titles), indices, centre=self.centre)
        fitted = None
        if validation is not None and len(validation[0]):
            fitted = self.centroids_.fitted_temperature(
                self._encode(validation[0]), self.scale.indices(tuple(validation[1]))
            )
        self.temperature_ = self.temperature if fitted is None else fitted
        return self

    def predict_proba(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K); labels that never occurred in training have 0."""
        return self.centroids_.probabilities(
            self._encode(titles), self.temperature_, len(self.scale.labels)
        )

    def save(self, folder: Path) -> None:
        """Write parameters and centroids into a folder; the encoder is named, not copied."""
        write_manifest(
            folder, self, parameters=own_parameters(self), fitted_temperature=self.temperature_
        )
        save_file(vars(self.centroids_), folder / CENTROIDS)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            ModelError: If the folder holds no centroids.
        """
        scale, content = read_manifest(folder)
        try:
            classifier = cls(scale, **content["parameters"])
            classifier.temperature_ = float(content["fitted_temperature"])
            classifier.centroids_ = LabelVectors(**load_file(folder / CENTROIDS))
        except (KeyError, TypeError, OSError, ValueError, SafetensorError) as error:
            raise ModelError(
                f"{folder} holds no centroids: {CENTROIDS} or the manifest is missing or broken."
            ) from error
        return classifier

    def _encode(self, titles: Sequence[str]) -> NDArray[np.float32]:
        return encode(titles, self.backbone, prefix=self.prefix)

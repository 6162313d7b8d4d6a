"""A logistic probe on the embeddings of a frozen encoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from metier.classifiers.embedding.encoder import encode
from metier.classifiers.pipelines import Imbalance, RegressionOnFeatures
from metier.guidelines import Scale

__all__ = ["ProbeClassifier"]


class ProbeClassifier(RegressionOnFeatures):
    """Tells a label by a logistic regression on title embeddings; the encoder is not trained.

    Args:
        scale: The labels.
        backbone: The encoder.
        prefix: What the encoder expects before a text.
        strength: Inverse of the penalty on the weights, scikit-learn's ``C``.
        imbalance: ``"none"``, or ``"oversampling"``: rows of rare labels are repeated until each
            label has as many as the most frequent one.
        seed: Decides which rows are repeated, and the order in which the solver reads titles.
    """

    method = "probe"

    def __init__(
        self,
        scale: Scale,
        *,
        backbone: str = "bundled:multilingual-e5-small",
        prefix: str = "query: ",
        strength: float = 0.1,
        imbalance: Imbalance = "none",
        seed: int = 42,
    ) -> None:
        self.scale = scale
        self.backbone = backbone
        self.prefix = prefix
        self.strength = strength
        self.imbalance = imbalance
        self.seed = seed

    def _inputs(self, titles: Sequence[str]) -> NDArray[np.float32]:
        return encode(titles, self.backbone, prefix=self.prefix)

    def _features(self, n: int) -> StandardScaler:
        return StandardScaler()

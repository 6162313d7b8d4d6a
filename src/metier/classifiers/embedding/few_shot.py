"""Few-shot: an encoder tuned on a few titles a label, and a logistic regression on top."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from metier.classifiers.contract import LabelledPart
from metier.classifiers.embedding.contrastive import TuningPlan, draw_shots, tune_encoder
from metier.classifiers.embedding.encoder import embed, open_encoder
from metier.classifiers.embedding.parameters import TuningParameters, check_against
from metier.classifiers.pipelines import RegressionOnFeatures
from metier.classifiers.transformer.backbones import resolve_backbone
from metier.classifiers.transformer.training import Precision, best_device, quiet_transformers
from metier.errors import BackboneError, DataError, ModelError
from metier.guidelines import Scale
from metier.titles import normalise

__all__ = ["FewShotClassifier"]


class FewShotClassifier(RegressionOnFeatures):
    """Tunes an encoder on a few titles a label, and fits a logistic regression to its embeddings.

    Titles of one label are drawn together and those of others pushed away, as SetFit does, batch
    by batch: memory grows with the batch, whatever the number of titles. A label with one title
    has nothing to be drawn to, and only the regression learns it.

    Args:
        scale: The labels.
        backbone: The encoder to start from.
        prefix: What the encoder expects before a text.
        shots: Titles drawn of each label; all of a label that has fewer.
        regression_on: What the regression is fitted to: ``"shots"``, or ``"training"`` for all
            titles, which lets their frequencies speak.
        epochs: Passes over the shots.
        learning_rate: Peak learning rate.
        batch_size: Titles a step, at least 8.
        freeze_embeddings: Whether the word embeddings stay as they are; with a multilingual
            vocabulary that is most of the weights and none of the work.
        precision: ``"auto"`` (the fastest of the machine) or ``"float32"``, of the tuning.
        strength: Inverse of the penalty on the regression's weights, scikit-learn's ``C``.
        seed: Decides the shots, their order and dropout.
    """

    method: ClassVar[str] = "few-shot"
    built_on: ClassVar[tuple[str, ...]] = ("metier.classifiers.transformer.training",)

    def __init__(
        self,
        scale: Scale,
        *,
        backbone: str = "bundled:multilingual-e5-small",
        prefix: str = "query: ",
        shots: int = 32,
        regression_on: Literal["shots", "training"] = "shots",
        epochs: int = 5,
        learning_rate: float = 5e-5,
        batch_size: int = 32,
        freeze_embeddings: bool = True,
        precision: str = "auto",
        strength: float = 0.1,
        seed: int = 42,
    ) -> None:
        self.scale = scale
        self.backbone = backbone
        self.prefix = prefix
        self.shots = shots
        self.regression_on = regression_on
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.freeze_embeddings = freeze_embeddings
        self.precision = precision
        self.strength = strength
        self.seed = seed

    def check(self) -> None:
        """Check the parameters; see the contract."""
        check_against(self, TuningParameters)

    def fit(
        self,
        titles: Sequence[str],
        labels: Sequence[str],
        *,
        validation: LabelledPart | None = None,
    ) -> Self:
        """Tune the encoder and fit the regression; validation data is not read.

        Raises:
            BackboneError: If the encoder cannot be had.
            DataError: If there are no titles.
            StudyError: If a parameter is not allowed.
        """
        self.check()
        if not titles:
            raise DataError(f"The method '{self.method}' cannot be fitted to no titles at all.")
        indices = self.scale.indices(tuple(labels))
        rows = draw_shots(titles, indices, self.shots, self.seed)
        self.tokenizer_, self.model_ = open_encoder(resolve_backbone(self.backbone), self.backbone)
        torch.nn.Module.to(self.model_, best_device())
        if self.freeze_embeddings:
            self.model_.get_input_embeddings().weight.requires_grad_(False)
        tune_encoder(
            self.model_,
            self.tokenizer_,
            [self.prefix + normalise(titles[row]) for row in rows],
            indices[rows],
            TuningPlan(
                epochs=self.epochs,
                learning_rate=self.learning_rate,
                batch_size=self.batch_size,
                precision=Precision.choose(self.precision),
                seed=self.seed,
            ),
        )
        if self.regression_on == "shots":
            titles, labels = [titles[row] for row in rows], [labels[row] for row in rows]
        return super().fit(titles, labels)

    def save(self, folder: Path) -> None:
        """Write the encoder as a standard checkpoint, and the regression beside it."""
        super().save(folder)
        with quiet_transformers():
            self.model_.save_pretrained(folder)
            self.tokenizer_.save_pretrained(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            ModelError: If the folder holds no classifier, or one with foreign code in it.
        """
        classifier = super().load(folder)
        try:
            classifier.tokenizer_, classifier.model_ = open_encoder(str(folder), str(folder))
        except BackboneError as error:
            raise ModelError(f"The encoder in {folder} is incomplete or damaged.") from error
        torch.nn.Module.to(classifier.model_, best_device())
        return classifier

    def _inputs(self, titles: Sequence[str]) -> NDArray[np.float32]:
        return embed(titles, self.tokenizer_, self.model_, prefix=self.prefix)

    def _features(self, n: int) -> StandardScaler:
        return StandardScaler()

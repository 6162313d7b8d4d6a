"""The three heads: what each is trained towards."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from metier.classifiers.transformer.outputs import Head
from metier.guidelines import Scale
from metier.metrics import soft_targets

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Imbalance", "Loss", "Objective"]


class Loss(Protocol):
    """What a training makes smaller."""

    def loss(self, logits: torch.Tensor, labels: torch.Tensor, *, training: bool) -> torch.Tensor:
        """Return the mean loss of a batch; see ``Objective``."""


class Imbalance(StrEnum):
    """What is done about rare labels in training."""

    NONE = "none"
    OVERSAMPLING = "oversampling"
    CLASS_WEIGHTS = "class-weights"
    LOGIT_ADJUSTMENT = "logit-adjustment"


@dataclass(frozen=True)
class Objective:
    """The loss of a head.

    Attributes:
        head: The head.
        targets: What label y is trained towards: distributions of shape (K, K), or, for
            regression, its rank, shape (K, 1).
        weights: Weight of a row by its label, shape (K,), mean 1 over the training rows.
        log_prior: Added to the logits in training, shape (K,): logit adjustment, equation 10
            of Menon et al., Long-Tail Learning via Logit Adjustment (ICLR 2021), τ = 1.
    """

    head: Head
    targets: torch.Tensor
    weights: torch.Tensor
    log_prior: torch.Tensor

    @classmethod
    def of(
        cls,
        head: Head,
        imbalance: Imbalance,
        scale: Scale,
        labels: Sequence[int] | NDArray[np.intp],
        softness: float,
    ) -> Objective:
        """Build the objective for training labels given as label indices, shape (n,)."""
        k = len(scale.labels)
        if head is Head.REGRESSION:
            targets = scale.rank_array[:, None]
        elif head is Head.ORDINAL:
            targets = soft_targets(scale.rank_array, softness)
        else:
            targets = np.eye(k)
        counts = np.bincount(labels, minlength=k).astype(np.float64)
        weights, log_prior = np.ones(k), np.zeros(k)
        if imbalance is Imbalance.CLASS_WEIGHTS:
            occurring = counts > 0
            weights = np.where(
                occurring, counts.sum() / (occurring.sum() * np.maximum(counts, 1)), 0
            )
        elif imbalance is Imbalance.LOGIT_ADJUSTMENT:
            # One imagined row a label keeps labels that do not occur at a finite log prior.
            log_prior = np.log((counts + 1) / (counts + 1).sum())
        return cls(
            head, *(torch.tensor(values).float() for values in (targets, weights, log_prior))
        )

    def loss(self, logits: torch.Tensor, labels: torch.Tensor, *, training: bool) -> torch.Tensor:
        """Return the mean loss of a batch.

        Args:
            logits: The head's output in float32, shape (batch, K), or (batch, 1) for regression.
            labels: Label indices, shape (batch,).
            training: Whether to correct for imbalance; a validation loss is not corrected.
        """
        targets = self.targets.to(logits.device)[labels]
        if self.head is Head.REGRESSION:
            losses = (logits - targets).square().squeeze(-1)
        else:
            if training:
                logits = logits + self.log_prior.to(logits.device)
            losses = -(targets * logits.log_softmax(dim=-1)).sum(dim=-1)
        if training:
            losses = losses * self.weights.to(logits.device)[labels]
        return losses.mean()

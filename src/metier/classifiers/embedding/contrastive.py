"""Tuning an encoder on a few titles a label, so that titles of one label come to lie together."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from metier.classifiers.embedding.encoder import unit_vectors
from metier.classifiers.transformer.training import Precision
from metier.titles import title_key

__all__ = [
    "TuningPlan",
    "contrastive_batches",
    "draw_shots",
    "supervised_contrastive_loss",
    "tune_encoder",
]

# Titles of one label that a batch holds together: enough that each has company of its label, few
# enough that a batch still holds several labels.
TOGETHER = 4
# Temperature of the loss: between 0.1, as Khosla et al. have it, and 0.01, with which e5 encoders
# are trained before.
TEMPERATURE = 0.05
WARMUP = 0.1
GREATEST_GRADIENT = 1.0


@dataclass(frozen=True)
class TuningPlan:
    """The settings of one tuning.

    Attributes:
        epochs: Passes over the titles.
        learning_rate: Peak learning rate of AdamW; it warms up and then falls linearly to 0.
        batch_size: Greatest number of titles a step, at least 8; memory grows with it.
        precision: Number format; without bfloat16 it is float32.
        seed: Seed of order and dropout.
    """

    epochs: int
    learning_rate: float
    batch_size: int
    precision: Precision
    seed: int


def draw_shots(
    titles: Sequence[str], labels: NDArray[np.intp], shots: int, seed: int
) -> NDArray[np.intp]:
    """Draw the same number of different titles of each label, all of a label that has fewer.

    Args:
        titles: The titles, n of them; titles equal but for case and spacing count once a label.
        labels: Their label indices, shape (n,).
        shots: How many to draw of a label.
        seed: Decides the draw.

    Returns:
        The rows drawn, in increasing order.
    """
    random = np.random.default_rng(seed)
    first: dict[tuple[int, str], int] = {}
    for row, (title, label) in enumerate(zip(titles, labels, strict=True)):
        first.setdefault((int(label), title_key(title)), row)
    rows = np.asarray(list(first.values()), dtype=np.intp)
    drawn = [random.permutation(rows[labels[rows] == label])[:shots] for label in np.unique(labels)]
    return np.sort(np.concatenate([*drawn, rows[:0]]))


def contrastive_batches(
    labels: NDArray[np.intp], batch_size: int, random: np.random.Generator
) -> list[NDArray[np.intp]]:
    """Part rows into batches that hold several titles of each of several labels.

    Each row is in one batch. A label's rows are parted into groups of up to 4, and its groups are
    spread over the batches evenly.

    Args:
        labels: Label indices, shape (n,).
        batch_size: Greatest number of rows in a batch, at least 4.
        random: Decides the parting.
    """
    groups: list[NDArray[np.intp]] = []
    places: list[float] = []
    for label in np.unique(labels):
        rows = random.permutation(np.flatnonzero(labels == label))
        parts = np.array_split(rows, math.ceil(len(rows) / TOGETHER))
        groups += parts
        places += [(number + random.random()) / len(parts) for number in range(len(parts))]
    ordered = [groups[number] for number in np.argsort(places)]
    count = math.ceil(len(ordered) / (batch_size // TOGETHER))
    limits = np.linspace(0, len(ordered), count + 1).astype(int)
    return [np.concatenate(ordered[start:end]) for start, end in itertools.pairwise(limits)]


def supervised_contrastive_loss(
    vectors: torch.Tensor, labels: torch.Tensor, temperature: float = TEMPERATURE
) -> torch.Tensor:
    """Return the mean loss of the titles that have company of their label in the batch.

    L_i = −1/|P(i)| Σ_{p ∈ P(i)} log(exp(z_i·z_p / τ) / Σ_{a ≠ i} exp(z_i·z_a / τ)), where P(i) are
    the other titles of the label of i: equation 2 of Khosla et al., Supervised Contrastive
    Learning (NeurIPS 2020), with one view of each title. A title without company is something
    that others are pushed from; if no title has company, the loss is 0.

    Args:
        vectors: Vectors z of length 1, shape (batch, width).
        labels: Label indices, shape (batch,).
        temperature: τ > 0.
    """
    itself = torch.eye(len(labels), dtype=torch.bool, device=vectors.device)
    company = (labels[:, None] == labels[None, :]) & ~itself
    counts = company.sum(dim=1)
    if not counts.any():
        return vectors.sum() * 0
    similarity = vectors @ vectors.T / temperature
    others = similarity.masked_fill(itself, -torch.inf).logsumexp(dim=1, keepdim=True)
    shares = ((similarity - others) * company).sum(dim=1)[counts > 0]
    return -(shares / counts[counts > 0]).mean()


def tune_encoder(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    labels: NDArray[np.intp],
    plan: TuningPlan,
) -> None:
    """Tune an encoder in place; weights that need no gradient stay as they are.

    A SetFit without pairs (Tunstall et al., Efficient Few-Shot Learning Without Prompts, 2022):
    all pairs of a batch are learnt from at once, and no list of pairs is made.

    Args:
        model: The encoder; it is left ready to predict.
        tokenizer: Its tokenizer.
        texts: What the encoder reads, its prefix included, n of them.
        labels: Their label indices, shape (n,).
        plan: The settings.
    """
    epochs = [
        contrastive_batches(labels, plan.batch_size, np.random.default_rng([plan.seed, epoch]))
        for epoch in range(plan.epochs)
    ]
    batches = [batch for epoch in epochs for batch in epoch]
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=plan.learning_rate)
    steps, rise = len(batches), math.ceil(WARMUP * len(batches))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / rise, (steps - step) / (steps - rise + 1))
    )
    # Dropout reads torch's own state, which is the caller's and is given back as it was.
    with torch.random.fork_rng():
        torch.manual_seed(plan.seed)
        model.train()
        for rows in batches:
            with torch.autocast(model.device.type, torch.bfloat16, enabled=plan.precision.bf16):
                vectors = unit_vectors([texts[row] for row in rows], tokenizer, model)
            targets = torch.as_tensor(labels[rows], device=vectors.device)
            torch.autograd.backward(supervised_contrastive_loss(vectors, targets))
            torch.nn.utils.clip_grad_norm_(weights, GREATEST_GRADIENT)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
        model.train(False)

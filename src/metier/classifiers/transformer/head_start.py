"""Starting a new head where a linear probe ends, before the encoder is trained too.

A head of random weights sends large, useless gradients through the encoder, and with few titles
the training may not leave the most frequent label at all. Fitting the head alone first costs two
passes over the titles and distorts the encoder less: Kumar et al., Fine-Tuning Can Distort
Pretrained Features and Underperform Out-of-Distribution (ICLR 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel

from metier.classifiers.transformer.batches import (
    EncodedTitles,
    PaddingCollator,
    batches_by_length,
)
from metier.classifiers.transformer.forward import PREDICTION_BATCH
from metier.classifiers.transformer.heads import Loss
from metier.errors import BackboneError

__all__ = ["probe_batches", "start_head"]

STEPS = 100
# Half of 1 / C of a logistic regression, at C = 0.1.
PENALTY = 5.0

# Titles that a probe is fitted to; more cost minutes and hardly move it.
PROBED = 8_000

Batch = dict[str, torch.Tensor]


def probe_batches(titles: EncodedTitles, collator: PaddingCollator, seed: int) -> list[Batch]:
    """Return what a probe is fitted to, in batches: all titles, or 8,000 drawn at random.

    Args:
        titles: The training titles.
        collator: Makes batches.
        seed: The same seed draws the same titles.
    """
    rows = np.arange(len(titles))
    if len(rows) > PROBED:
        rows = np.sort(np.random.default_rng(seed).permutation(len(rows))[:PROBED])
    lengths = [len(titles.token_ids[row]) for row in rows.tolist()]
    return [
        collator([titles[int(row)] for row in rows[batch]])
        for batch in batches_by_length(lengths, PREDICTION_BATCH)
    ]


def start_head(
    model: PreTrainedModel,
    batches: Sequence[Batch],
    objective: Loss,
) -> None:
    """Fit the head of a model in place, the encoder untouched.

    The layer before the last one is shifted and scaled so that each of its units has mean 0 and
    spread 1 over the titles (Krähenbühl et al., Data-Dependent Initializations of Convolutional
    Neural Networks, ICLR 2016). Sentence encoders put all texts into a narrow cone; a probe of
    the narrow features would need weights that throw the encoder off at the first step.

    Args:
        model: A sequence classifier whose last linear layer is its output.
        batches: ``input_ids``, ``attention_mask`` and ``labels`` of the training titles.
        objective: The loss that the training will have.

    Raises:
        BackboneError: If the model's last layer is not a linear layer of its labels.
    """
    hidden, output = _head_layers(model, batches[0])
    if hidden is not None:
        mean, spread = _moments(_inputs_of(hidden, model, batches) @ _cpu(hidden.weight).T)
        with torch.no_grad():
            hidden.weight.copy_(_cpu(hidden.weight) / spread[:, None])
            hidden.bias.copy_(-mean / spread)
    labels = torch.cat([batch["labels"] for batch in batches])
    weight, bias = _probe(_inputs_of(output, model, batches), labels, output, objective)
    with torch.no_grad():
        output.weight.copy_(weight)
        output.bias.copy_(bias)


def _head_layers(
    model: PreTrainedModel, batch: Batch
) -> tuple[torch.nn.Linear | None, torch.nn.Linear]:
    """Return the last linear layer and, if the head has one to be scaled, the one before it.

    They are told by the order in which they run, which their names do not tell.
    """
    order: list[torch.nn.Linear] = []
    hooks = [
        module.register_forward_pre_hook(lambda layer, _: order.append(layer))
        for module in model.modules()
        if isinstance(module, torch.nn.Linear)
    ]
    try:
        _run(model, [{name: rows[:1] for name, rows in batch.items()}])
    finally:
        for hook in hooks:
            hook.remove()
    hidden, output = order[-2], order[-1]
    if output.out_features != model.config.num_labels or output.bias is None:
        raise BackboneError(
            f"{type(model).__name__} does not end in a linear layer of its labels, so its head "
            "cannot start as a linear probe; set probe_first to false."
        )
    encoder = model.base_model
    pooler = getattr(encoder, "pooler", None)
    of_pooler = {id(layer) for layer in pooler.modules()} if pooler is not None else set()
    of_encoder = {id(layer) for layer in encoder.modules()} - of_pooler
    belongs = id(hidden) not in of_encoder and hidden.out_features == output.in_features
    return (hidden if belongs and hidden.bias is not None else None), output


def _probe(
    features: torch.Tensor, labels: torch.Tensor, layer: torch.nn.Linear, objective: Loss
) -> tuple[torch.Tensor, torch.Tensor]:
    """Fit a linear layer to features of shape (n, width); return its weight and bias."""
    # Fitted on standardised features, where the penalty treats all alike, and folded back.
    mean, spread = _moments(features)
    standard = (features - mean) / spread
    weight = torch.zeros(layer.weight.shape, requires_grad=True)
    bias = torch.zeros(layer.out_features, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = objective.loss(standard @ weight.T + bias, labels, training=True)
        loss = loss + PENALTY * weight.square().sum() / len(labels)
        loss.backward()
        return loss

    step: Callable[..., Any] = optimiser.step
    step(closure)
    folded = weight.detach() / spread
    return folded, bias.detach() - folded @ mean


def _moments(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return features.mean(dim=0), features.std(dim=0, unbiased=False).clamp_min(1e-6)


def _inputs_of(
    layer: torch.nn.Linear, model: PreTrainedModel, batches: Sequence[Batch]
) -> torch.Tensor:
    """Return what a layer of the head is given, shape (n, width)."""
    caught: list[torch.Tensor] = []
    hook = layer.register_forward_pre_hook(lambda _, inputs: caught.append(_cpu(inputs[0])))
    try:
        _run(model, batches)
    finally:
        hook.remove()
    # Some heads work on all tokens and pick the first afterwards.
    return torch.cat([inputs if inputs.dim() == 2 else inputs[:, 0] for inputs in caught])


def _run(model: PreTrainedModel, batches: Sequence[Batch]) -> None:
    model.eval()
    with torch.no_grad():
        for batch in batches:
            model(
                input_ids=batch["input_ids"].to(model.device),
                attention_mask=batch["attention_mask"].to(model.device),
            )


def _cpu(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().float().cpu()

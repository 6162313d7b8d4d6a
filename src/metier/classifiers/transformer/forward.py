"""Asking an encoder with its head for the outputs of titles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from metier.classifiers.transformer.batches import PaddingCollator, batches_by_length

__all__ = ["PREDICTION_BATCH", "outputs_of"]

PREDICTION_BATCH = 128


def outputs_of(
    model: PreTrainedModel, token_ids: Sequence[Sequence[int]], pad_token_id: int
) -> NDArray[np.float32]:
    """Return a head's raw outputs, shape (n, width).

    Args:
        model: The encoder with its head, on any device.
        token_ids: The tokens of n titles.
        pad_token_id: The id that fills the room behind a title.
    """
    outputs = np.empty((len(token_ids), int(model.config.num_labels or 0)), dtype=np.float32)
    collate = PaddingCollator(pad_token_id)
    model.eval()
    with torch.inference_mode():
        for rows in batches_by_length([len(ids) for ids in token_ids], PREDICTION_BATCH):
            batch = collate([{"input_ids": token_ids[row]} for row in rows])
            logits = model(**{name: part.to(model.device) for name, part in batch.items()}).logits
            outputs[rows] = logits.float().cpu().numpy()
    return outputs

"""What is exported: an encoder in torch, with a head for each target that it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from metier.classifiers.contract import Classifier
from metier.classifiers.transformer.classifier import TransformerClassifier
from metier.classifiers.transformer.forward import outputs_of
from metier.classifiers.transformer.outputs import Head, head_probabilities
from metier.errors import ModelError
from metier.guidelines import Scale
from metier.titles import LONGEST, normalise

__all__ = ["Original", "OriginalHead", "original_of"]


@dataclass(frozen=True)
class OriginalHead:
    """One target's share of an encoder's outputs.

    Attributes:
        scale: The labels.
        head: What the outputs mean.
        distance: τ of a regression head.
        columns: First and behind-the-last of the outputs that are this target's, or None for all.
    """

    scale: Scale
    head: Head
    distance: float = 1.0
    columns: tuple[int, int] | None = None

    def probabilities(self, outputs: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K) of outputs of shape (n, width)."""
        mine = outputs if self.columns is None else outputs[:, slice(*self.columns)]
        return head_probabilities(self.head, mine, self.scale, self.distance)


@dataclass(frozen=True)
class Original:
    """An encoder that is to be exported.

    Attributes:
        model: The encoder with its outputs.
        tokenizer: What cuts titles into pieces.
        max_tokens: Longer titles are cut.
        heads: Target to head.
    """

    model: PreTrainedModel
    tokenizer: Tokenizer
    max_tokens: int
    heads: Mapping[str, OriginalHead]

    def probabilities(self, titles: Sequence[str]) -> dict[str, NDArray[np.float64]]:
        """Return each target's probabilities, shape (n, K)."""
        reader = Tokenizer.from_str(self.tokenizer.to_str())
        reader.enable_truncation(self.max_tokens)
        reader.no_padding()
        encoded = reader.encode_batch_fast([normalise(title[:LONGEST]) for title in titles])
        outputs = outputs_of(
            self.model, [each.ids for each in encoded], self.model.config.pad_token_id
        )
        return {target: head.probabilities(outputs) for target, head in self.heads.items()}


def original_of(classifier: Classifier) -> Original:
    """Return the encoder of a fine-tuned transformer.

    Raises:
        ModelError: If the classifier is no transformer.
    """
    if not isinstance(classifier, TransformerClassifier):
        raise ModelError(
            f"The method '{classifier.method}' has no encoder to export; only a 'transformer' has."
        )
    head = OriginalHead(classifier.scale, Head(classifier.head), classifier.temperature_)
    return Original(
        model=classifier.model_,
        tokenizer=classifier.tokenizer_.backend_tokenizer,
        max_tokens=classifier.longest,
        heads={classifier.scale.target: head},
    )

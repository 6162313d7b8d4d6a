"""What is exported: an encoder in torch, with a head for each target that it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from metier.classifiers.contract import Classifier
from metier.classifiers.hybrid import HybridClassifier
from metier.classifiers.transformer.classifier import TransformerClassifier
from metier.classifiers.transformer.forward import outputs_of
from metier.classifiers.transformer.outputs import Head, head_probabilities
from metier.errors import ModelError
from metier.guidelines import Scale
from metier.titles import encoder_text

__all__ = ["Original", "OriginalHead", "encoder_of", "learned_part", "original_of", "replaced"]


@dataclass(frozen=True)
class OriginalHead:
    """One target's share of an encoder's outputs.

    Attributes:
        scale: The labels.
        replaces: What the head answers in place of: the target's classifier, or a part of it.
        head: What the outputs mean.
        distance: τ of a regression head.
        columns: First and behind-the-last of the outputs that are this target's, or None for all.
    """

    scale: Scale
    replaces: Classifier
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
        pad = int(self.model.config.pad_token_id or 0)
        outputs = outputs_of(self.model, self.token_ids(titles), pad)
        return {target: head.probabilities(outputs) for target, head in self.heads.items()}

    def token_ids(self, titles: Sequence[str]) -> list[list[int]]:
        """Return the tokens of each title, special ones included."""
        reader = Tokenizer.from_str(self.tokenizer.to_str())
        reader.enable_truncation(self.max_tokens)
        reader.no_padding()
        texts = [encoder_text(title) for title in titles]
        return [each.ids for each in reader.encode_batch_fast(texts)]


def original_of(classifier: Classifier) -> Original:
    """Return the encoder of a fine-tuned transformer, or of an average or hybrid of one.

    Raises:
        ModelError: If there is none, or more than one.
    """
    encoder = encoder_of(classifier)
    head = OriginalHead(encoder.scale, encoder, Head(encoder.head), encoder.temperature_)
    return Original(
        model=encoder.model_,
        tokenizer=encoder.tokenizer_.backend_tokenizer,
        max_tokens=encoder.longest,
        heads={encoder.scale.target: head},
    )


def encoder_of(classifier: Classifier) -> TransformerClassifier:
    """Return the fine-tuned transformer that a classifier is, or that it asks.

    Raises:
        ModelError: If there is none, or more than one.
    """
    found = list(_encoders(classifier))
    if not found:
        raise ModelError(
            f"The method '{classifier.method}' has no encoder to export; only a 'transformer' has."
        )
    if len(found) > 1:
        raise ModelError(
            f"The method '{classifier.method}' asks {len(found)} encoders; an export takes one."
        )
    return found[0]


def learned_part(classifier: Classifier) -> Classifier:
    """Return the largest part of a classifier that has its encoder and is wholly learned.

    Of the average of rules with a transformer that is the transformer; of the average of rules
    with the average of a bag of words and a transformer it is the inner average.

    Raises:
        ModelError: If there is no encoder, or more than one.
    """
    encoder_of(classifier)
    while not _is_learned(classifier):
        classifier = next(part for part in classifier.parts if any(_encoders(part)))
    return classifier


def replaced(classifier: Classifier, part: Classifier, by: Classifier) -> Classifier:
    """Return a classifier that asks another in place of one of its parts, or of itself."""
    if classifier is part:
        return by
    if not classifier.parts:
        return classifier
    return classifier.with_parts([replaced(each, part, by) for each in classifier.parts])


def _is_learned(classifier: Classifier) -> bool:
    # A hybrid has its model alone as a part; its rules are not learned.
    if isinstance(classifier, HybridClassifier):
        return False
    if classifier.parts:
        return all(_is_learned(part) for part in classifier.parts)
    return classifier.is_fitted


def _encoders(classifier: Classifier) -> Iterator[TransformerClassifier]:
    if isinstance(classifier, TransformerClassifier):
        yield classifier
    for part in classifier.parts:
        yield from _encoders(part)

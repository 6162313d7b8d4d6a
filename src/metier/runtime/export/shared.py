"""One smaller encoder with a head for each target, taught by what the model has learned.

A model has an encoder for each target, and each reads every title; a shared encoder reads it once.
It starts from some layers, evenly spread, of the first target's encoder (Sanh et al., DistilBERT,
2019) and is trained towards the model's own probabilities (Hinton et al., Distilling the Knowledge
in a Neural Network, 2015), so that the titles need no labels.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, PreTrainedModel, set_seed

from metier.classifiers.contract import Classifier
from metier.classifiers.transformer.batches import (
    EncodedTitles,
    EpochSampler,
    PaddingCollator,
)
from metier.classifiers.transformer.classifier import TransformerClassifier
from metier.classifiers.transformer.head_start import probe_batches, start_head
from metier.classifiers.transformer.outputs import Head
from metier.classifiers.transformer.training import (
    Precision,
    TrainingPlan,
    best_device,
    quiet_transformers,
    train,
)
from metier.errors import ModelError
from metier.runtime.export.original import Original, OriginalHead, encoder_of
from metier.runtime.export.vocabulary import trim
from metier.titles import encoder_text

__all__ = ["SharedSettings", "share_encoder"]


@dataclass(frozen=True)
class SharedSettings:
    """How a shared encoder is trained.

    Attributes:
        layers: Layers that it keeps of the encoder it starts from, or None for all.
        epochs: Times that it reads every title.
        learning_rate: Peak learning rate.
        batch_size: Titles a step.
        seed: Seed of heads, order and dropout.
    """

    layers: int | None = None
    epochs: int = 2
    learning_rate: float = 1e-4
    batch_size: int = 32
    seed: int = 42


@dataclass(frozen=True)
class _Imitation:
    """The loss: cross-entropy with the teachers' probabilities, summed over the targets.

    Attributes:
        targets: The probabilities of all targets side by side, shape (n, width).
        columns: First and behind-the-last column of each target.
    """

    targets: torch.Tensor
    columns: Sequence[tuple[int, int]]

    def loss(self, logits: torch.Tensor, labels: torch.Tensor, *, training: bool) -> torch.Tensor:
        """Return the mean loss of a batch, whose labels are the titles' rows."""
        wanted = self.targets[labels.cpu()].to(logits.device)
        parts = [
            (wanted[:, start:end] * logits[:, start:end].log_softmax(dim=-1)).sum(dim=-1)
            for start, end in self.columns
        ]
        return -torch.stack(parts).sum(dim=0).mean()


def share_encoder(
    teachers: Mapping[str, Classifier],
    titles: Sequence[str],
    settings: SharedSettings,
    *,
    least: int | None = None,
    announce: Callable[[str], None] = lambda _: None,
) -> tuple[Original, int]:
    """Train one encoder to answer as several classifiers do.

    Args:
        teachers: Target to a fine-tuned transformer or an average with one, at least one target;
            the shared encoder starts from the first of their encoders.
        titles: Titles like those that are to be predicted; their labels are not needed.
        settings: How to train.
        least: Pieces of the vocabulary that fewer of the titles have are taken out before the
            encoder is trained, so that it learns to read without them; None keeps all.
        announce: Told what is being done.

    Returns:
        The encoder, and how many pieces were taken out.

    Raises:
        ModelError: If the first encoder has fewer layers, or its vocabulary cannot be trimmed.
    """
    first = encoder_of(next(iter(teachers.values())))
    texts = list(dict.fromkeys(encoder_text(title) for title in titles))
    announce(f"asking {len(teachers)} teachers {len(texts)} titles")
    answers = [classifier.predict_proba(texts) for classifier in teachers.values()]
    ends = np.cumsum([each.shape[1] for each in answers]).tolist()
    columns = list(zip([0, *ends[:-1]], ends, strict=True))
    objective = _Imitation(torch.tensor(np.hstack(answers)).float(), columns)
    set_seed(settings.seed)
    names = [
        f"{target}: {label}"
        for target, classifier in teachers.items()
        for label in classifier.scale.labels
    ]
    model = _smaller(first, names, settings.layers)
    tokenizer, removed = first.tokenizer_.backend_tokenizer, 0
    if least is not None:
        tokenizer, removed = trim(tokenizer, model, texts, least=least)
    original = Original(
        model=model,
        tokenizer=tokenizer,
        max_tokens=first.longest,
        heads={
            target: OriginalHead(classifier.scale, classifier, Head.CLASSIFICATION, columns=place)
            for (target, classifier), place in zip(teachers.items(), columns, strict=True)
        },
    )
    announce(f"training the shared encoder on {len(texts)} titles")
    _fit(model, original.token_ids(texts), objective, settings)
    return original, removed


def _smaller(
    teacher: TransformerClassifier, names: Sequence[str], layers: int | None
) -> PreTrainedModel:
    """Return a teacher's encoder with some of its layers and an output for each name."""
    with tempfile.TemporaryDirectory(prefix="metier-shared-") as scratch, quiet_transformers():
        teacher.model_.save_pretrained(scratch)
        model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(
            scratch,
            dtype=torch.float32,
            num_labels=len(names),
            id2label=dict(enumerate(names)),
            label2id={name: number for number, name in enumerate(names)},
            ignore_mismatched_sizes=True,
        )
    if layers is not None:
        _keep_layers(model, layers)
    model.get_input_embeddings().weight.requires_grad_(False)
    torch.nn.Module.to(model, best_device())
    return model


def _keep_layers(model: PreTrainedModel, count: int) -> None:
    """Keep so many layers of an encoder, spread evenly from the first to the last."""
    there = model.config.num_hidden_layers
    if not 1 <= count <= there:
        raise ModelError(f"The encoder has {there} layers; it cannot keep {count} of them.")
    stacks = [
        (module, name)
        for module in model.base_model.modules()
        for name, child in module.named_children()
        if isinstance(child, torch.nn.ModuleList) and len(child) == there
    ]
    if len(stacks) != 1:
        raise ModelError(f"The layers of {type(model).__name__} cannot be told from other parts.")
    owner, name = stacks[0]
    stack = getattr(owner, name)
    kept = np.linspace(0, there - 1, count).round().astype(int).tolist()
    setattr(owner, name, torch.nn.ModuleList(stack[number] for number in kept))
    model.config.num_hidden_layers = count


def _fit(
    model: PreTrainedModel,
    token_ids: Sequence[Sequence[int]],
    objective: _Imitation,
    settings: SharedSettings,
) -> None:
    titles = EncodedTitles(token_ids, np.arange(len(token_ids)))
    lengths = [len(ids) for ids in token_ids]
    collator = PaddingCollator(int(model.config.pad_token_id or 0))
    start_head(model, probe_batches(titles, collator, settings.seed), objective)
    train(
        model,
        titles,
        None,
        objective=objective,
        sampler=EpochSampler(lengths, settings.batch_size, settings.seed),
        collator=collator,
        evaluate=lambda _: {},
        plan=TrainingPlan(
            epochs=settings.epochs,
            patience=1,
            learning_rate=settings.learning_rate,
            weight_decay=0.05,
            warmup=0.06,
            batch_size=settings.batch_size,
            precision=Precision.choose("auto"),
            seed=settings.seed,
            metric="macro_f1",
            work_folder=None,
        ),
    )

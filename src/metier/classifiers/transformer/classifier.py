"""The transformer method: any encoder with a head on top, fine-tuned as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    set_seed,
)

from metier.classifiers.contract import Classifier, LabelledPart, read_manifest, write_manifest
from metier.classifiers.transformer.backbones import resolve_backbone
from metier.classifiers.transformer.batches import (
    EncodedTitles,
    EpochSampler,
    PaddingCollator,
)
from metier.classifiers.transformer.forward import outputs_of
from metier.classifiers.transformer.head_start import probe_batches, start_head
from metier.classifiers.transformer.heads import Imbalance, Objective
from metier.classifiers.transformer.outputs import Head, head_probabilities
from metier.classifiers.transformer.parameters import check_parameters, claim_work_folder
from metier.classifiers.transformer.training import (
    Epoch,
    Precision,
    TrainingPlan,
    best_device,
    quiet_transformers,
    train,
)
from metier.errors import BackboneError, ModelError, StudyError
from metier.guidelines import Scale
from metier.metrics import confusion_matrix, fit_distance_temperature, macro_f1
from metier.titles import encoder_text

__all__ = ["TransformerClassifier"]


class TransformerClassifier(Classifier):
    """Fine-tunes an encoder to answer one target.

    Args:
        scale: The target's scale.
        backbone: Encoder by hub name, local folder, or ``bundled:multilingual-e5-small``.
        head: ``"classification"``, ``"ordinal"`` or ``"regression"``; the last two take an
            ordinal target.
        imbalance: ``"none"``, ``"oversampling"``, ``"class-weights"`` or ``"logit-adjustment"``
            (the last not with regression). Oversampling draws every label equally often, in
            epochs as long as without it: rare labels are repeated and frequent ones thinned, so
            that variants compare at equal steps.
        epochs: Greatest number of epochs.
        patience: Epochs without a better validation metric before the training stops. The metric
            is macro F1, and for regression the MAE of the raw output.
        learning_rate: Peak learning rate.
        batch_size: Titles a step.
        weight_decay: AdamW's weight decay.
        warmup: Share of the steps in which the learning rate rises.
        max_tokens: Longer titles are cut.
        pad_to: Tokens to pad every title to; None pads to the longest of the batch, and batches
            then hold titles of like length.
        freeze_embeddings: Whether the word embeddings stay as they are; with a multilingual
            vocabulary that is most of the weights and none of the work.
        probe_first: Whether the head starts as a linear probe of the untrained encoder.
        precision: ``"auto"`` (the fastest of the machine) or ``"float32"``.
        softness: Spread of the ordinal head's soft targets.
        seed: Seed of head, order and dropout; on one machine it decides the result, but for
            GPU kernels that are not deterministic.
        work_folder: Where checkpoints lie while training; an interrupted ``fit`` resumes there.
            It is the caller's to remove.
    """

    method: ClassVar[str] = "transformer"

    def __init__(
        self,
        scale: Scale,
        *,
        backbone: str = "xlm-roberta-base",
        head: str = "classification",
        imbalance: str = "none",
        epochs: int = 10,
        patience: int = 2,
        learning_rate: float = 5e-5,
        batch_size: int = 32,
        weight_decay: float = 0.05,
        warmup: float = 0.06,
        max_tokens: int = 64,
        pad_to: int | None = None,
        freeze_embeddings: bool = True,
        probe_first: bool = True,
        precision: str = "auto",
        softness: float = 0.5,
        seed: int = 42,
        work_folder: Path | None = None,
    ) -> None:
        self.scale = scale
        self.backbone = backbone
        self.head = head
        self.imbalance = imbalance
        self.epochs = epochs
        self.patience = patience
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.weight_decay = weight_decay
        self.warmup = warmup
        self.max_tokens = max_tokens
        self.pad_to = pad_to
        self.freeze_embeddings = freeze_embeddings
        self.probe_first = probe_first
        self.precision = precision
        self.softness = softness
        self.seed = seed
        self.work_folder = work_folder

    def fit(
        self,
        titles: Sequence[str],
        labels: Sequence[str],
        *,
        validation: LabelledPart | None = None,
    ) -> Self:
        """Fine-tune the backbone; see the contract.

        Raises:
            BackboneError: If the backbone cannot be had.
            RunError: If the work folder holds another training.
            StudyError: If the parameters are not allowed.
        """
        self.check()
        head, imbalance = Head(self.head), Imbalance(self.imbalance)
        claim_work_folder(self.work_folder, self, titles, labels, validation)
        source = resolve_backbone(self.backbone)
        # Before the head is made, so that its weights follow from the seed too.
        set_seed(self.seed)
        self.tokenizer_, self.model_ = _open_backbone(source, self.backbone, head, self.scale)
        torch.nn.Module.to(self.model_, best_device())
        if self.freeze_embeddings:
            self.model_.get_input_embeddings().weight.requires_grad_(False)
        indices = self.scale.indices(list(labels))
        objective = Objective.of(head, imbalance, self.scale, indices, self.softness)
        collator = PaddingCollator(self.tokenizer_.pad_token_id, self.pad_to)
        training = EncodedTitles(self.token_ids(titles), indices)
        lengths = [len(ids) for ids in training.token_ids]
        if self.probe_first:
            start_head(self.model_, probe_batches(training, collator, self.seed), objective)
        held_out = None
        if validation is not None:
            held_out = EncodedTitles(
                self.token_ids(validation[0]), self.scale.indices(list(validation[1]))
            )
        self.epochs_ = train(
            self.model_,
            training,
            held_out,
            objective=objective,
            sampler=EpochSampler(
                lengths,
                self.batch_size,
                self.seed,
                balance=indices if imbalance is Imbalance.OVERSAMPLING else None,
                sort=self.pad_to is None,
            ),
            collator=collator,
            evaluate=lambda prediction: self._validation_metric(head, prediction),
            plan=TrainingPlan(
                epochs=self.epochs,
                patience=self.patience,
                learning_rate=self.learning_rate,
                weight_decay=self.weight_decay,
                warmup=self.warmup,
                batch_size=self.batch_size,
                precision=Precision.choose(self.precision),
                seed=self.seed,
                metric="mae" if head is Head.REGRESSION else "macro_f1",
                work_folder=self.work_folder,
            ),
        )
        self.temperature_ = 1.0
        if head is Head.REGRESSION and validation is not None:
            outputs = self._outputs(validation[0])[:, 0]
            truth = self.scale.indices(list(validation[1]))
            self.temperature_ = fit_distance_temperature(outputs, truth, self.scale.rank_array)
        return self

    def predict_proba(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K) in scale order."""
        return head_probabilities(
            Head(self.head), self._outputs(titles), self.scale, self.temperature_
        )

    def save(self, folder: Path) -> None:
        """Write a standard checkpoint (safetensors, tokenizer) and ``classifier.json``."""
        with quiet_transformers():
            self.model_.save_pretrained(folder)
            self.tokenizer_.save_pretrained(folder)
        params = {
            name: value
            for name, value in self.get_params().items()
            if name not in ("scale", "work_folder")
        }
        write_manifest(
            folder,
            self,
            params=params,
            temperature=self.temperature_,
            epochs=[vars(epoch) for epoch in self.epochs_],
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a classifier that ``save`` wrote."""
        scale, content = read_manifest(folder)
        try:
            classifier = cls(scale, **content["params"])
            classifier.temperature_ = float(content["temperature"])
            classifier.epochs_ = [Epoch(**epoch) for epoch in content["epochs"]]
            with quiet_transformers():
                classifier.tokenizer_ = AutoTokenizer.from_pretrained(folder)
                classifier.model_ = AutoModelForSequenceClassification.from_pretrained(
                    folder, dtype=torch.float32
                ).to(device=best_device())
        except (KeyError, TypeError, OSError, ValueError, SafetensorError) as error:
            raise ModelError(f"The transformer in {folder} is incomplete or damaged.") from error
        return classifier

    def check(self) -> None:
        """Check the parameters; see the contract."""
        check_parameters(self)
        head = Head(self.head)
        if head is not Head.CLASSIFICATION and not self.scale.is_ordinal:
            raise StudyError(
                f"The head '{head}' needs an ordinal target; '{self.scale.target}' has no ranks."
            )
        if head is Head.REGRESSION and self.imbalance == Imbalance.LOGIT_ADJUSTMENT:
            raise StudyError("Logit adjustment needs logits; the head 'regression' has none.")
        if self.pad_to is not None and self.pad_to < self.max_tokens:
            raise StudyError(
                f"pad_to ({self.pad_to}) is less than max_tokens ({self.max_tokens}); titles "
                "cannot be padded to less than they may have."
            )

    @property
    def longest(self) -> int:
        """Tokens that are read of a title: those asked for, or as many as the encoder has room."""
        return min(self.max_tokens, self.tokenizer_.model_max_length)

    def token_ids(self, titles: Sequence[str]) -> list[list[int]]:
        """Return the tokens of each title, special ones included."""
        encoded = self.tokenizer_(
            [encoder_text(title) for title in titles],
            truncation=True,
            max_length=self.longest,
        )
        ids: list[list[int]] = encoded["input_ids"]
        return ids

    def _outputs(self, titles: Sequence[str]) -> NDArray[np.float32]:
        """Return the head's raw outputs, shape (n, K), or (n, 1) for regression."""
        return outputs_of(self.model_, self.token_ids(titles), self.tokenizer_.pad_token_id)

    def _validation_metric(self, head: Head, prediction: Any) -> dict[str, float]:
        outputs, truth = np.asarray(prediction.predictions), np.asarray(prediction.label_ids)
        if head is Head.REGRESSION:
            return {"mae": float(np.abs(outputs[:, 0] - self.scale.rank_array[truth]).mean())}
        confusion = confusion_matrix(truth, outputs.argmax(axis=1), len(self.scale.labels))
        return {"macro_f1": float(macro_f1(confusion))}


def _open_backbone(
    source: str, name: str, head: Head, scale: Scale
) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    if head is Head.REGRESSION:
        labels: dict[str, Any] = {"num_labels": 1, "id2label": {0: scale.target}}
        problem = "regression"
    else:
        labels = {"id2label": dict(enumerate(scale.labels)), "num_labels": len(scale.labels)}
        problem = "single_label_classification"
    labels["label2id"] = {label: index for index, label in labels["id2label"].items()}
    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(source)
            model = AutoModelForSequenceClassification.from_pretrained(
                source,
                dtype=torch.float32,
                problem_type=problem,
                use_safetensors=True,
                **labels,
            )
    # A broken file, an unknown architecture and a network that fails midway raise errors of five
    # libraries; each of them means the same here.
    except Exception as error:
        raise BackboneError(
            f"The backbone '{name}' cannot be opened as a text encoder: {error}"
        ) from error
    return tokenizer, model

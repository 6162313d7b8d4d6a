"""One training of a transformer, through the Trainer of ``transformers``."""

from __future__ import annotations

import contextlib
import math
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import EarlyStoppingCallback, PreTrainedModel, Trainer, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback, TrainerState

from metier.classifiers.transformer.batches import EncodedTitles, EpochSampler, PaddingCollator
from metier.classifiers.transformer.heads import Loss

__all__ = ["Epoch", "Precision", "TrainingPlan", "best_device", "quiet_transformers", "train"]


@dataclass(frozen=True)
class Precision:
    """The number format of the matrix products in training; weights stay float32."""

    bf16: bool = False
    fp16: bool = False

    @classmethod
    def choose(cls, wish: str) -> Precision:
        """Return the precision for ``"float32"``, or ``"auto"``: the fastest of this machine."""
        if wish != "auto":
            return cls()
        if torch.cuda.is_available():
            bf16 = torch.cuda.is_bf16_supported()
            return cls(bf16=bf16, fp16=not bf16)
        # On processors without these instructions bfloat16 is emulated, and slower.
        # Before torch 2.12 they cannot be asked for, and float32 is the safe choice.
        ask = getattr(torch.cpu, "get_capabilities", dict)
        capabilities: dict[str, Any] = ask()
        return cls(bf16=any(capabilities.get(flag) for flag in ("avx512_bf16", "amx_bf16", "bf16")))


@dataclass(frozen=True)
class Epoch:
    """What an epoch of training came to.

    Attributes:
        epoch: Its number, from 1.
        training_loss: Mean loss over its batches.
        validation_loss: Loss on the validation titles, not corrected for imbalance, or None.
        validation_metric: The metric that decides, or None.
        restored: Whether the final weights are this epoch's.
    """

    epoch: int
    training_loss: float
    validation_loss: float | None
    validation_metric: float | None
    restored: bool


@dataclass(frozen=True)
class TrainingPlan:
    """The settings of one training.

    Attributes:
        epochs: Greatest number of epochs.
        patience: Epochs without a better metric before the training stops.
        learning_rate: Peak learning rate; it warms up and then falls linearly to 0.
        weight_decay: AdamW's weight decay.
        warmup: Share of the steps to warm up.
        batch_size: Titles a step (on several GPUs: a step and GPU).
        precision: Number format.
        seed: Seed of everything random.
        metric: ``"macro_f1"``, the greater the better, or ``"mae"``, the smaller the better.
        work_folder: Where checkpoints are kept while training, to be resumed from; None for a
            temporary folder.
    """

    epochs: int
    patience: int
    learning_rate: float
    weight_decay: float
    warmup: float
    batch_size: int
    precision: Precision
    seed: int
    metric: str
    work_folder: Path | None


class _Progress(ProgressCallback):
    """The progress bar without the lines of figures in between."""

    def on_log(self, *args: Any, **kwargs: Any) -> None:
        """Print nothing."""


class _Patience(EarlyStoppingCallback):
    """Early stopping that a resumed training goes on with where it was."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Count the epochs since the best one."""
        super().on_train_begin(args, state, control, **kwargs)
        self.early_stopping_patience_counter = _epochs_since_best(state)


class _Trainer(Trainer):
    def __init__(self, *args: Any, objective: Loss, sampler: EpochSampler, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.objective: Loss = objective
        self.sampler: EpochSampler = sampler
        # The loss is a mean over the batch, so the Trainer has to divide when it accumulates.
        self.model_accepts_loss_kwargs = False

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        labels = inputs.pop("labels")
        outputs = model(**inputs)
        loss = self.objective.loss(outputs.logits.float(), labels, training=model.training)
        return (loss, {"logits": outputs.logits}) if return_outputs else loss

    def _get_train_sampler(self, train_dataset: Any = None) -> EpochSampler:
        return self.sampler


def train(
    model: PreTrainedModel,
    training: EncodedTitles,
    validation: EncodedTitles | None,
    *,
    objective: Loss,
    sampler: EpochSampler,
    collator: PaddingCollator,
    evaluate: Callable[[Any], dict[str, float]],
    plan: TrainingPlan,
) -> list[Epoch]:
    """Train a model in place and restore its best epoch.

    An interrupted training is resumed from the last whole epoch in the plan's work folder. The
    folder is left for the caller to remove once what it makes of the model is kept.

    Args:
        model: The model; it holds the restored weights afterwards.
        training: Titles to fit.
        validation: Titles that decide when to stop, or None to train all epochs.
        objective: The loss.
        sampler: The order of the rows.
        collator: Makes batches.
        evaluate: Turns the Trainer's ``EvalPrediction`` into ``{metric: value}``.
        plan: The settings.

    Returns:
        The epochs, first to last.
    """
    if plan.work_folder is None:
        with tempfile.TemporaryDirectory(prefix="metier-training-") as scratch:
            return train(
                model,
                training,
                validation,
                objective=objective,
                sampler=sampler,
                collator=collator,
                evaluate=evaluate,
                plan=replace(plan, work_folder=Path(scratch)),
            )
    folder = plan.work_folder.resolve()
    checkpoint = _last_whole_checkpoint(folder)
    batch = plan.batch_size * max(1, torch.cuda.device_count())
    steps = math.ceil(len(training) / batch) * plan.epochs
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=plan.epochs,
        per_device_train_batch_size=plan.batch_size,
        per_device_eval_batch_size=128,
        learning_rate=plan.learning_rate,
        weight_decay=plan.weight_decay,
        warmup_steps=round(plan.warmup * steps),
        eval_strategy="no" if validation is None else "epoch",
        save_strategy="epoch",
        logging_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=validation is not None,
        metric_for_best_model=plan.metric,
        greater_is_better=plan.metric == "macro_f1",
        bf16=plan.precision.bf16,
        fp16=plan.precision.fp16,
        use_cpu=best_device().type == "cpu",
        seed=plan.seed,
        remove_unused_columns=False,
        label_names=["labels"],
        disable_tqdm=not sys.stderr.isatty(),
        report_to="none",
        dataloader_pin_memory=torch.cuda.is_available(),
    )
    trainer = _Trainer(
        model=model,
        args=arguments,
        train_dataset=training,
        eval_dataset=validation,
        data_collator=collator,
        compute_metrics=evaluate,
        objective=objective,
        sampler=sampler,
    )
    trainer.remove_callback(PrinterCallback)
    if trainer.pop_callback(ProgressCallback) is not None:
        trainer.add_callback(_Progress)
    if validation is not None:
        trainer.add_callback(_Patience(early_stopping_patience=plan.patience))
    state = _finished_state(checkpoint, plan)
    if state is None:
        with quiet_transformers():
            trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
        state = trainer.state
    # Mixed precision is laid around the model's forward pass; answers are given without it, so
    # that they are the same before saving and after loading.
    trainer.accelerator.unwrap_model(model, keep_fp32_wrapper=False)
    # By its number, since the folder may have been moved between two parts of the training.
    step = state.global_step if validation is None else state.best_global_step
    with quiet_transformers():
        best = type(model).from_pretrained(folder / f"checkpoint-{step}", dtype=torch.float32)
    model.load_state_dict(best.state_dict())
    return _epochs(state, plan.metric)


def best_device() -> torch.device:
    """Return the device to run on: a GPU where there is one."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


@contextlib.contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep ``transformers`` from printing reports and bars for what is expected here."""
    before = transformers.logging.get_verbosity()
    bars = transformers.logging.is_progress_bar_enabled()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers.logging.set_verbosity(before)
        if bars:
            transformers.logging.enable_progress_bar()


def _last_whole_checkpoint(folder: Path) -> Path | None:
    """Return the newest checkpoint that was written to its end; remove the others after it."""
    if not folder.is_dir():
        return None
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[-1]))
    while found and not (found[-1] / "trainer_state.json").exists():
        shutil.rmtree(found.pop())
    return found[-1] if found else None


def _finished_state(checkpoint: Path | None, plan: TrainingPlan) -> TrainerState | None:
    """Return the state of a training that was over when it was interrupted, or None."""
    if checkpoint is None:
        return None
    state = TrainerState.load_from_json(str(checkpoint / "trainer_state.json"))
    stopped = state.best_global_step is not None and _epochs_since_best(state) >= plan.patience
    over = state.epoch is not None and round(state.epoch) >= plan.epochs
    return state if stopped or over else None


def _epochs_since_best(state: TrainerState) -> int:
    validated = [entry["step"] for entry in state.log_history if "eval_loss" in entry]
    best = state.best_global_step
    return 0 if best is None else sum(step > best for step in validated)


def _epochs(state: Any, metric: str) -> list[Epoch]:
    losses: dict[int, float] = {}
    validated: dict[int, tuple[float, float]] = {}
    last = 0
    steps_of: dict[int, int] = {}
    for entry in state.log_history:
        number = round(entry["epoch"])
        if "loss" in entry:
            losses[number] = float(entry["loss"])
        if "eval_loss" in entry:
            validated[number] = (float(entry["eval_loss"]), float(entry[f"eval_{metric}"]))
        steps_of[number] = entry["step"]
        last = max(last, number)
    restored = last
    if validated:
        restored = next(
            number for number, step in steps_of.items() if step == state.best_global_step
        )
    return [
        Epoch(
            epoch=number,
            training_loss=losses[number],
            validation_loss=validated[number][0] if number in validated else None,
            validation_metric=validated[number][1] if number in validated else None,
            restored=number == restored,
        )
        for number in sorted(losses)
    ]

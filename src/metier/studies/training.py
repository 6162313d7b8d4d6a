"""Training a trial's classifier, once a machine."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from metier.classifiers import Classifier, fit, load_classifier
from metier.data import LabelledTitles, join
from metier.evaluation import score_labelled
from metier.guidelines import Guidelines
from metier.metrics import Scores
from metier.studies.results import EpochResult, write_json
from metier.studies.trial_cache import TrialCache, read_record
from metier.studies.trials import Trial

__all__ = ["MODEL_FOLDER", "TrainingRecord", "is_trained", "train_trial"]

RECORD = "training.json"
MODEL_FOLDER = "model"
WORK_FOLDER = "work"

# Training rows that are scored: enough for two digits, and a fraction of the time.
SCORED_TRAINING_ROWS = 2000


class TrainingRecord(BaseModel):
    """What is known of a finished training.

    Attributes:
        identity: Tells this training from another with the same key, whose outcome may differ
            where threads or a GPU decide.
        training_scores: Scores on at most 2,000 training rows drawn at random, or None without any.
        epochs: The epochs of training, where the method has them.
        seconds: Time of training.
    """

    model_config = ConfigDict(frozen=True)

    identity: str = ""
    training_scores: Scores | None
    epochs: tuple[EpochResult, ...]
    seconds: float


def train_trial(
    trial: Trial, page: Guidelines, cache: TrialCache, *, keep: bool, again: bool = False
) -> tuple[TrainingRecord, Callable[[], Classifier] | None]:
    """Train, or return what is known of a training that was done before.

    An interrupted training resumes from its last whole epoch.

    Args:
        trial: The trial.
        page: Its target's guidelines.
        cache: What was found before.
        keep: Whether the trained classifier is kept; one that is not kept can be had only from
            the call that trained it.
        again: Whether to train although it was done before.

    Returns:
        The record, and how to get the classifier: None where it was trained before and not kept.

    Raises:
        BackboneError: If the backbone cannot be had.
    """
    with cache.hold(trial.key) as place:
        record, model = read_record(place / RECORD, TrainingRecord), place / MODEL_FOLDER
        if record is not None and not again:
            if model.is_dir():
                return record, lambda: load_classifier(model)
            if not keep:
                return record, None
        classifier = trial.classifier(page, place / WORK_FOLDER)
        record = _train(classifier, trial)
        # Of another training than the record that is about to be written.
        shutil.rmtree(model, ignore_errors=True)
        if keep or not trial.takes_room:
            _save(classifier, model)
        write_json(place / RECORD, record)
        shutil.rmtree(place / WORK_FOLDER, ignore_errors=True)
        return record, lambda: classifier


def is_trained(trial: Trial, cache: TrialCache, *, keep: bool) -> bool:
    """Return whether a training was done before, and its classifier is kept where it has to be."""
    place = cache.place(trial.key)
    known = read_record(place / RECORD, TrainingRecord) is not None
    return known and (not keep or (place / MODEL_FOLDER).is_dir())


def _train(classifier: Classifier, trial: Trial) -> TrainingRecord:
    started = time.monotonic()
    training = trial.diet.training
    fit(classifier, training, trial.diet.validation)
    seconds = time.monotonic() - started
    return TrainingRecord(
        identity=uuid.uuid4().hex,
        training_scores=(
            score_labelled(classifier, _sample(training, trial.seed)) if training else None
        ),
        epochs=tuple(EpochResult(**vars(epoch)) for epoch in getattr(classifier, "epochs_", [])),
        seconds=round(seconds, 1),
    )


def _sample(parts: tuple[LabelledTitles, ...], seed: int) -> LabelledTitles:
    """Draw at most ``SCORED_TRAINING_ROWS`` rows from all training sets together."""
    joined = join(parts)
    rows = np.random.default_rng(seed).permutation(len(joined))[:SCORED_TRAINING_ROWS]
    return joined.take(sorted(rows.tolist()))


def _save(classifier: Classifier, folder: Path) -> None:
    scratch = folder.with_suffix(".tmp")
    shutil.rmtree(scratch, ignore_errors=True)
    classifier.save(scratch)
    shutil.rmtree(folder, ignore_errors=True)
    scratch.rename(folder)

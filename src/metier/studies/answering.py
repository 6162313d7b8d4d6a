"""What a trial's classifier answers: to every title that is scored, and to variations of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from metier.classifiers import Classifier
from metier.data import CVs, LabelledTitles, Purpose, allows
from metier.evaluation import (
    ChangeRate,
    digest_of,
    explain,
    explanations,
    invariance,
    measure_invariance,
    predictions_of,
    slices,
)
from metier.guidelines import Scale
from metier.metrics import Scores, score
from metier.studies.ingredients import Ingredients
from metier.studies.keys import code_of, hash_labelled, hash_of
from metier.studies.results import write_json
from metier.studies.trial_cache import TrialCache, read_record
from metier.studies.trials import Trial

__all__ = ["PREDICTIONS_FILE", "AnswersRecord", "answer_trial", "probabilities_of"]

RECORD = "answers.json"
PREDICTIONS_FILE = "predictions.parquet"

# Mistakes that come with an explanation, the most confident first.
EXPLAINED = 200
# Titles whose variations are asked for.
VARIED = 300


class AnswersRecord(BaseModel):
    """What is known of a trial's answers besides their rows.

    Attributes:
        identity: The training that the answers are of (``TrainingRecord.identity``).
        parts: Scores in distribution, ``validation`` and ``test``.
        invariance: How often an answer changes with what should not matter.
        explanations: Title of a confident mistake to what spoke for the answer, in a few words.
    """

    model_config = ConfigDict(frozen=True)

    identity: str
    parts: dict[str, Scores]
    invariance: tuple[ChangeRate, ...]
    explanations: dict[str, str]


def answer_trial(
    trial: Trial,
    ingredients: Ingredients,
    cache: TrialCache,
    classifier: Callable[[], Classifier] | None,
    identity: str,
    *,
    strict: bool,
) -> tuple[AnswersRecord, Path] | None:
    """Ask a trained classifier, or return what it answered before.

    Args:
        trial: The trial.
        ingredients: The study's data.
        cache: What was found before.
        classifier: Gives the trained classifier, where it can be had; not called where all is
            known.
        identity: The training that the classifier is of.
        strict: Whether the answers have to be of that training, since its classifier is kept.

    Returns:
        The record, and the file of predictions: one row a title, told apart by ``part``
        (``validation``, ``test``, ``unlabelled``, ``cvs``). None where something has to be asked
        and the classifier cannot be had.
    """
    with cache.hold(trial.key) as place:
        folder = place / _key(trial, ingredients)
        record = read_record(folder / RECORD, AnswersRecord)
        if record is None or (strict and record.identity != identity):
            if classifier is None:
                return None
            folder.mkdir(exist_ok=True)
            frame, record = _ask(classifier(), trial, ingredients, identity)
            _write_parquet(folder / PREDICTIONS_FILE, frame)
            write_json(folder / RECORD, record)
        return record, folder / PREDICTIONS_FILE


def probabilities_of(frame: pl.DataFrame, scale: Scale) -> NDArray[np.float64]:
    """Return the probabilities of some rows of predictions, shape (n, K), in scale order."""
    return frame.select(f"p_{label}" for label in scale.labels).to_numpy().astype(np.float64)


def _key(trial: Trial, ingredients: Ingredients) -> str:
    target = ingredients.targets[trial.target]
    unlabelled = ingredients.unlabelled
    return hash_of(
        [
            digest_of(ingredients.judged, target.guidelines.scale),
            ingredients.judged.role,
            hash_labelled([target.curated.test] if target.curated is not None else []),
            [] if unlabelled is None else unlabelled.titles,
            code_of(
                *(Path(inspect.getfile(part)) for part in (_ask, invariance, slices, explanations))
            ),
            {language: list(pairs) for language, pairs in invariance.gender_pairs().items()},
        ]
    )


def _ask(
    classifier: Classifier, trial: Trial, ingredients: Ingredients, identity: str
) -> tuple[pl.DataFrame, AnswersRecord]:
    target, judged = ingredients.targets[trial.target], ingredients.judged
    parts: dict[str, Scores] = {}
    rows = []
    if not classifier.is_costly:
        held_out = {"validation": trial.diet.validation}
        held_out["test"] = None if target.curated is None else target.curated.test
        for part, data in held_out.items():
            if data is not None and len(data):
                frame, parts[part] = _labelled_rows(classifier, part, data)
                rows.append(frame)
        if ingredients.unlabelled is not None:
            rows.append(_unlabelled_rows(classifier, ingredients.unlabelled))
    answers = _cv_rows(classifier, judged)
    frame = pl.concat([*rows, answers], how="diagonal")
    return frame, AnswersRecord(
        identity=identity,
        parts=parts,
        invariance=()
        if classifier.is_costly
        else measure_invariance(classifier, judged.titles, limit=VARIED),
        explanations=_explanations(classifier, judged, answers),
    )


def _labelled_rows(
    classifier: Classifier, part: str, data: LabelledTitles
) -> tuple[pl.DataFrame, Scores]:
    probabilities = predictions_of(classifier, data.titles)
    truth = data.scale.indices(data.labels)
    # A test part is evaluation data: its titles are not written where they can be read.
    shown = data.titles if allows(Purpose.LOOK, data.role) else None
    frame = _rows(part, len(data), shown, data.labels, probabilities, data.scale)
    return frame, score(truth, probabilities.argmax(axis=1), data.scale)


def _unlabelled_rows(classifier: Classifier, cvs: CVs) -> pl.DataFrame:
    probabilities = predictions_of(classifier, cvs.titles)
    rows = _rows("unlabelled", len(cvs.jobs), cvs.titles, None, probabilities, classifier.scale)
    return rows.with_columns(_cv_numbers(cvs))


def _cv_rows(classifier: Classifier, cvs: CVs) -> pl.DataFrame:
    probabilities = predictions_of(classifier, cvs.titles)
    shown = cvs.titles if allows(Purpose.LOOK, cvs.role) else None
    labels = cvs.labelled(classifier.scale).labels
    rows = _rows("cvs", len(cvs.jobs), shown, labels, probabilities, classifier.scale)
    return rows.with_columns(_cv_numbers(cvs), pl.Series("covered", classifier.covers(cvs.titles)))


def _cv_numbers(cvs: CVs) -> pl.Series:
    return pl.Series("cv", [job.cv for job in cvs.jobs], pl.Int64)


def _rows(
    part: str,
    n: int,
    titles: tuple[str, ...] | None,
    labels: tuple[str, ...] | None,
    probabilities: NDArray[np.float64],
    scale: Scale,
) -> pl.DataFrame:
    best = probabilities.argmax(axis=1)
    return pl.DataFrame(
        {
            "part": pl.Series([part] * n, dtype=pl.String),
            "row": pl.Series(range(n), dtype=pl.Int64),
            "title": pl.Series(titles or [None] * n, dtype=pl.String),
            "label": pl.Series(labels or [None] * n, dtype=pl.String),
            "predicted": pl.Series([scale.labels[label] for label in best], dtype=pl.String),
            "confidence": pl.Series(probabilities.max(axis=1), dtype=pl.Float64),
            **{f"p_{name}": pl.Series(probabilities[:, k]) for k, name in enumerate(scale.labels)},
        }
    )


def _explanations(classifier: Classifier, cvs: CVs, answers: pl.DataFrame) -> dict[str, str]:
    """Explain the most confident mistakes, where titles may be shown and asking costs nothing."""
    if classifier.is_costly or not allows(Purpose.LOOK, cvs.role):
        return {}
    wrong = (
        answers.filter(pl.col("label") != pl.col("predicted"))
        .sort("confidence", descending=True)
        .unique("title", keep="first", maintain_order=True)
        .head(EXPLAINED)
    )
    return {one.title: one.line for one in explain(classifier, wrong["title"].to_list())}


def _write_parquet(path: Path, frame: pl.DataFrame) -> None:
    scratch = path.with_suffix(".tmp")
    frame.write_parquet(scratch)
    scratch.replace(path)

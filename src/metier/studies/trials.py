"""One trial: a variant, trained for one target with one seed, and judged."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from metier.classifiers import Classifier, fit, method_class
from metier.data import CVs, LabelledTitles, Role, join
from metier.errors import BackboneError, StudyError
from metier.evaluation import VIEWS, judge, predictions_of, rows_of_view
from metier.guidelines import Guidelines, Scale
from metier.metrics import Scores, score
from metier.studies.ingredients import Ingredients
from metier.studies.results import EpochResult, TrialResult, write_json
from metier.studies.study_file import Study, Variant

__all__ = ["PREDICTIONS_FILE", "Trial", "plan_trials", "run_trial"]

TRIAL_FILE = "trial.json"
PREDICTIONS_FILE = "predictions.parquet"
MODEL_FOLDER = "model"
WORK_FOLDER = "work"

# Training rows that are scored: enough for two digits, and a fraction of the time.
SCORED_TRAINING_ROWS = 2000


class Trial:
    """A planned trial.

    Attributes:
        variant: What to train.
        target: For which target.
        seed: With which seed.
        parameters: The method's parameters.
        folder: Where its files go, relative to the run.
        key: Hash of all that decides the outcome.
        keep_model: Whether the weights are kept.
    """

    def __init__(
        self,
        study: Study,
        variant: Variant,
        target: str,
        seed: int,
        data: str,
        ingredients: Ingredients,
    ) -> None:
        self.variant = variant
        self.target = target
        self.seed = seed
        self.parameters = study.parameters_of(variant)
        self.keep_model = study.keep_models or (
            study.model.get(target) == variant.name and seed == study.seeds[0]
        )
        slug = re.sub(r"[^a-z0-9]+", "-", variant.name.casefold()).strip("-") or "variant"
        self.folder = f"trials/{target}/{slug}/seed-{seed}"
        decisive = {
            "variant": variant.model_dump(mode="json", exclude={"name", "targets"}),
            "parameters": self.parameters,
            "target": target,
            "seed": seed,
            "split": study.split.model_dump(mode="json"),
            "data": data,
            **ingredients.made_for(variant, target, seed),
        }
        text = json.dumps(decisive, sort_keys=True, default=str)
        self.key = hashlib.sha256(text.encode()).hexdigest()

    def check(self, ingredients: Ingredients) -> None:
        """Check the parameters before anything is trained.

        Raises:
            StudyError: If one is not allowed for the target; the message names the variant.
        """
        try:
            self.classifier(ingredients.targets[self.target].guidelines).check()
        except StudyError as error:
            raise StudyError(f"Variant '{self.variant.name}', {self.target}: {error}") from error

    def classifier(self, page: Guidelines, work_folder: Path | None = None) -> Classifier:
        """Return the trial's classifier, not yet fitted."""
        kind: Any = method_class(self.variant.method)
        own = {"seed": self.seed, "work_folder": work_folder, "page": page}
        known = kind.parameter_names()
        made: Classifier = kind(
            page.scale, **self.parameters, **{name: own[name] for name in own if name in known}
        )
        return made

    @property
    def backbone(self) -> str | None:
        """The backbone that the trial names, where its method has one."""
        return self.parameters.get("backbone")

    @property
    def title(self) -> str:
        """What the trial is called on the terminal."""
        return f"{self.target} · {self.variant.name} · seed {self.seed}"


def plan_trials(study: Study, data: str, ingredients: Ingredients) -> list[Trial]:
    """Return the trials of a study, target by target, in the file's order.

    Args:
        study: The study.
        data: Hash of its data, and of what its guidelines say of the labels.
        ingredients: The study's data.
    """
    return [
        Trial(study, variant, target, seed, data, ingredients)
        for target in study.targets
        for variant in study.variants_of(target)
        for seed in study.seeds
    ]


def run_trial(
    trial: Trial,
    study: Study,
    ingredients: Ingredients,
    run: Path,
    *,
    unreachable: Mapping[str, str],
) -> TrialResult:
    """Train and judge, or return the stored result where the trial is done.

    An interrupted trial resumes from its last whole epoch. One whose backbone cannot be had is
    noted as not run, and is tried again next time.

    Args:
        trial: The trial.
        study: Its study.
        ingredients: The study's data.
        run: The run folder.
        unreachable: Backbones that were asked for in vain, with the reason: asking a hub that
            cannot be reached takes minutes, so it is done once.
    """
    folder = run / trial.folder
    stored = _stored(folder, trial)
    if stored is not None:
        return stored
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if reason := unreachable.get(trial.backbone or ""):
            raise BackboneError(reason)
        result = _train_and_judge(trial, study, ingredients, folder)
    except BackboneError as error:
        result = _result(trial, study, status="not run here", reason=str(error))
    write_json(folder / TRIAL_FILE, result)
    shutil.rmtree(folder / WORK_FOLDER, ignore_errors=True)
    return result


def _stored(folder: Path, trial: Trial) -> TrialResult | None:
    try:
        result = TrialResult.model_validate_json((folder / TRIAL_FILE).read_bytes())
    except (OSError, ValueError):
        return None
    complete = (folder / PREDICTIONS_FILE).exists()
    complete = complete and (not trial.keep_model or (folder / MODEL_FOLDER).is_dir())
    return result if result.status == "done" and result.key == trial.key and complete else None


def _train_and_judge(
    trial: Trial, study: Study, ingredients: Ingredients, folder: Path
) -> TrialResult:
    started = time.monotonic()
    target = ingredients.targets[trial.target]
    scale = target.guidelines.scale
    diet = ingredients.diet(study, trial.variant, trial.target, trial.seed)
    classifier = trial.classifier(target.guidelines, folder / WORK_FOLDER)
    fit(classifier, diet.training, diet.validation)
    scored: dict[str, LabelledTitles | None] = {
        "training": _sample(diet.training, trial.seed) if diet.training else None,
        "validation": diet.validation,
    }
    if target.curated is not None:
        scored["test"] = target.curated.test
    parts: dict[str, Scores] = {}
    answers = {
        part: _score_part(classifier, part, data, parts)
        for part, data in scored.items()
        if data is not None and len(data)
    }
    # Answers to training titles are scored and not kept: they tell nothing.
    answers.pop("training", None)
    probabilities = predictions_of(classifier, ingredients.judged.titles)
    seen = ingredients.seen_titles
    answers["cvs"] = _cv_rows(ingredients.judged, scale, probabilities, seen)
    _write_parquet(folder / PREDICTIONS_FILE, pl.concat(answers.values(), how="diagonal"))
    if trial.keep_model:
        shutil.rmtree(folder / MODEL_FOLDER, ignore_errors=True)
        scratch = folder / f"{MODEL_FOLDER}.tmp"
        shutil.rmtree(scratch, ignore_errors=True)
        classifier.save(scratch)
        scratch.rename(folder / MODEL_FOLDER)
    return _result(
        trial,
        study,
        status="done",
        training_rows=_count_by_source(diet.training),
        validation_rows=len(diet.validation or ()),
        set_aside=diet.set_aside,
        parts=parts,
        judgements=tuple(judge(probabilities, ingredients.judged, scale, seen)),
        epochs=tuple(EpochResult(**vars(epoch)) for epoch in getattr(classifier, "epochs_", [])),
        seconds=round(time.monotonic() - started, 1),
    )


def _result(trial: Trial, study: Study, **found: Any) -> TrialResult:
    return TrialResult(
        variant=trial.variant.name,
        target=trial.target,
        seed=trial.seed,
        method=trial.variant.method,
        parameters=trial.parameters,
        train_on=trial.variant.train_on,
        validate_on=trial.variant.validate_on,
        key=trial.key,
        folder=trial.folder,
        **found,
    )


def _count_by_source(parts: tuple[LabelledTitles, ...]) -> dict[str, int]:
    return {part.source: len(part) for part in parts}


def _sample(parts: tuple[LabelledTitles, ...], seed: int) -> LabelledTitles:
    """Draw at most ``SCORED_TRAINING_ROWS`` rows from all training sets together."""
    joined = join(parts)
    rows = np.random.default_rng(seed).permutation(len(joined))[:SCORED_TRAINING_ROWS]
    return joined.take(sorted(rows.tolist()))


def _score_part(
    classifier: Classifier, part: str, data: LabelledTitles, scores: dict[str, Scores]
) -> pl.DataFrame:
    probabilities = predictions_of(classifier, data.titles)
    truth = data.scale.indices(data.labels)
    scores[part] = score(truth, probabilities.argmax(axis=1), data.scale)
    frame = _prediction_frame(data.titles, data.labels, data.scale, probabilities, data.role)
    return frame.select(
        pl.lit(part).alias("part"),
        pl.lit(None, pl.Int64).alias("cv"),
        pl.int_range(pl.len()).alias("row"),
        pl.all(),
    )


def _cv_rows(
    cvs: CVs, scale: Scale, probabilities: NDArray[np.float64], seen: set[str]
) -> pl.DataFrame:
    labels = cvs.labelled(scale).labels
    frame = _prediction_frame(cvs.titles, labels, scale, probabilities, cvs.role)
    views = {view: set(rows_of_view(view, cvs, seen)) for view in VIEWS}
    return frame.select(
        pl.lit("cvs").alias("part"),
        pl.Series("cv", [job.cv for job in cvs.jobs], pl.Int64),
        pl.int_range(pl.len()).alias("row"),
        *(
            pl.Series(f"view_{view}", [row in rows for row in range(len(cvs.jobs))])
            for view, rows in views.items()
        ),
        pl.all(),
    )


def _prediction_frame(
    titles: tuple[str, ...],
    labels: tuple[str, ...],
    scale: Scale,
    probabilities: NDArray[np.float64],
    role: Role,
) -> pl.DataFrame:
    best = probabilities.argmax(axis=1)
    # Evaluation data may only be scored: its titles are not written where they can be read.
    shown = [None] * len(titles) if role is Role.EVALUATION else list(titles)
    columns = {
        "title": pl.Series(shown, dtype=pl.String),
        "label": pl.Series(labels, dtype=pl.String),
        "predicted": pl.Series([scale.labels[label] for label in best], dtype=pl.String),
        "confidence": pl.Series(probabilities.max(axis=1) if len(best) else [], dtype=pl.Float64),
    }
    columns |= {f"p_{name}": pl.Series(probabilities[:, k]) for k, name in enumerate(scale.labels)}
    return pl.DataFrame(columns)


def _write_parquet(path: Path, frame: pl.DataFrame) -> None:
    scratch = path.with_suffix(".tmp")
    frame.write_parquet(scratch)
    scratch.replace(path)

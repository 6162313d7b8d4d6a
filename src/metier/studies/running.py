"""One trial from its training to its scores, by way of the cache, into the run folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from metier.classifiers import Classifier, load_classifier
from metier.classifiers.profile import PROFILE, Profile, profile_of, write_profile
from metier.data import join
from metier.errors import BackboneError, LabellingError
from metier.evaluation import Ledger
from metier.studies.answering import PREDICTIONS_FILE, AnswersRecord, answer_trial
from metier.studies.ingredients import Ingredients
from metier.studies.judging import Judged, judge_trial, read_predictions
from metier.studies.results import TrialResult, write_json
from metier.studies.study_file import Study
from metier.studies.training import MODEL_FOLDER, TrainingRecord, is_trained, train_trial
from metier.studies.trial_cache import TrialCache, link_file, link_folder
from metier.studies.trials import Trial, with_files

__all__ = ["TrialRunner"]

TRIAL_FILE = "trial.json"


class TrialRunner:
    """Runs the trials of a study.

    Args:
        study: The study.
        ingredients: Its data.
        run: The run folder.
        cache: What was found before.
        ledger: Where every scoring is written down.
        unreachable: Key of a trial to the reason why its model cannot be asked.
    """

    def __init__(
        self,
        study: Study,
        ingredients: Ingredients,
        run: Path,
        cache: TrialCache,
        ledger: Ledger,
        unreachable: dict[str, str],
    ) -> None:
        self.study = study
        self.ingredients = ingredients
        self.run_folder = run
        self.cache = cache
        self.ledger = ledger
        self.unreachable = unreachable
        self.seen_titles = ingredients.seen_titles
        # Asking a hub that cannot be reached takes minutes, so each backbone is asked for once.
        self.unreachable_backbones: dict[str, str] = {}

    def run(self, trial: Trial) -> Judged | TrialResult:
        """Train, ask and judge; what is known from before is not done again.

        Returns:
            The judged trial, or a result that says why it was not run here.
        """
        folder = self.run_folder / trial.folder
        reason = self.unreachable.get(trial.key)
        reason = reason or self.unreachable_backbones.get(trial.backbone or "")
        if reason is None or self._is_known(trial):
            try:
                return self._run(trial, folder)
            except BackboneError as error:
                reason = str(error)
                if trial.backbone is not None:
                    self.unreachable_backbones[trial.backbone] = reason
            except LabellingError as error:
                reason = str(error)
        result = _result(trial, status="not run here", reason=reason)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write_json(folder / TRIAL_FILE, result)
        return result

    def _run(self, trial: Trial, folder: Path) -> Judged:
        training, answers, file = self._train_and_ask(trial)
        link_file(file, folder / PREDICTIONS_FILE)
        shutil.rmtree(folder / MODEL_FOLDER, ignore_errors=True)
        if self._is_kept(trial):
            model = self.cache.place(trial.key) / MODEL_FOLDER
            if trial.diet.training and not (model / PROFILE).exists():
                write_profile(model, _profile(trial, model))
            link_folder(model, folder / MODEL_FOLDER)
        parts = dict(answers.parts)
        if training.training_scores is not None:
            parts = {"training": training.training_scores, **parts}
        result = _result(
            trial,
            status="done",
            training_rows=trial.training_rows,
            validation_rows=len(trial.diet.validation or ()),
            set_aside=trial.diet.set_aside,
            parts=parts,
            invariance=answers.invariance,
            explanations=answers.explanations,
            epochs=training.epochs,
            seconds=training.seconds,
        )
        scale = self.ingredients.targets[trial.target].guidelines.scale
        judged = judge_trial(
            result,
            read_predictions(file, scale),
            self.ingredients.judged,
            scale,
            self.seen_titles,
            ledger=self.ledger,
        )
        write_json(folder / TRIAL_FILE, judged.result)
        return judged

    def _train_and_ask(self, trial: Trial) -> tuple[TrainingRecord, AnswersRecord, Path]:
        page = self.ingredients.targets[trial.target].guidelines
        keep = self._is_kept(trial)
        training, classifier = train_trial(trial, page, self.cache, keep=keep)
        known = self._answer(trial, training, classifier)
        if known is None:
            # Trained before without being kept, and asked for something new now.
            training, classifier = train_trial(trial, page, self.cache, keep=keep, again=True)
            known = self._answer(trial, training, classifier)
        if known is None:
            raise RuntimeError(f"{trial.title} was trained just now and cannot be asked")
        return training, *known

    def _answer(
        self,
        trial: Trial,
        training: TrainingRecord,
        classifier: Callable[[], Classifier] | None,
    ) -> tuple[AnswersRecord, Path] | None:
        return answer_trial(
            trial,
            self.ingredients,
            self.cache,
            classifier,
            training.identity,
            strict=self._is_kept(trial),
        )

    def _is_known(self, trial: Trial) -> bool:
        """Whether nothing has to be trained or asked that cannot be had."""
        if not is_trained(trial, self.cache, keep=self._is_kept(trial)):
            return False
        page = self.ingredients.targets[trial.target].guidelines
        training, classifier = train_trial(trial, page, self.cache, keep=self._is_kept(trial))
        return classifier is not None or self._answer(trial, training, None) is not None

    def _is_kept(self, trial: Trial) -> bool:
        return trial.is_model or self.study.keep_models


def _profile(trial: Trial, model: Path) -> Profile:
    """What the titles of the model's training are like, for those who watch for drift."""
    diet = trial.diet
    return profile_of(load_classifier(model), join(diet.training), diet.validation)


def _result(trial: Trial, **found: Any) -> TrialResult:
    return TrialResult(
        variant=trial.variant.name,
        target=trial.target,
        seed=trial.seed,
        method=trial.variant.method,
        # What a file is called is enough to show; where it lies is nobody's business.
        parameters=with_files(trial.parameters, lambda path: path.name),
        train_on=trial.variant.train_on,
        validate_on=trial.variant.validate_on,
        key=trial.key,
        folder=trial.folder,
        **found,
    )

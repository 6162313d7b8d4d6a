"""The distilled method: a larger classifier's answers, imitated at a thousandth of the cost."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from metier.classifiers.building import build, naming, portable, require_table
from metier.classifiers.contract import Classifier, LabelledPart, read_manifest, write_manifest
from metier.classifiers.distilled.scoring import Scorer, Weights
from metier.classifiers.distilled.variations import vary
from metier.classifiers.temperature import validation_temperature
from metier.errors import DataError, MissingExtraError, ModelError, StudyError
from metier.guidelines import Guidelines, Scale

__all__ = ["DistilledClassifier"]

WEIGHTS = "weights.safetensors"


class DistilledClassifier(Classifier):
    """Imitates a larger classifier by a linear model on words, pairs of words and n-grams.

    The teacher labels the titles and variations of them; a logistic regression is fitted to its
    labels. Predicting needs numpy alone.

    Args:
        scale: The labels.
        teacher: The method of the larger classifier, which is fitted first.
        teacher_parameters: Its parameters by name, besides those that this method has itself.
        variations: How many variations of the titles the teacher labels.
        repeats: How often a real title counts, where a variation counts once.
        buckets: Rows of each table of weights; features that share a row are told apart no more.
        strength: Inverse of the penalty on the weights, scikit-learn's ``C``.
        page: The guidelines, for a teacher that reads them.
        seed: Seed of teacher, variations and solver.
        work_folder: The work folder of the teacher.
    """

    method = "distilled"
    is_quick = True

    def __init__(
        self,
        scale: Scale,
        *,
        teacher: str = "transformer",
        teacher_parameters: Mapping[str, Any] | None = None,
        variations: int = 40_000,
        repeats: int = 4,
        buckets: int = 1 << 18,
        strength: float = 10.0,
        page: str | Guidelines | None = None,
        seed: int = 42,
        work_folder: Path | None = None,
    ) -> None:
        self.scale = scale
        self.teacher = teacher
        self.teacher_parameters = teacher_parameters
        self.variations = variations
        self.repeats = repeats
        self.buckets = buckets
        self.strength = strength
        self.page = page
        self.seed = seed
        self.work_folder = work_folder

    def check(self) -> None:
        """Check the parameters, and those of the teacher.

        Raises:
            StudyError: If one is not allowed.
            MetierError: What the teacher's own check raises.
        """
        least = {"variations": 0, "repeats": 1, "buckets": 1, "strength": 1e-12}
        for name, bound in least.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or value < bound:
                raise StudyError(
                    f"The parameter {name} may not be {value!r}; it is at least {bound}."
                )
        require_table("teacher_parameters", self.teacher_parameters, self.teacher)
        with naming(f"The teacher '{self.teacher}'"):
            self._build().check()

    def fit(
        self,
        titles: Sequence[str],
        labels: Sequence[str],
        *,
        validation: LabelledPart | None = None,
    ) -> Self:
        """Fit the teacher to titles and labels, then this classifier to its answers.

        Raises:
            DataError: If there are no titles.
            MetierError: What ``check`` raises, and what fitting the teacher does.
        """
        self.check()
        if not titles:
            raise DataError("The method 'distilled' cannot be fitted to no titles at all.")
        teacher = self._build().fit(titles, labels, validation=validation)
        return self.imitate(teacher, titles, validation=validation)

    def imitate(
        self,
        teacher: Classifier,
        titles: Sequence[str],
        *,
        further: Sequence[str] = (),
        validation: LabelledPart | None = None,
    ) -> Self:
        """Fit to the answers of a teacher that is fitted.

        Args:
            teacher: The larger classifier.
            titles: Titles like those that are to be predicted; their labels are not needed.
            further: Generated titles, or single words, that show more of what the teacher knows;
                they count once and are not varied.
            validation: Titles and labels that the temperature is set on.

        Raises:
            DataError: If there are no titles.
            MissingExtraError: If the extra ``train`` is not installed.
        """
        try:
            from metier.classifiers.distilled.training import fit_weights
        except ModuleNotFoundError as error:
            raise MissingExtraError("Distilling a classifier", "train") from error
        real = list(dict.fromkeys(titles))
        if not real:
            raise DataError("A classifier cannot be distilled on no titles at all.")
        varied = vary(real, self.variations, self.seed)
        asked = list(dict.fromkeys([*real, *varied, *further]))
        labels = teacher.predict_proba(asked).argmax(axis=1)
        rows = np.concatenate(
            [np.arange(len(asked)), np.tile(np.arange(len(real)), self.repeats - 1)]
        )
        weights = fit_weights(
            [asked[row] for row in rows],
            labels[rows],
            len(self.scale.labels),
            buckets=self.buckets,
            strength=self.strength,
            seed=self.seed,
        )
        self.scorer_ = Scorer(weights)
        self.temperature_ = 1.0
        self.temperature_ = validation_temperature(self, validation)
        return self

    def predict_proba(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K); labels that the teacher never gave have 0."""
        return self.scorer_.probabilities(titles, self.temperature_)

    def save(self, folder: Path) -> None:
        """Write parameters and weights into a folder; the teacher is not needed."""
        parameters = {
            name: value
            for name, value in self.get_params().items()
            if name not in ("scale", "page", "work_folder")
        }
        write_manifest(folder, self, parameters=portable(parameters), temperature=self.temperature_)
        weights = self.scorer_.weights
        arrays: dict[str, NDArray[Any]] = {
            "words": weights.words.astype(np.float16),
            "grams": weights.grams.astype(np.float16),
            "bias": weights.bias,
        }
        scratch = folder / f"{WEIGHTS}.tmp"
        scratch.write_bytes(save(arrays))
        os.replace(scratch, folder / WEIGHTS)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            ModelError: If the folder holds no distilled classifier, or a damaged one.
        """
        scale, content = read_manifest(folder)
        try:
            classifier = cls(scale, **content["parameters"])
            classifier.temperature_ = float(content["temperature"])
            arrays = load_file(folder / WEIGHTS)
            width = len(scale.labels)
            weights = Weights(
                words=_rows(arrays["words"], width + 1),
                grams=_rows(arrays["grams"], width + 1),
                bias=arrays["bias"].reshape(width),
            )
            classifier.scorer_ = Scorer(weights)
        except (KeyError, TypeError, ValueError, OSError, SafetensorError) as error:
            raise ModelError(
                f"The distilled classifier in {folder} is incomplete or damaged."
            ) from error
        return classifier

    def _build(self) -> Classifier:
        own = {"page": self.page, "seed": self.seed, "work_folder": self.work_folder}
        return build(self.teacher, self.scale, self.teacher_parameters or {}, own)


def _rows(stored: NDArray[np.float16], width: int) -> NDArray[np.float32]:
    return stored.reshape(-1, width).astype(np.float32)

"""The trials of a study: each variant, for each of its targets, with each seed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from metier.classifiers import Classifier, build, method_class
from metier.errors import StudyError
from metier.guidelines import Guidelines
from metier.studies.ingredients import Diet, Ingredients
from metier.studies.keys import (
    hash_file,
    hash_folder,
    hash_labelled,
    hash_of,
    hash_page,
    method_code,
    methods_of,
)
from metier.studies.study_file import Study, Variant
from metier.studies.study_paths import FILE

__all__ = ["Trial", "plan_trials", "with_files"]

# Methods that save an encoder.
TAKE_ROOM = ("transformer", "few-shot")
# The parameter of the prompted method that may be a file.
TEMPLATE = "template"
# The parameter that names an encoder, in every method that has one.
BACKBONE = "backbone"


class Trial:
    """A planned trial.

    Attributes:
        variant: What to train.
        target: For which target.
        seed: With which seed.
        parameters: The method's parameters.
        folder: Where its files go, relative to the run.
        diet: What it is trained and validated on.
        key: Hash of all that decides the trained classifier.
        is_model: Whether its classifier becomes part of the run's model.
    """

    def __init__(
        self, study: Study, variant: Variant, target: str, seed: int, ingredients: Ingredients
    ) -> None:
        self.variant = variant
        self.target = target
        self.seed = seed
        self.parameters = study.parameters_of(variant)
        self.is_model = (
            study.model.get(target) == variant.name and seed == study.seeds_of(variant)[0]
        )
        slug = re.sub(r"[^a-z0-9]+", "-", variant.name.casefold()).strip("-") or "variant"
        self.folder = f"trials/{target}/{slug}/seed-{seed}"
        self.diet: Diet = ingredients.diet(study, variant, target, seed)
        self.key = self._key(ingredients.targets[target].guidelines)

    def _key(self, page: Guidelines) -> str:
        kind = method_class(self.variant.method)
        _require_files(self.variant.name, self.parameters)
        # A method that is told the page depends on every marker; the others on the labels alone.
        reads_page = "page" in kind.parameter_names()
        return hash_of(
            {
                "method": self.variant.method,
                "code": method_code(self.variant.method, self.parameters),
                "parameters": with_files(self.parameters, hash_file),
                **_backbones(self.parameters),
                "target": [self.target, page.scale.labels, page.scale.ranks],
                "page": hash_page(page) if reads_page else None,
                "training": hash_labelled(self.diet.training),
                "validation": hash_labelled([self.diet.validation] if self.diet.validation else []),
                "seed": self.seed,
            }
        )

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
        own = {"seed": self.seed, "work_folder": work_folder, "page": page}
        return build(self.variant.method, page.scale, self.parameters, own)

    @property
    def training_rows(self) -> dict[str, int]:
        """Rows that are fitted, by what the study calls their source."""
        names = dict.fromkeys(self.variant.train_on)
        return dict(zip(names, map(len, self.diet.training), strict=True))

    @property
    def takes_room(self) -> bool:
        """Whether the classifier saves an encoder of its own, which is hundreds of megabytes."""
        return any(name in TAKE_ROOM for name in methods_of(self.variant.method, self.parameters))

    @property
    def backbone(self) -> str | None:
        """The backbone that the trial names, where its method has one."""
        return self.parameters.get(BACKBONE)

    @property
    def title(self) -> str:
        """What the trial is called on the terminal."""
        return f"{self.target} · {self.variant.name} · seed {self.seed}"


def with_files(parameters: Any, shown: Callable[[Path], str]) -> Any:
    """Return parameters, those of members included, with something else in place of each path."""
    if isinstance(parameters, dict):
        return {
            name: shown(Path(value)) if _is_file(name, value) else with_files(value, shown)
            for name, value in parameters.items()
        }
    if isinstance(parameters, list | tuple):
        return [with_files(value, shown) for value in parameters]
    return parameters


def _require_files(variant: str, parameters: Any) -> None:
    """Refuse a file that is not there, before anything is trained."""
    if isinstance(parameters, list | tuple):
        parameters = dict(enumerate(parameters))
    if not isinstance(parameters, dict):
        return
    for name, value in parameters.items():
        if name == FILE and not (isinstance(value, str) and Path(value).is_file()):
            raise StudyError(f"Variant '{variant}': there is no file {value!r}.")
        _require_files(variant, value)


def _is_file(name: str, value: object) -> bool:
    # A template may be a packaged one, too.
    return isinstance(value, str) and (name == FILE or (name == TEMPLATE and Path(value).is_file()))


def _backbones(parameters: Any) -> dict[str, str]:
    """Return the state of each backbone that is a folder, whose name says nothing of it."""
    if isinstance(parameters, list | tuple):
        parameters = dict(enumerate(parameters))
    if not isinstance(parameters, dict):
        return {}
    found: dict[str, str] = {}
    for name, value in parameters.items():
        if name == BACKBONE and isinstance(value, str):
            folder = Path(value).expanduser()
            found |= {value: hash_folder(folder)} if folder.is_dir() else {}
        else:
            found |= _backbones(value)
    return found


def plan_trials(study: Study, ingredients: Ingredients) -> list[Trial]:
    """Return the trials of a study, target by target, in the file's order.

    Raises:
        DataError: If a variant's data cannot be divided as it asks for.
    """
    return [
        Trial(study, variant, target, seed, ingredients)
        for target in study.targets
        for variant in study.variants_of(target)
        for seed in study.seeds_of(variant)
    ]

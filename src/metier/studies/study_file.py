"""A study file: which data, which variants, which settings."""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from metier.classifiers import method_class
from metier.data import Role, sample_file
from metier.errors import StudyError

__all__ = [
    "CURATED",
    "GENERATED",
    "REPAIRED",
    "VARIABLE",
    "EvaluationData",
    "GeneratedData",
    "SplitShares",
    "Study",
    "Variant",
    "load_study",
]

CURATED = "curated"
REPAIRED = "repaired"
GENERATED = "generated"
SAMPLE_PREFIX = "sample:"
VARIABLE = re.compile(r"\$\{(\w+)\}")

# Parameters of a classifier that the study sets itself.
RESERVED = ("scale", "seed", "work_folder", "page")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EvaluationData(_Part):
    """The annotated CVs that every variant is judged on.

    Attributes:
        cvs: The file.
        role: ``development`` (may be looked at; its figures are seen) or ``evaluation``.
        exclude_titles_of: CV files whose titles do not count as new either.
    """

    cvs: Path
    role: Literal[Role.DEVELOPMENT, Role.EVALUATION]
    exclude_titles_of: tuple[Path, ...] = ()


class GeneratedData(_Part):
    """Titles composed from the guidelines, anew for each seed.

    Their shares are estimated on the unlabelled CVs, or without any on the packaged sample; none
    of them is near a judged title.

    Attributes:
        count: How many titles.
        subject: The page with roles and fields: a packaged target or a path.
        rank: The page with forms.
    """

    count: int = Field(gt=0)
    subject: str = "department"
    rank: str = "seniority"


class RepairSettings(_Part):
    """How curated labels are repaired.

    Attributes:
        by_model: Whether a model judges the titles that no marker decides, too.
    """

    by_model: bool = True


class SplitShares(_Part):
    """How curated lists are split and pseudo-labelled CVs are kept back."""

    validation: float = Field(default=0.15, gt=0, lt=1)
    test: float = Field(default=0.15, gt=0, lt=1)
    seed: int = Field(default=42, ge=0)


class Variant(BaseModel):
    """One way to train; what is not named here is a parameter of the method.

    Attributes:
        name: What tables call it; with the target, it names one row.
        targets: The targets it is trained for.
        method: A method of the registry.
        train_on: ``"curated"``, ``"repaired"`` (the same part of the list with repaired
            labels), ``"generated"`` and names of pseudo-label files; none for a method that is
            not fitted.
        validate_on: ``"curated"``, the name of a pseudo-label file (15 % of the CVs are then
            kept back), or None.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str = Field(min_length=1)
    targets: tuple[str, ...] = Field(min_length=1)
    method: str = "transformer"
    train_on: tuple[str, ...] = ()
    validate_on: str | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters given to the method."""
        return dict(self.model_extra or {})


class Study(_Part):
    """A study, with every path made absolute.

    Attributes:
        name: Its name; the run folder is called the same.
        illustration: Whether the data is made up, so that the figures mean nothing; the report
            then says so.
        seeds: Every variant is trained once with each.
        targets: Target to guidelines page (a packaged name or a path).
        curated: Target to label list.
        pseudo_labels: Name to file of pseudo-labels.
        unlabelled: The CVs that pseudo-labelled titles come from.
        generated: The titles to generate, or None.
        repair: How curated labels are repaired.
        evaluation: The CVs to judge on.
        split: How data is split.
        training: Parameters of every variant whose method knows them, unless it sets them itself.
        model: Target to the variant whose classifier makes up the run's model.
        keep_models: Whether the weights of all variants are kept.
        variants: The variants.
    """

    name: str = Field(pattern=r"^[\w.-]+$")
    illustration: bool = False
    seeds: tuple[int, ...] = Field(default=(42,), min_length=1)
    targets: dict[str, str] = Field(min_length=1)
    curated: dict[str, Path] = {}
    pseudo_labels: dict[str, Path] = {}
    unlabelled: Path | None = None
    generated: GeneratedData | None = None
    repair: RepairSettings = RepairSettings()
    evaluation: EvaluationData
    split: SplitShares = SplitShares()
    training: dict[str, Any] = {}
    model: dict[str, str] = {}
    keep_models: bool = False
    variants: tuple[Variant, ...] = Field(min_length=1)

    @property
    def files(self) -> dict[str, Path]:
        """Every data file of the study, by what it is."""
        found = {f"curated {target}": path for target, path in self.curated.items()}
        found |= {f"pseudo-labels {name}": path for name, path in self.pseudo_labels.items()}
        if self.unlabelled is not None:
            found["unlabelled CVs"] = self.unlabelled
        return found | {f"{self.evaluation.role} CVs": self.evaluation.cvs}

    def variants_of(self, target: str) -> list[Variant]:
        """Return the variants that are trained for a target, in the file's order."""
        return [variant for variant in self.variants if target in variant.targets]

    def parameters_of(self, variant: Variant) -> dict[str, Any]:
        """Return a variant's parameters on top of those of the study that its method knows."""
        known = method_class(variant.method).parameter_names()
        shared = {name: value for name, value in self.training.items() if name in known}
        return shared | variant.parameters

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for name in self.pseudo_labels:
            if name in (CURATED, REPAIRED, GENERATED):
                raise ValueError(f"pseudo_labels: '{name}' has a meaning of its own; rename it")
        rows = [(variant.name, target) for variant in self.variants for target in variant.targets]
        for name, target in rows:
            if rows.count((name, target)) > 1:
                raise ValueError(f"the variant '{name}' is there twice for {target}")
        for variant in self.variants:
            self._check_variant(variant)
        for target, name in self.model.items():
            if (name, target) not in rows:
                raise ValueError(f"[model] names '{name}' for {target}, which is no variant of it")
        return self

    def _check_variant(self, variant: Variant) -> None:
        where = f"variant '{variant.name}'"
        for target in variant.targets:
            _among(target, self.targets, f"{where}, targets")
            if {CURATED, REPAIRED} & {*variant.train_on, variant.validate_on}:
                _among(target, self.curated, f"{where}: no curated list is given for")
        held_out = (CURATED, *self.pseudo_labels)
        made = (REPAIRED, GENERATED) if self.generated is not None else (REPAIRED,)
        for source in variant.train_on:
            _among(source, (*held_out, *made), f"{where}, train_on")
        if variant.validate_on is not None:
            _among(variant.validate_on, held_out, f"{where}, validate_on")
        if not variant.train_on and method_class(variant.method).is_fitted:
            raise ValueError(f"{where}: the method '{variant.method}' needs train_on")
        if variant.validate_on in self.pseudo_labels and self.unlabelled is None:
            raise ValueError(
                f"{where} is validated on '{variant.validate_on}', which is kept back by CV: "
                "name the CVs as 'unlabelled'"
            )


def load_study(path: Path, *, role: Role | None = None) -> Study:
    """Read a study file.

    Paths in it are relative to its folder; ``${NAME}`` stands for an environment variable and
    ``sample:FILE`` for a file of the packaged sample. A study of the sample is an illustration,
    whether it says so or not.

    Args:
        path: The study file.
        role: The role of the judged CVs, where it is not the one that the file names.

    Raises:
        StudyError: If the file is missing, malformed or contradicts itself.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path} is not valid TOML: {error}.") from error
    if SAMPLE_PREFIX in json.dumps(content, default=str):
        content["illustration"] = True
    if role is not None and isinstance(content.get("evaluation"), dict):
        content["evaluation"]["role"] = str(role)
    content = _with_places(content, path)
    try:
        study = Study.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise StudyError(f"{path}{', ' + field if field else ''}: {message}.") from error
    _check_shared_parameters(study, path)
    for variant in study.variants:
        _check_parameters(variant, path)
    return study


def _with_places(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """Make the paths absolute; the shape of the file is checked later."""

    def place(value: object) -> object:
        return str(_place(value, path)) if isinstance(value, str) else value

    for section in ("curated", "pseudo_labels"):
        if isinstance(content.get(section), dict):
            content[section] = {name: place(value) for name, value in content[section].items()}
    if isinstance(content.get("targets"), dict):
        content["targets"] = {
            name: place(page) if str(page).endswith(".toml") else page
            for name, page in content["targets"].items()
        }
    if isinstance(content.get("generated"), dict):
        content["generated"] = {
            name: place(value) if str(value).endswith(".toml") else value
            for name, value in content["generated"].items()
        }
    if "unlabelled" in content:
        content["unlabelled"] = place(content["unlabelled"])
    evaluation = content.get("evaluation")
    if isinstance(evaluation, dict):
        evaluation["cvs"] = place(evaluation.get("cvs"))
        if isinstance(evaluation.get("exclude_titles_of"), list):
            evaluation["exclude_titles_of"] = [place(v) for v in evaluation["exclude_titles_of"]]
    return content


def _place(value: str, study: Path) -> Path:
    if value.startswith(SAMPLE_PREFIX):
        return sample_file(value.removeprefix(SAMPLE_PREFIX))
    missing = [name for name in VARIABLE.findall(value) if not os.environ.get(name)]
    if missing:
        raise StudyError(
            f"{study} reads its data through the environment variable {missing[0]}, which is not "
            f"set: set it to the folder that holds {Path(value).name}."
        )
    expanded = VARIABLE.sub(lambda match: os.environ[match[1]], value)
    return (study.parent / Path(expanded).expanduser()).resolve()


def _among(value: str, allowed: Mapping[str, object] | tuple[str, ...], where: str) -> None:
    if value not in allowed:
        raise ValueError(f"{where}: '{value}' is not known; known: {', '.join(allowed) or 'none'}")


def _known_parameters(method: str) -> list[str]:
    return [name for name in method_class(method).parameter_names() if name not in RESERVED]


def _check_shared_parameters(study: Study, path: Path) -> None:
    methods = dict.fromkeys(variant.method for variant in study.variants)
    known = [name for method in methods for name in _known_parameters(method)]
    for name in study.training:
        if name not in known:
            raise StudyError(
                f"{path}, [training]: no method of the study has a parameter '{name}'"
                f"{_nearest(name, known)}."
            )


def _check_parameters(variant: Variant, path: Path) -> None:
    known = _known_parameters(variant.method)
    for name in variant.parameters:
        if name not in known:
            raise StudyError(
                f"{path}, variant '{variant.name}': the method '{variant.method}' has no parameter "
                f"'{name}'{_nearest(name, known)}."
            )


def _nearest(name: str, known: list[str]) -> str:
    if not known:
        return "; there are none"
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
    return f"; did you mean '{nearest}'? There are: {', '.join(dict.fromkeys(known))}"

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
    "VARIABLE",
    "EvaluationData",
    "SplitShares",
    "Study",
    "Variant",
    "load_study",
]

CURATED = "curated"
SAMPLE_PREFIX = "sample:"
VARIABLE = re.compile(r"\$\{(\w+)\}")

# Parameters of a classifier that the study sets itself.
RESERVED = ("scale", "seed", "work_folder")


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
        train_on: ``"curated"`` and names of pseudo-label files.
        validate_on: ``"curated"``, the name of a pseudo-label file (15 % of the CVs are then
            kept back), or None.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str = Field(min_length=1)
    targets: tuple[str, ...] = Field(min_length=1)
    method: str = "transformer"
    train_on: tuple[str, ...] = Field(min_length=1)
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
        evaluation: The CVs to judge on.
        split: How data is split.
        training: Parameters of every variant, unless it sets them itself.
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
        """Return a variant's parameters on top of the study's."""
        return self.training | variant.parameters

    @model_validator(mode="after")
    def _agree(self) -> Self:
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
            if CURATED in (*variant.train_on, variant.validate_on):
                _among(target, self.curated, f"{where}: no curated list is given for")
        sources = (CURATED, *self.pseudo_labels)
        for source in (*variant.train_on, *([variant.validate_on] if variant.validate_on else [])):
            _among(source, sources, f"{where}, train_on or validate_on")
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
    for variant in study.variants:
        _check_parameters(study, variant, path)
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


def _check_parameters(study: Study, variant: Variant, path: Path) -> None:
    known = [
        name for name in method_class(variant.method).parameter_names() if name not in RESERVED
    ]
    for name in study.parameters_of(variant):
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise StudyError(
                f"{path}, variant '{variant.name}': the method '{variant.method}' has no parameter "
                f"'{name}'; did you mean '{nearest}'? There are: {', '.join(known)}."
            )

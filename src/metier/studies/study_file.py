"""A study file: which data, which variants, which settings."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from metier.classifiers import method_class
from metier.classifiers.building import nearest_parameter
from metier.data import Role
from metier.errors import StudyError
from metier.studies.study_paths import SAMPLE_PREFIX, with_places

__all__ = [
    "CURATED",
    "GENERATED",
    "REPAIRED",
    "EvaluationData",
    "EvidenceSettings",
    "GeneratedData",
    "SplitShares",
    "Study",
    "Variant",
    "load_study",
]

CURATED = "curated"
REPAIRED = "repaired"
GENERATED = "generated"

# Methods whose probabilities hold the shares of labels among the training rows.
KEEPS_SHARES = ("bag-of-words", "probe", "transformer")
# Parameters of a classifier that the study sets itself.
RESERVED = ("scale", "seed", "work_folder", "page")


def _different(seeds: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(seeds)) < len(seeds):
        raise ValueError("a seed is there twice")
    return seeds


Seeds = Annotated[
    tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1), AfterValidator(_different)
]


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
        seeds: Seeds of this variant alone, where they are not the study's: a method without
            chance in it needs one.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str = Field(min_length=1)
    targets: tuple[str, ...] = Field(min_length=1)
    method: str = "transformer"
    train_on: tuple[str, ...] = ()
    validate_on: str | None = None
    seeds: Seeds | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters given to the method."""
        return dict(self.model_extra or {})


class EvidenceSettings(_Part):
    """Which variants play which part in the evidence, by their names.

    Attributes:
        baseline: What every variant is tested against; by default a target's first variant.
        synthetic: The baseline with synthetic data.
        oversampled: The baseline with labels drawn equally often, and no other data.
        larger: A variant with the larger of two backbones.
        smaller: The same with the smaller one.
        curated: A variant trained on the curated list, for the costs of the shift.
        repaired: The same on the repaired list.
        encoder: The backbone whose embeddings measure distance, or None.
        encoder_prefix: What that backbone expects before a text.
    """

    baseline: str | None = None
    synthetic: str | None = None
    oversampled: str | None = None
    larger: str | None = None
    smaller: str | None = None
    curated: str | None = None
    repaired: str | None = None
    encoder: str | None = None
    encoder_prefix: str = ""

    @property
    def variants(self) -> dict[str, str]:
        """The part to the variant's name, for every part that is played."""
        named = self.model_dump(exclude={"encoder", "encoder_prefix"})
        return {part: name for part, name in named.items() if name is not None}


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
        evidence: Which variants play which part in the evidence.
        training: Parameters of every variant whose method knows them, unless it sets them itself.
        model: Target to the variant whose classifier makes up the run's model.
        keep_models: Whether the weights of all variants are kept.
        variants: The variants.
    """

    name: str = Field(pattern=r"^[\w.-]+$")
    illustration: bool = False
    seeds: Seeds = (42,)
    targets: dict[str, str] = Field(min_length=1)
    curated: dict[str, Path] = {}
    pseudo_labels: dict[str, Path] = {}
    unlabelled: Path | None = None
    generated: GeneratedData | None = None
    repair: RepairSettings = RepairSettings()
    evaluation: EvaluationData
    split: SplitShares = SplitShares()
    evidence: EvidenceSettings = EvidenceSettings()
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

    def seeds_of(self, variant: Variant) -> tuple[int, ...]:
        """Return the seeds that a variant is trained with."""
        return variant.seeds or self.seeds

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
        for target in self.targets:
            if not self.variants_of(target):
                raise ValueError(f"no variant is trained for the target '{target}'")
        for variant in self.variants:
            self._check_variant(variant)
        for part, name in self.evidence.variants.items():
            self._check_part(part, name)
        for target, name in self.model.items():
            if (name, target) not in rows:
                raise ValueError(f"[model] names '{name}' for {target}, which is no variant of it")
        return self

    def _check_part(self, part: str, name: str) -> None:
        where = f"[evidence] names '{name}' as {part}"
        found = [variant for variant in self.variants if variant.name == name]
        if not found:
            raise ValueError(f"{where}, which is no variant")
        if part not in ("curated", "repaired"):
            return
        # Shares of labels can be corrected only where those of the training rows were learnt.
        if found[0].method not in KEEPS_SHARES:
            raise ValueError(
                f"{where}, whose method '{found[0].method}' does not learn the shares of labels; "
                f"allowed: {', '.join(KEEPS_SHARES)}"
            )
        if self.parameters_of(found[0]).get("imbalance", "none") != "none":
            raise ValueError(f"{where}, which draws labels otherwise than they occur")

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
    content = with_places(content, path)
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
                f"{nearest_parameter(name, known)}."
            )


def _check_parameters(variant: Variant, path: Path) -> None:
    known = _known_parameters(variant.method)
    for name in variant.parameters:
        if name not in known:
            raise StudyError(
                f"{path}, variant '{variant.name}': the method '{variant.method}' has no parameter "
                f"'{name}'{nearest_parameter(name, known)}."
            )

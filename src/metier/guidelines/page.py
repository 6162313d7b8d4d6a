"""A guidelines page: the data that says what the labels of a target mean."""

from __future__ import annotations

import itertools
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from metier.guidelines.markers import Language, Marker, Strength, patterns
from metier.guidelines.scale import Scale

__all__ = ["Confidence", "Guidelines", "LabelDefinition"]


class LabelDefinition(BaseModel):
    """One label of a target.

    Attributes:
        name: The label as it stands in data files.
        definition: What the label means, in one or two sentences.
        rank: Its number on the scale; on every label of an ordinal target, on none of others.
        examples: Titles that have the label.
        not_examples: Titles that look as if they had it, with the label that they have.
        explicit: Whether only an explicit marker gives the label; a title so labelled without one
            belongs to the fallback.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    definition: str = Field(min_length=1)
    rank: float | None = None
    examples: tuple[str, ...] = ()
    not_examples: dict[str, str] = Field(default_factory=dict)
    explicit: bool = False


class Confidence(BaseModel):
    """How often the rules are right, by the strength of the marker; above 0.5, up to 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    strong: float = Field(default=0.9, gt=0.5, le=1)
    plain: float = Field(default=0.8, gt=0.5, le=1)
    weak: float = Field(default=0.6, gt=0.5, le=1)
    fallback: float = Field(default=0.6, gt=0.5, le=1)

    def of(self, strength: Strength) -> float:
        """Return the confidence of a marker; the neutral strength stands for the fallback."""
        return (self.fallback, self.weak, self.plain, self.strong)[strength]


class Guidelines(BaseModel):
    """The guidelines page of one target.

    Attributes:
        target: Name of the target; also the name of its column in data files.
        question: What the target asks of a title, in one sentence.
        fallback: The label of a title that no definition fits better.
        fallback_rule: When the fallback applies, in a sentence or two.
        precedence: The labels in the order in which they win where several are marked; empty
            where the first marker of a title wins.
        precedence_rule: What wins, in a sentence or two.
        confidence: How often the rules are right.
        labels: The labels with their definitions, in scale order.
        languages: The markers, language by language.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    question: str = Field(min_length=1)
    fallback: str
    fallback_rule: str = ""
    precedence: tuple[str, ...] = ()
    precedence_rule: str = ""
    confidence: Confidence = Field(default_factory=Confidence)
    labels: tuple[LabelDefinition, ...] = Field(min_length=2)
    languages: tuple[Language, ...] = ()

    @model_validator(mode="after")
    def _agree(self) -> Self:
        names = [label.name for label in self.labels]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"labels are named twice: {', '.join(repeated)}")
        _require_labels((self.fallback,), names, "fallback")
        ranks = [label.rank for label in self.labels if label.rank is not None]
        if ranks and len(ranks) < len(names):
            raise ValueError("either every label has a rank or none has")
        if any(low >= high for low, high in itertools.pairwise(ranks)):
            raise ValueError("ranks must increase from label to label")
        if self.precedence and sorted(self.precedence) != sorted(names):
            raise ValueError(f"precedence must name each label once: {', '.join(names)}")
        for label in self.labels:
            _require_labels(label.not_examples.values(), names, f"not_examples of {label.name}")
        for language in self.languages:
            _require_labels(language.markers, names, f"markers of {language.language}")
        _refuse_contradictions(self.markers)
        return self

    @property
    def scale(self) -> Scale:
        """The labels in order, with their ranks where the target is ordinal."""
        ranks = tuple(label.rank for label in self.labels if label.rank is not None)
        return Scale(
            target=self.target,
            labels=tuple(label.name for label in self.labels),
            ranks=ranks or None,
        )

    @property
    def markers(self) -> tuple[Marker, ...]:
        """The markers of all languages."""
        return tuple(marker for language in self.languages for marker in language.listed())


def _require_labels(given: object, names: list[str], where: str) -> None:
    unknown = [label for label in given if label not in names]  # type: ignore[attr-defined]
    if unknown:
        raise ValueError(f"{where}: '{unknown[0]}' is none of: {', '.join(names)}")


def _refuse_contradictions(markers: tuple[Marker, ...]) -> None:
    """Refuse the same spelling for two labels, whatever the languages."""
    first: dict[object, Marker] = {}
    clashes = []
    for marker in markers:
        try:
            spelled = patterns(marker.text)
            for exception in marker.unless:
                _require_single_word(exception)
        except ValueError as error:
            raise ValueError(f"{marker.language}: {error}") from error
        for pattern in spelled:
            other = first.setdefault(pattern, marker)
            if other.label != marker.label:
                clashes.append(
                    f"'{' '.join(pattern.words)}' is {other.label or 'neutral'} in "
                    f"{other.language} and {marker.label or 'neutral'} in {marker.language}"
                )
    if clashes:
        more = f"; and {len(clashes) - 20} more" if len(clashes) > 20 else ""
        raise ValueError("markers contradict each other: " + "; ".join(clashes[:20]) + more)


def _require_single_word(exception: str) -> None:
    for pattern in patterns(exception):
        if len(pattern.words) > 1 or pattern.at_start or pattern.at_end:
            raise ValueError(f"unless '{exception}': an exception is one word, without ^ and $")

"""Scores by label and by kind of title, a panel a variant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from metier.evaluation import SliceScore, View
from metier.evaluation.slices import Dimension
from metier.studies.evidence.models import TargetEvidence, VariantEvidence, ViewFigures
from metier.studies.results import TrialResult

__all__ = [
    "ConfusionCell",
    "ConfusionPanel",
    "SliceGroup",
    "SlicePanel",
    "confusion_panels",
    "label_figures",
    "slice_panels",
]


@dataclass(frozen=True)
class ConfusionCell:
    """Jobs of one label that got one answer, and their share of the label's jobs."""

    count: int
    share: float


@dataclass(frozen=True)
class ConfusionPanel:
    """A variant's confusion matrix on all jobs, a row a true label."""

    variant: str
    rows: tuple[tuple[ConfusionCell, ...], ...]


@dataclass(frozen=True)
class SliceGroup:
    """The slices of one dimension, each with the baseline's macro F1 on it.

    Attributes:
        dimension: What parts the titles.
        description: The same in a sentence.
        slices: Slice and, if the baseline has it, its macro F1 there.
    """

    dimension: str
    description: str
    slices: tuple[tuple[SliceScore, float | None], ...]


@dataclass(frozen=True)
class SlicePanel:
    """A variant's scores on kinds of titles."""

    variant: str
    groups: tuple[SliceGroup, ...]


def label_figures(evidence: TargetEvidence) -> tuple[tuple[VariantEvidence, ViewFigures], ...]:
    """Return the variants that answer all jobs, with their scores there."""
    return tuple(
        (variant, found)
        for variant in evidence.variants
        if (found := variant.figures(View.ALL)) is not None
    )


def confusion_panels(trials: Sequence[TrialResult]) -> tuple[ConfusionPanel, ...]:
    """Return the confusion matrix of each variant's first seed.

    Args:
        trials: A target's trials that were run, in the study's order.
    """
    panels: dict[str, ConfusionPanel] = {}
    for trial in trials:
        scores = trial.scores(View.ALL)
        if scores is not None and trial.variant not in panels:
            panels[trial.variant] = ConfusionPanel(
                trial.variant,
                tuple(
                    tuple(ConfusionCell(count, count / max(sum(row), 1)) for count in row)
                    for row in scores.confusion
                ),
            )
    return tuple(panels.values())


def slice_panels(evidence: TargetEvidence) -> tuple[SlicePanel, ...]:
    """Return each variant's slices beside the baseline's."""
    baseline = {
        (found.dimension, found.name): found.macro_f1.value
        for variant in evidence.variants
        if variant.variant == evidence.baseline
        for found in variant.slices
    }
    return tuple(
        SlicePanel(variant.variant, _groups(variant.slices, baseline))
        for variant in evidence.variants
        if variant.slices
    )


def _groups(
    slices: Sequence[SliceScore], baseline: Mapping[tuple[str, str], float]
) -> tuple[SliceGroup, ...]:
    return tuple(
        SliceGroup(
            dimension=dimension,
            description=Dimension(dimension).description if dimension in set(Dimension) else "",
            slices=tuple((found, baseline.get((dimension, found.name))) for found in of_dimension),
        )
        for dimension, of_dimension in groupby(slices, key=lambda found: found.dimension)
    )

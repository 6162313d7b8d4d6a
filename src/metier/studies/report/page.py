"""What the page shows of one target."""

from __future__ import annotations

from dataclasses import dataclass

from metier.evaluation.invariance import Kind
from metier.studies.evidence.models import Finding, TargetEvidence, VariantEvidence, ViewFigures
from metier.studies.report.charts import Chart, loss_chart
from metier.studies.report.comparison import Fall, Table, falls, variants_table
from metier.studies.report.confidence import ConfidencePanel, confidence_panels
from metier.studies.report.labels import (
    ConfusionPanel,
    SlicePanel,
    confusion_panels,
    label_figures,
    slice_panels,
)
from metier.studies.report.shift import ShiftStory, shift_story
from metier.studies.report.summary import about_target
from metier.studies.results import StudyResults, TargetData, TrialResult

__all__ = ["TargetPage", "target_page"]


@dataclass(frozen=True)
class TargetPage:
    """The sections of one target.

    Attributes:
        data: The target's data.
        evidence: What its trials show together.
        summary: The result in a few sentences.
        findings: The key findings, tested.
        table: All variants.
        falls: What each variant keeps on the CVs.
        shift: The story of the shift.
        labels: The variants that answer all jobs, with their scores there.
        compared: The two of them that are compared at first: the baseline and the one shown.
        confusions: Confusion matrices.
        slices: Scores on kinds of titles.
        confidences: Calibration.
        kinds: The changes that should not matter, of those that were measured.
        explanations: Title of a mistake to what spoke for the answer.
        trials: The trials that were run.
        losses: Variant to its losses by epoch.
    """

    data: TargetData
    evidence: TargetEvidence
    summary: tuple[str, ...]
    findings: tuple[Finding, ...]
    table: Table
    falls: tuple[Fall, ...]
    shift: ShiftStory
    labels: tuple[tuple[VariantEvidence, ViewFigures], ...]
    compared: tuple[str, ...]
    confusions: tuple[ConfusionPanel, ...]
    slices: tuple[SlicePanel, ...]
    confidences: tuple[ConfidencePanel, ...]
    kinds: tuple[Kind, ...]
    explanations: dict[str, str]
    trials: tuple[TrialResult, ...]
    losses: tuple[tuple[str, Chart], ...]


def target_page(results: StudyResults, data: TargetData) -> TargetPage:
    """Return what the page shows of one target."""
    evidence = results.evidence[data.target]
    done = [trial for trial in results.trials_of(data.target) if trial.status == "done"]
    labels = label_figures(evidence)
    measured = {rate.kind for variant in evidence.variants for rate in variant.invariance}
    return TargetPage(
        data=data,
        evidence=evidence,
        summary=about_target(evidence),
        findings=tuple(found for found in results.findings if found.target == data.target),
        table=variants_table(evidence, ordinal=data.ranks is not None),
        falls=falls(evidence),
        shift=shift_story(data, done, evidence.shift),
        labels=labels,
        compared=_compared(evidence, [variant.variant for variant, _ in labels]),
        confusions=confusion_panels(done),
        slices=slice_panels(evidence),
        confidences=confidence_panels(evidence),
        kinds=tuple(kind for kind in Kind if kind in measured),
        explanations=_explanations(evidence, done),
        trials=tuple(done),
        losses=_losses(done),
    )


def _compared(evidence: TargetEvidence, names: list[str]) -> tuple[str, ...]:
    """Return the baseline and the variant shown, or others where these answer not all jobs."""
    wanted = [name for name in (evidence.baseline, evidence.shown) if name in names]
    return tuple(dict.fromkeys([*wanted, *names]))[:2]


def _explanations(evidence: TargetEvidence, done: list[TrialResult]) -> dict[str, str]:
    return next((trial.explanations for trial in done if trial.variant == evidence.shown), {})


def _losses(done: list[TrialResult]) -> tuple[tuple[str, Chart], ...]:
    variants = dict.fromkeys(trial.variant for trial in done)
    charts = (
        (name, loss_chart([trial for trial in done if trial.variant == name])) for name in variants
    )
    return tuple((name, chart) for name, chart in charts if chart is not None)

"""What the evidence consists of, as it is written to ``results.json``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from metier.evaluation import ChangeRate, SliceScore, View
from metier.evaluation.errors import Confusion, ProbableAnnotationError
from metier.evaluation.shift import Shift
from metier.metrics.calibration import AnsweredScores, ReliabilityBin
from metier.metrics.intervals import Interval
from metier.metrics.significance import DifferenceTest

__all__ = [
    "Against",
    "Calibration",
    "CorrectedScores",
    "Figure",
    "Finding",
    "LabelFigure",
    "ShiftEvidence",
    "TargetEvidence",
    "Tested",
    "VariantEvidence",
    "ViewFigures",
]

Verdict = Literal["confirmed", "refuted", "undecided", "not run here"]


class _Evidence(BaseModel):
    model_config = ConfigDict(frozen=True)


class Figure(_Evidence):
    """A score over the seeds of a variant.

    Attributes:
        mean: Its mean.
        spread: Its standard deviation over seeds (with n − 1); 0 for a single seed.
        interval: 95 % interval of the mean by bootstrap over CVs and seeds; None in distribution.
    """

    mean: float
    spread: float
    interval: Interval | None = None


class LabelFigure(_Evidence):
    """Mean F1 of a label over seeds."""

    label: str
    f1: float
    support: int


class ViewFigures(_Evidence):
    """A variant's scores in a view of the CVs."""

    view: View
    n: int
    accuracy: Figure
    macro_f1: Figure
    mae: Figure | None
    per_label: tuple[LabelFigure, ...]


class Tested(DifferenceTest):
    """A difference with its p-value, corrected for the number of variants that are tested.

    Attributes:
        p_holm: The p-value by Holm's correction over all variants of the target.
    """

    p_holm: float


class Against(_Evidence):
    """A variant against the baseline, on all jobs.

    Attributes:
        baseline: The baseline's name.
        view: The rows that both were scored on.
        accuracy: The variant's accuracy minus the baseline's.
        macro_f1: The variant's macro F1 minus the baseline's.
    """

    baseline: str
    view: View
    accuracy: Tested
    macro_f1: Tested

    @property
    def is_distinguishable(self) -> bool:
        """Whether macro F1 differs at the 5 % level after Holm's correction."""
        return self.macro_f1.p_holm < SIGNIFICANT


SIGNIFICANT = 0.05


class Calibration(_Evidence):
    """Whether a variant's confidence can be used, by its first seed.

    Temperature and threshold come from the variant's own validation data, and are judged on CVs.

    Attributes:
        validated_on: The kind of the validation data.
        temperature: Fitted on it.
        error: Expected calibration error on the CVs, all jobs, without the temperature.
        error_after: The same with it.
        bins: Reliability on the CVs without the temperature.
        bins_after: The same with it.
        coverage: Points of the risk–coverage curve with the temperature: share answered.
        risk: Share of wrong answers among those.
        area: Area under that curve.
        wanted: The accuracy that the threshold is chosen for.
        threshold: The least confidence that reaches it on validation data; None where none does.
        answered: What that threshold gives on the CVs.
    """

    validated_on: str
    temperature: float
    error: float
    error_after: float
    bins: tuple[ReliabilityBin, ...]
    bins_after: tuple[ReliabilityBin, ...]
    coverage: tuple[float, ...]
    risk: tuple[float, ...]
    area: float
    wanted: float
    threshold: float | None
    answered: AnsweredScores | None


class VariantEvidence(_Evidence):
    """What the trials of a variant show for one target.

    Attributes:
        status: ``done``, or ``not run here``.
        reason: Why it was not run, or None.
        seeds: The seeds that it was trained with.
        distinct: How many of them gave different answers; 1 for a method without chance.
        test: Accuracy and macro F1 on the curated test part, or None without one.
        views: Scores on the CVs; a view with jobs that the method cannot answer is missing.
        against: The test against the baseline; None for the baseline itself, or where the two
            share no view.
        slices: Scores on kinds of titles, all jobs.
        calibration: None without validation data.
        invariance: Of the first seed.
        seconds: Mean time of a training.
    """

    variant: str
    method: str
    train_on: tuple[str, ...]
    validate_on: str | None
    status: Literal["done", "not run here"]
    reason: str | None = None
    seeds: tuple[int, ...]
    distinct: int = 0
    test: tuple[Figure, Figure] | None = None
    views: tuple[ViewFigures, ...] = ()
    against: Against | None = None
    slices: tuple[SliceScore, ...] = ()
    calibration: Calibration | None = None
    invariance: tuple[ChangeRate, ...] = ()
    seconds: float = 0.0

    def figures(self, view: View) -> ViewFigures | None:
        """Return the scores in a view, or None where it was not scored."""
        return next((found for found in self.views if found.view is view), None)


class CorrectedScores(_Evidence):
    """Scores on all jobs with one state of the two corrections.

    Attributes:
        priors: Whether probabilities are corrected for shares estimated on unlabelled CVs.
        labels: Whether the curated labels were repaired before the training.
        accuracy: Share of jobs whose label is right, the mean over seeds.
        macro_f1: Mean F1 over the labels that occur, the mean over seeds.
    """

    priors: bool
    labels: bool
    accuracy: float
    macro_f1: float


class ShiftEvidence(_Evidence):
    """How far curated titles are from the CVs, and what each difference costs.

    Attributes:
        source: What the training titles are called.
        shift: What was measured.
        corrected: The four scores behind the costs; empty where these were not measured.
        corrected_variants: The variants that give them, on curated and on repaired labels.
    """

    source: str
    shift: Shift
    corrected: tuple[CorrectedScores, ...] = ()
    corrected_variants: tuple[str, str] | None = None


class TargetEvidence(_Evidence):
    """What the trials of one target show together.

    Attributes:
        baseline: The variant that all are tested against.
        variants: One a variant, in the study's order.
        shift: The shift from the curated list to the CVs, or None without a list.
        shown: The variant whose mistakes are listed.
        mistakes: Its most confident mistakes by confusion; empty where titles may not be shown.
        suspects: Titles whose human label most methods contradict with one voice.
        asked: The variants that were asked for that, one a method.
    """

    baseline: str
    variants: tuple[VariantEvidence, ...]
    shift: ShiftEvidence | None
    shown: str | None
    mistakes: tuple[Confusion, ...]
    suspects: tuple[ProbableAnnotationError, ...]
    asked: tuple[str, ...]


class Finding(_Evidence):
    """A key finding of the reference study, tested with this study's trials.

    Attributes:
        statement: The finding.
        target: The target that it was tested on.
        verdict: Whether it holds here.
        evidence: The figures that decide, as a sentence.
    """

    statement: str
    target: str
    verdict: Verdict
    evidence: str

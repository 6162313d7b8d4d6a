"""Whether confidence can be used: charts and sentences of each variant's calibration."""

from __future__ import annotations

from dataclasses import dataclass

from metier.studies.evidence.models import Calibration, TargetEvidence
from metier.studies.formats import figure, percent
from metier.studies.report.charts import Chart, reliability_chart, risk_chart

__all__ = ["ConfidencePanel", "confidence_panels"]


@dataclass(frozen=True)
class ConfidencePanel:
    """A variant's calibration, as it is shown.

    Attributes:
        variant: The variant.
        calibration: The figures.
        reliability: Accuracy over confidence.
        risk: Wrong answers over the share that is answered.
        sentences: What both say.
    """

    variant: str
    calibration: Calibration
    reliability: Chart
    risk: Chart
    sentences: tuple[str, ...]


def confidence_panels(evidence: TargetEvidence) -> tuple[ConfidencePanel, ...]:
    """Return a panel of each variant that has validation data and answers all jobs."""
    return tuple(
        ConfidencePanel(
            variant=variant.variant,
            calibration=found,
            reliability=reliability_chart(found),
            risk=risk_chart(found),
            sentences=(_about_temperature(found), _about_threshold(found)),
        )
        for variant in evidence.variants
        if (found := variant.calibration) is not None
    )


def _about_temperature(found: Calibration) -> str:
    if found.temperature > 1:
        what = "its probabilities were too sure there"
    elif found.temperature < 1:
        what = "its probabilities were not sure enough there"
    else:
        what = "its probabilities stay as they are"
    return (
        f"The temperature, fitted on {found.validated_on} validation data, is "
        f"{figure(found.temperature, 2)}: {what}. On the CVs it takes the calibration error from "
        f"{figure(found.error)} to {figure(found.error_after)}."
    )


def _about_threshold(found: Calibration) -> str:
    if found.threshold is None or found.answered is None:
        return (
            f"No confidence reaches {percent(found.wanted)} right answers on validation data, so "
            "there is no threshold."
        )
    if found.threshold == 0 and found.answered.accuracy is not None:
        return (
            f"On validation data {percent(found.wanted)} of the answers or more are right without "
            "a threshold, so every job is answered, "
            f"{percent(found.answered.accuracy)} of them rightly."
        )
    if found.answered.accuracy is None:
        return (
            f"At a confidence of {figure(found.threshold, 2)}, set on validation data for "
            f"{percent(found.wanted)} right answers, no job is answered."
        )
    return (
        f"At a confidence of {figure(found.threshold, 2)}, set on validation data for "
        f"{percent(found.wanted)} right answers, {percent(found.answered.coverage)} of the jobs "
        f"are answered, {percent(found.answered.accuracy)} of these rightly."
    )

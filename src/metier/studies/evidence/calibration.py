"""Whether a variant's confidence can be used: temperature, reliability, abstention."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from metier.metrics.calibration import (
    abstention_threshold,
    answered_scores,
    apply_temperature,
    expected_calibration_error,
    fit_temperature,
    reliability,
    risk_coverage,
)
from metier.studies.evidence.models import Calibration
from metier.studies.judging import Judged

__all__ = ["calibration_of"]

# The accuracy that people ask of answers that nobody checks.
WANTED = 0.9
# Points of the risk–coverage curve that are written down.
POINTS = 60


def calibration_of(judged: Judged, truth: NDArray[np.intp]) -> Calibration | None:
    """Fit temperature and threshold on a trial's validation titles, and judge them on the CVs.

    Args:
        judged: The trial.
        truth: Indices of the human labels, shape (n,): scored only.

    Returns:
        The calibration, or None where there was nothing to validate on, or some jobs of the CVs
        cannot be answered.
    """
    given, kind = judged.predictions, judged.result.validate_on
    if kind is None or not len(given.validation) or not given.covered.all():
        return None
    temperature = fit_temperature(given.validation, given.validation_truth)
    validation = apply_temperature(given.validation, temperature)
    cvs = apply_temperature(given.cvs, temperature)
    threshold = abstention_threshold(validation, given.validation_truth, accuracy=WANTED)
    curve = risk_coverage(cvs, truth)
    shown = np.unique(np.linspace(0, len(curve.coverage) - 1, POINTS).round().astype(int))
    return Calibration(
        validated_on=kind,
        temperature=temperature,
        error=expected_calibration_error(given.cvs, truth),
        error_after=expected_calibration_error(cvs, truth),
        bins=reliability(given.cvs, truth),
        bins_after=reliability(cvs, truth),
        coverage=tuple(float(curve.coverage[point]) for point in shown),
        risk=tuple(float(curve.risk[point]) for point in shown),
        area=curve.area,
        wanted=WANTED,
        threshold=threshold,
        answered=None if threshold is None else answered_scores(cvs, truth, threshold),
    )

"""Label shift: other shares of labels than in training, and answers corrected for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from metier.data import CVs, LabelledTitles, Purpose, Role, require
from metier.errors import DataError, RoleError
from metier.metrics import em_priors, total_variation, with_priors

__all__ = [
    "LabelShift",
    "PriorEstimate",
    "corrected_probabilities",
    "estimate_priors",
    "label_shift",
]


class PriorEstimate(BaseModel):
    """Shares of labels in training, and those estimated on unlabelled CVs.

    Attributes:
        target: The target.
        labels: The labels, in scale order.
        training: Each label's share of the training rows.
        own: The shares that the classifier takes for granted, where they were given; None where
            they are those of the training rows.
        estimated: Each label's estimated share of the unlabelled rows.
        absent: Labels that the classifier takes for impossible, as it does those without
            training rows: no estimate can find them, their share stays 0.
        rows: Unlabelled rows that the estimate rests on.
        source: Where these come from.
        converged: Whether the estimate had settled when it stopped.
    """

    model_config = ConfigDict(frozen=True)

    target: str
    labels: tuple[str, ...]
    training: tuple[float, ...]
    own: tuple[float, ...] | None = None
    estimated: tuple[float, ...]
    absent: tuple[str, ...]
    rows: int
    source: str
    converged: bool


class LabelShift(BaseModel):
    """How far shares of labels are apart, as total variation in [0, 1].

    Attributes:
        priors: The shares in training and those estimated.
        judged: Each label's share of the judged rows, for comparison; nothing is corrected by
            it. None where nothing was judged.
        training_to_estimated: Between training and the estimate: the shift, as it is seen
            without labels.
        training_to_judged: Between training and the judged rows: the shift, or None.
        estimated_to_judged: Between the estimate and the judged rows: its error, or None.
    """

    model_config = ConfigDict(frozen=True)

    priors: PriorEstimate
    judged: tuple[float, ...] | None
    training_to_estimated: float
    training_to_judged: float | None
    estimated_to_judged: float | None


def estimate_priors(
    probabilities: NDArray[np.floating],
    unlabelled: CVs,
    training: LabelledTitles,
    *,
    own_priors: NDArray[np.floating] | None = None,
) -> PriorEstimate:
    """Estimate the shares of labels among unlabelled CVs.

    See ``metrics.em_priors``. It sets the classifier's calibrated probabilities against the
    shares of labels that the classifier takes for granted. Those are the shares of the training
    rows if it was fitted to these rows as they are. A classifier that met its labels in other
    shares (oversampled, weighted by label, fitted to a few rows a label) or that was not fitted
    takes others for granted: without ``own_priors`` the estimate finds a shift where there is
    none.

    Args:
        probabilities: A classifier's probabilities on the unlabelled jobs, shape (n, K).
        unlabelled: The jobs, of the role unlabelled: shares estimated on judged rows would be
            fitted to what they are scored on.
        training: The rows that the classifier was fitted to, with repetitions.
        own_priors: The shares that the classifier takes for granted, shape (K,), where they are
            not those of the training rows; of one that met every label equally often, 1 / K.

    Raises:
        RoleError: If the CVs are not unlabelled, or the training rows may not be fitted.
        DataError: If there is not one row of K probabilities per job, or no training row.
        ValueError: If there is no job, or ``own_priors`` are no shares of the K labels.
    """
    if unlabelled.role is not Role.UNLABELLED:
        raise RoleError(
            f"{unlabelled.source} is {unlabelled.role} data; shares of labels are estimated on "
            f"{Role.UNLABELLED} data alone, never on rows that are judged."
        )
    require(Purpose.FIT, training.role, training.source)
    labels = training.scale.labels
    if probabilities.shape != (len(unlabelled.jobs), len(labels)):
        raise DataError(
            f"{unlabelled.source} has {len(unlabelled.jobs)} jobs and {training.scale.target} has "
            f"{len(labels)} labels; probabilities of shape {probabilities.shape} do not fit them."
        )
    if len(training) == 0:
        raise DataError(f"{training.source} has no rows, and so no shares of labels.")
    shares = tuple(training.shares.values())
    found = em_priors(probabilities, np.asarray(shares) if own_priors is None else own_priors)
    return PriorEstimate(
        target=training.scale.target,
        labels=labels,
        training=shares,
        own=None if own_priors is None else tuple(own_priors.tolist()),
        estimated=tuple(found.priors.tolist()),
        absent=tuple(labels[place] for place in found.absent),
        rows=len(unlabelled.jobs),
        source=unlabelled.source,
        converged=found.converged,
    )


def corrected_probabilities(
    probabilities: NDArray[np.floating], priors: PriorEstimate
) -> NDArray[np.float64]:
    """Correct a classifier's probabilities for the shares estimated on unlabelled CVs.

    Args:
        probabilities: The classifier's probabilities on any titles, shape (n, K).
        priors: The shares; they were estimated with the same classifier.

    Returns:
        Probabilities of shape (n, K); see ``metrics.with_priors``.
    """
    own = priors.training if priors.own is None else priors.own
    return with_priors(probabilities, np.asarray(own), np.asarray(priors.estimated))


def label_shift(priors: PriorEstimate, judged: LabelledTitles | None = None) -> LabelShift:
    """Measure the label shift, and how well it was estimated.

    Args:
        priors: The shares in training and those estimated.
        judged: The human labels of CVs, scored only.

    Raises:
        RoleError: If the role of the judged rows forbids scoring.
        DataError: If they are of another target or have no rows.
    """
    true_shares = None if judged is None else _judged_shares(judged, priors)
    training, estimated = np.asarray(priors.training), np.asarray(priors.estimated)
    true = None if true_shares is None else np.asarray(true_shares)
    return LabelShift(
        priors=priors,
        judged=true_shares,
        training_to_estimated=total_variation(training, estimated),
        training_to_judged=None if true is None else total_variation(training, true),
        estimated_to_judged=None if true is None else total_variation(estimated, true),
    )


def _judged_shares(judged: LabelledTitles, priors: PriorEstimate) -> tuple[float, ...]:
    require(Purpose.SCORE, judged.role, judged.source)
    if judged.scale.labels != priors.labels:
        raise DataError(
            f"{judged.source} has labels of the target '{judged.scale.target}', the estimated "
            f"shares are of '{priors.target}'."
        )
    if len(judged) == 0:
        raise DataError(f"{judged.source} has no rows, and so no shares of labels.")
    return tuple(judged.shares.values())

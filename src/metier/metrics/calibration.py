"""Whether probabilities mean what they say: temperature, calibration, abstention."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

__all__ = [
    "AnsweredScores",
    "ReliabilityBin",
    "RiskCoverage",
    "abstention_threshold",
    "answered_scores",
    "apply_temperature",
    "brier_score",
    "expected_calibration_error",
    "fit_temperature",
    "log_loss",
    "reliability",
    "risk_coverage",
]

TEMPERATURES = (0.05, 20.0)
# The search narrows log T by 0.618 a step; after 40 steps T is known to eight digits.
STEPS = 40
# A certain mistake weighs heavily, but not infinitely.
FLOOR = 1e-12
# Digits of a confidence that count: a sum in another order changes the sixteenth.
DIGITS = 12
# The greatest weight that a label less probable than the first may round up to: it stays below
# the first one's, 1, after the division by the sum as well.
BELOW_FIRST = 1 - 4 * np.finfo(np.float64).eps


class ReliabilityBin(BaseModel):
    """The rows whose confidence lies in (low, high].

    Attributes:
        low: Lower bound, excluded.
        high: Upper bound, included.
        n: Rows, at least 1.
        confidence: Their mean probability of the most probable label.
        accuracy: Share of them whose most probable label is right.
    """

    model_config = ConfigDict(frozen=True)

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


class RiskCoverage(BaseModel):
    """Errors among the rows that are answered, as ever less confident rows are answered too.

    Attributes:
        confidence: Distinct confidences to twelve digits, descending: point i answers every row
            that is at least this confident.
        coverage: Share of the rows answered at each point, ascending to 1.
        risk: Share of the answered rows whose most probable label is wrong, at each point.
        area: Area under risk over coverage as a step function, in [0, 1]; lower is better.
    """

    model_config = ConfigDict(frozen=True)

    confidence: tuple[float, ...]
    coverage: tuple[float, ...]
    risk: tuple[float, ...]
    area: float


class AnsweredScores(BaseModel):
    """What a threshold on confidence leaves.

    Attributes:
        coverage: Share of the rows answered.
        accuracy: Share of the answered rows that are right; None where none is answered.
    """

    model_config = ConfigDict(frozen=True)

    coverage: float
    accuracy: float | None


def fit_temperature(probabilities: NDArray[np.floating], truth: NDArray[np.intp]) -> float:
    """Return the temperature of ``apply_temperature`` with the greatest likelihood.

    Guo et al., On Calibration of Modern Neural Networks (ICML 2017), section 4.2. The loss has
    one minimum in T, so that a golden-section search on log T finds it, the same on every
    machine. A probability below 1e-12 counts as 1e-12, but one of exactly 0 stays 0 at every
    temperature: rows whose true label has it, such as one that was not trained, tell nothing
    about the temperature and are left out.

    Args:
        probabilities: Probabilities on validation titles, shape (n, K), n ≥ 1.
        truth: Their label indices, shape (n,).

    Returns:
        T in [0.05, 20]: above 1 for an overconfident classifier, below 1 for a timid one; 1 where
        no row is left.

    Raises:
        ValueError: If there is no row, or the lengths differ.
    """
    probabilities = _checked(probabilities, truth)
    told = probabilities[np.arange(len(truth)), truth] > 0
    if not told.any():
        return 1.0
    probabilities, truth = probabilities[told], truth[told]
    logs = np.where(probabilities > 0, np.log(np.maximum(probabilities, FLOOR)), -np.inf)
    logs -= logs.max(axis=1, keepdims=True)
    true_logs = logs[np.arange(len(truth)), truth]

    def loss(log_temperature: float) -> float:
        inverse = np.exp(-log_temperature)
        totals = np.log(np.exp(logs * inverse).sum(axis=1))
        return float((totals - true_logs * inverse).mean())

    low, high = np.log(TEMPERATURES)
    best = _lowest(loss, float(low), float(high))
    # Where no temperature is better than none, as for flat probabilities, nothing is changed.
    return float(np.exp(best)) if loss(best) < loss(0.0) else 1.0


def apply_temperature(
    probabilities: NDArray[np.floating], temperature: float
) -> NDArray[np.float64]:
    """Sharpen or flatten probabilities: p^(1/T), renormalised.

    For probabilities of a softmax, the logits divided by T. The arg-max stays, and so does every
    probability of 0. Rows of the same probabilities in another order stay so.

    Args:
        probabilities: Probabilities, shape (n, K), each row with a positive entry.
        temperature: T > 0; 1 changes nothing.

    Returns:
        Probabilities of shape (n, K), whose rows sum to 1.

    Raises:
        ValueError: If the temperature is not positive.
    """
    if not temperature > 0:
        raise ValueError(f"a temperature of {temperature} is not positive")
    given = np.asarray(probabilities, dtype=np.float64)
    first = given.max(axis=1, keepdims=True, initial=0.0)
    with np.errstate(divide="ignore"):
        weights = np.exp((np.log(given) - np.log(first)) / temperature)
    weights = np.where(given < first, np.minimum(weights, BELOW_FIRST), weights)
    # A sum depends on its order by a rounding error, and rows of the same probabilities, whatever
    # their labels, have to stay equally confident.
    totals = np.sort(weights, axis=1).sum(axis=1, keepdims=True)
    return np.asarray(weights / totals)


def reliability(
    probabilities: NDArray[np.floating], truth: NDArray[np.intp], bins: int = 10
) -> tuple[ReliabilityBin, ...]:
    """Compare confidence with accuracy in bins of equal width.

    Args:
        probabilities: Probabilities, shape (n, K), n ≥ 1.
        truth: Label indices, shape (n,).
        bins: Number of bins that [0, 1] is cut into.

    Returns:
        The bins that hold a row, in ascending order.

    Raises:
        ValueError: If there is no row, the lengths differ, or there is no bin.
    """
    if bins < 1:
        raise ValueError(f"{bins} bins: at least 1 is needed")
    confidence, right = _confidence(probabilities, truth)
    places = np.clip(np.ceil(confidence * bins) - 1, 0, bins - 1).astype(np.intp)
    return tuple(
        ReliabilityBin(
            low=float(place / bins),
            high=float((place + 1) / bins),
            n=int(np.sum(places == place)),
            confidence=float(confidence[places == place].mean()),
            accuracy=float(right[places == place].mean()),
        )
        for place in np.unique(places)
    )


def expected_calibration_error(
    probabilities: NDArray[np.floating], truth: NDArray[np.intp], bins: int = 10
) -> float:
    """Return the mean gap between confidence and accuracy, in [0, 1], over equal-width bins.

    Bins weigh as many rows as they hold: Guo et al. (ICML 2017), equation 3. Few rows make it
    larger than it is: compare only figures of as many rows.

    Args:
        probabilities: Probabilities, shape (n, K), n ≥ 1.
        truth: Label indices, shape (n,).
        bins: Number of bins of equal width.

    Raises:
        ValueError: If there is no row, the lengths differ, or there is no bin.
    """
    found = reliability(probabilities, truth, bins)
    return sum(part.n * abs(part.confidence - part.accuracy) for part in found) / len(truth)


def brier_score(probabilities: NDArray[np.floating], truth: NDArray[np.intp]) -> float:
    """Return the mean squared distance of probabilities from the truth, in [0, 2].

    Summed over labels, as Brier defined it (Monthly Weather Review, 1950); lower is better.

    Args:
        probabilities: Probabilities, shape (n, K), n ≥ 1.
        truth: Label indices, shape (n,).

    Raises:
        ValueError: If there is no row, or the lengths differ.
    """
    gaps = _checked(probabilities, truth).copy()
    gaps[np.arange(len(truth)), truth] -= 1
    return float((gaps**2).sum(axis=1).mean())


def log_loss(probabilities: NDArray[np.floating], truth: NDArray[np.intp]) -> float:
    """Return the mean negative log-likelihood in nats; a probability of 0 counts as 1e-12.

    Args:
        probabilities: Probabilities, shape (n, K), n ≥ 1.
        truth: Label indices, shape (n,).

    Raises:
        ValueError: If there is no row, or the lengths differ.
    """
    true = _checked(probabilities, truth)[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(true, FLOOR)).mean())


def risk_coverage(probabilities: NDArray[np.floating], truth: NDArray[np.intp]) -> RiskCoverage:
    """Trace the errors among answered rows against how many are answered.

    Geifman and El-Yaniv, Selective Classification for Deep Neural Networks (NeurIPS 2017).
    Equally confident rows are answered together.

    Args:
        probabilities: Probabilities, shape (n, K), n ≥ 1.
        truth: Label indices, shape (n,).

    Raises:
        ValueError: If there is no row, or the lengths differ.
    """
    confidence, right = _confidence(probabilities, truth)
    thresholds, answered, accuracy = _answered(confidence, right)
    coverage = answered / len(right)
    risk = 1 - accuracy
    return RiskCoverage(
        confidence=tuple(thresholds.tolist()),
        coverage=tuple(coverage.tolist()),
        risk=tuple(risk.tolist()),
        area=float((np.diff(coverage, prepend=0.0) * risk).sum()),
    )


def abstention_threshold(
    probabilities: NDArray[np.floating], truth: NDArray[np.intp], *, accuracy: float
) -> float | None:
    """Return the lowest confidence at which the answered rows are accurate enough.

    It is for validation data only: a threshold set on the rows that it is scored on flatters
    itself.

    Args:
        probabilities: Probabilities on validation titles, shape (n, K), n ≥ 1.
        truth: Their label indices, shape (n,).
        accuracy: Accuracy wanted of the rows at least as confident, in (0, 1].

    Returns:
        The threshold: 0 where all rows together are accurate enough, otherwise the confidence of
        the least confident row answered, to twelve digits; None where no threshold gives the
        accuracy.

    Raises:
        ValueError: If there is no row, the lengths differ, or the accuracy is out of range.
    """
    if not 0 < accuracy <= 1:
        raise ValueError(f"an accuracy of {accuracy} cannot be wanted: it lies in (0, 1]")
    thresholds, _, reached = _answered(*_confidence(probabilities, truth))
    enough = np.flatnonzero(reached >= accuracy)
    if len(enough) == 0:
        return None
    last = int(enough[-1])
    return 0.0 if last == len(thresholds) - 1 else float(thresholds[last])


def answered_scores(
    probabilities: NDArray[np.floating], truth: NDArray[np.intp], threshold: float
) -> AnsweredScores:
    """Score the rows whose confidence, to twelve digits, is at least a threshold.

    Args:
        probabilities: Probabilities, shape (n, K), n ≥ 1.
        truth: Label indices, shape (n,).
        threshold: Lowest confidence that is answered; above 1, no row is.

    Raises:
        ValueError: If there is no row, or the lengths differ.
    """
    confidence, right = _confidence(probabilities, truth)
    answered = confidence >= round(threshold, DIGITS)
    return AnsweredScores(
        coverage=float(answered.mean()),
        accuracy=float(right[answered].mean()) if answered.any() else None,
    )


def _answered(
    confidence: NDArray[np.float64], right: NDArray[np.bool]
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    """Return distinct confidences, descending, with rows at least as sure and their accuracy."""
    order = np.argsort(-confidence, kind="stable")
    ordered = confidence[order]
    ends = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    return ordered[ends], ends + 1, np.cumsum(right[order])[ends] / (ends + 1)


def _confidence(
    probabilities: NDArray[np.floating], truth: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.bool]]:
    """Return each row's greatest probability, rounded, and whether its label is the true one.

    Equal confidences would part by a rounding error, and a threshold fall between them.
    """
    probabilities = _checked(probabilities, truth)
    return probabilities.max(axis=1).round(DIGITS), probabilities.argmax(axis=1) == truth


def _checked(probabilities: NDArray[np.floating], truth: NDArray[np.intp]) -> NDArray[np.float64]:
    if len(truth) == 0 or len(truth) != len(probabilities):
        raise ValueError(f"{len(truth)} true labels and {len(probabilities)} rows of probabilities")
    return np.asarray(probabilities, dtype=np.float64)


def _lowest(loss: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function with one minimum is lowest, by golden-section search."""
    part = (5**0.5 - 1) / 2
    left, right = high - part * (high - low), low + part * (high - low)
    left_loss, right_loss = loss(left), loss(right)
    for _ in range(STEPS):
        if left_loss <= right_loss:
            high, right, right_loss = right, left, left_loss
            left = high - part * (high - low)
            left_loss = loss(left)
        else:
            low, left, left_loss = left, right, right_loss
            right = low + part * (high - low)
            right_loss = loss(right)
    return (low + high) / 2

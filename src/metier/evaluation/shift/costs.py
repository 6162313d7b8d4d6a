"""What label shift and wrong labels cost: the gain of correcting either, and both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict

__all__ = ["CorrectionGains", "LeadingScores", "ShiftCells", "ShiftCosts", "shift_costs"]


class LeadingScores(Protocol):
    """Anything that has the two leading scores, such as ``metrics.Scores`` or means over seeds."""

    @property
    def accuracy(self) -> float:
        """Share of rows whose label is right."""

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the labels that occur."""


@dataclass(frozen=True)
class ShiftCells:
    """Scores of one method on the same judged rows, with and without two corrections.

    Attributes:
        as_trained: Neither correction.
        priors: Probabilities corrected for the estimated shares of labels.
        labels: Trained on repaired labels.
        both: Trained on repaired labels, and its probabilities corrected.
    """

    as_trained: LeadingScores
    priors: LeadingScores
    labels: LeadingScores
    both: LeadingScores


class CorrectionGains(BaseModel):
    """What each correction adds to a score, when it comes first and when it comes second.

    ``priors_first + labels_second == labels_first + priors_second == both``, but for rounding.
    """

    model_config = ConfigDict(frozen=True)

    priors_first: float
    priors_second: float
    labels_first: float
    labels_second: float
    both: float


class ShiftCosts(BaseModel):
    """The gains in the two leading scores."""

    model_config = ConfigDict(frozen=True)

    accuracy: CorrectionGains
    macro_f1: CorrectionGains


def shift_costs(cells: ShiftCells) -> ShiftCosts:
    """Return what label shift and wrong labels cost a method, in both orders of correcting them."""
    scores = (cells.as_trained, cells.priors, cells.labels, cells.both)
    return ShiftCosts(
        accuracy=_gains(*(each.accuracy for each in scores)),
        macro_f1=_gains(*(each.macro_f1 for each in scores)),
    )


def _gains(as_trained: float, priors: float, labels: float, both: float) -> CorrectionGains:
    return CorrectionGains(
        priors_first=priors - as_trained,
        priors_second=both - labels,
        labels_first=labels - as_trained,
        labels_second=both - priors,
        both=both - as_trained,
    )

"""Scores and intervals: arrays in, numbers out."""

from metier.metrics.intervals import Interval, Intervals, bootstrap_intervals
from metier.metrics.ordinal import (
    distance_probabilities,
    expected_rank,
    fit_distance_temperature,
    soft_targets,
)
from metier.metrics.scores import (
    LabelScore,
    Scores,
    accuracy,
    confusion_matrix,
    macro_f1,
    score,
)

__all__ = [
    "Interval",
    "Intervals",
    "LabelScore",
    "Scores",
    "accuracy",
    "bootstrap_intervals",
    "confusion_matrix",
    "distance_probabilities",
    "expected_rank",
    "fit_distance_temperature",
    "macro_f1",
    "score",
    "soft_targets",
]

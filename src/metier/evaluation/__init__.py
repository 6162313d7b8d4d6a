"""Judging classifiers on data that no training saw."""

from metier.evaluation.judging import Judgement, judge, predictions_of, score_labelled
from metier.evaluation.views import VIEWS, View, rows_of_view

__all__ = [
    "VIEWS",
    "Judgement",
    "View",
    "judge",
    "predictions_of",
    "rows_of_view",
    "score_labelled",
]

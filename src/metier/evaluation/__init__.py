"""Judging classifiers on data that no training saw."""

from metier.evaluation.errors import (
    Confusion,
    Mistake,
    ProbableAnnotationError,
    confident_mistakes,
    probable_annotation_errors,
)
from metier.evaluation.explanations import Explanation, explain
from metier.evaluation.invariance import (
    ChangeRate,
    Variation,
    change_rates,
    measure_invariance,
    variations,
)
from metier.evaluation.judging import Judgement, judge, predictions_of, score_labelled
from metier.evaluation.languages import language_of
from metier.evaluation.ledger import Ledger, ScoringSummary, digest_of, summary
from metier.evaluation.slices import SliceScore, score_slices, slices_of
from metier.evaluation.views import (
    VIEWS,
    VIEWS_OF_ANY_MODEL,
    View,
    covered_views,
    rows_of_view,
)

__all__ = [
    "VIEWS",
    "VIEWS_OF_ANY_MODEL",
    "ChangeRate",
    "Confusion",
    "Explanation",
    "Judgement",
    "Ledger",
    "Mistake",
    "ProbableAnnotationError",
    "ScoringSummary",
    "SliceScore",
    "Variation",
    "View",
    "change_rates",
    "confident_mistakes",
    "covered_views",
    "digest_of",
    "explain",
    "judge",
    "language_of",
    "measure_invariance",
    "predictions_of",
    "probable_annotation_errors",
    "rows_of_view",
    "score_labelled",
    "score_slices",
    "slices_of",
    "summary",
    "variations",
]

"""The figures of a model card: how good a model is, on which data, and where it errs."""

from metier.evaluation.card.measuring import Measured, card_figures
from metier.evaluation.card.result import (
    MOST_VARIED,
    SURE,
    CardCalibration,
    CardConfusion,
    CardData,
    CardDetails,
    CardFigures,
    CardLabel,
    CardTarget,
    CardView,
)

__all__ = [
    "MOST_VARIED",
    "SURE",
    "CardCalibration",
    "CardConfusion",
    "CardData",
    "CardDetails",
    "CardFigures",
    "CardLabel",
    "CardTarget",
    "CardView",
    "Measured",
    "card_figures",
]

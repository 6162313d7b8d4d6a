"""The shift between training titles and CVs: of labels, titles and meanings, and its cost."""

from metier.evaluation.shift.concepts import ConceptShift, Relabelled, concept_shift
from metier.evaluation.shift.costs import (
    CorrectionGains,
    LeadingScores,
    ShiftCells,
    ShiftCosts,
    shift_costs,
)
from metier.evaluation.shift.covariates import (
    CovariateShift,
    UnknownWords,
    VectorDistance,
    covariate_shift,
    unknown_words,
    vector_distance,
)
from metier.evaluation.shift.labels import (
    LabelShift,
    PriorEstimate,
    corrected_probabilities,
    estimate_priors,
    label_shift,
)
from metier.evaluation.shift.result import Shift

__all__ = [
    "ConceptShift",
    "CorrectionGains",
    "CovariateShift",
    "LabelShift",
    "LeadingScores",
    "PriorEstimate",
    "Relabelled",
    "Shift",
    "ShiftCells",
    "ShiftCosts",
    "UnknownWords",
    "VectorDistance",
    "concept_shift",
    "corrected_probabilities",
    "covariate_shift",
    "estimate_priors",
    "label_shift",
    "shift_costs",
    "unknown_words",
    "vector_distance",
]

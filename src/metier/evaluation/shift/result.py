"""All that is measured of the shift between training titles and CVs."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from metier.evaluation.shift.concepts import ConceptShift
from metier.evaluation.shift.costs import ShiftCosts
from metier.evaluation.shift.covariates import CovariateShift
from metier.evaluation.shift.labels import LabelShift

__all__ = ["Shift"]


class Shift(BaseModel):
    """The shift between a training set and CVs, for one target; None is what was not measured.

    Attributes:
        labels: Other shares of labels.
        covariates: Other titles.
        concepts: Other labels of the same titles.
        costs: What correcting shares and labels gains.
    """

    model_config = ConfigDict(frozen=True)

    labels: LabelShift | None = None
    covariates: CovariateShift | None = None
    concepts: ConceptShift | None = None
    costs: ShiftCosts | None = None

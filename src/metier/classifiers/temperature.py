"""The temperature of a fitted classifier, set on validation titles."""

from __future__ import annotations

import numpy as np

from metier.classifiers.contract import Classifier, LabelledPart
from metier.metrics import fit_temperature

__all__ = ["validation_temperature"]


def validation_temperature(classifier: Classifier, validation: LabelledPart | None) -> float:
    """Return the temperature at which a classifier's probabilities fit validation titles best.

    Titles that the classifier does not cover say nothing about it and are left out. A costly one
    is asked for none: validation titles are not those that are to be answered.

    Args:
        classifier: The classifier, fitted to other titles.
        validation: Titles and labels of the role validation, or None.

    Returns:
        The T of ``metier.metrics.apply_temperature``; 1, which changes nothing, where
        there is no title to set it on, and for a costly classifier.
    """
    if validation is None or classifier.is_costly:
        return 1.0
    titles, labels = validation
    rows = np.flatnonzero(classifier.covers(titles)).tolist()
    if not rows:
        return 1.0
    probabilities = classifier.predict_proba([titles[row] for row in rows])
    truth = classifier.scale.indices([labels[row] for row in rows])
    return fit_temperature(probabilities, truth)

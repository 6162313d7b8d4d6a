"""Handing data to a classifier, as far as its role allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from metier.classifiers.contract import Classifier
from metier.data import LabelledTitles, Purpose, join, require
from metier.errors import DataError

__all__ = ["fit"]

AnyClassifier = TypeVar("AnyClassifier", bound=Classifier)


def fit(
    classifier: AnyClassifier,
    training: Sequence[LabelledTitles],
    validation: LabelledTitles | None = None,
) -> AnyClassifier:
    """Fit a classifier to data that may be fitted.

    Args:
        classifier: The classifier to fit.
        training: Sets of the role training or pseudo-labelled; they are joined. None are needed
            by a method that is not fitted.
        validation: A set of the role validation.

    Raises:
        RoleError: If a set's role forbids what it is handed over for.
        DataError: If a set has labels of another scale, or there is nothing to fit.
    """
    for part in training:
        require(Purpose.FIT, part.role, part.source)
    if validation is not None:
        require(Purpose.STOP, validation.role, validation.source)
        if not len(validation):
            raise DataError(
                f"{validation.source}: no title is left to validate on; a label needs three "
                "different titles to have one in validation."
            )
    if not training and not classifier.is_fitted:
        return classifier.fit((), ())
    joined = join(training)
    for part in [joined, *([validation] if validation is not None else [])]:
        if part.scale != classifier.scale:
            raise DataError(
                f"{part.source} has labels of the target '{part.scale.target}', the classifier "
                f"is for '{classifier.scale.target}'."
            )
    if len(set(joined.labels)) < 2:
        raise DataError(
            f"Training needs titles of at least two labels of '{classifier.scale.target}'; there "
            f"are {len(joined)} titles of {len(set(joined.labels))}."
        )
    held_out = None if validation is None else (validation.titles, validation.labels)
    return classifier.fit(joined.titles, joined.labels, validation=held_out)

"""The mistakes of the variant that is shown, and the labels that most methods doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from metier.data import CVs, Purpose, allows
from metier.evaluation import View, confident_mistakes, probable_annotation_errors
from metier.evaluation.errors import FEWEST_METHODS, Confusion, ProbableAnnotationError
from metier.guidelines import Scale
from metier.studies.judging import Judged

__all__ = ["mistakes_of", "suspects_of"]

# Titles listed of each confusion.
LISTED = 50


def mistakes_of(judged: Judged, cvs: CVs, scale: Scale) -> tuple[Confusion, ...]:
    """Return a trial's mistakes by confusion; none where titles may not be shown."""
    if not allows(Purpose.LOOK, cvs.role) or not judged.predictions.covered.all():
        return ()
    return confident_mistakes(cvs.labelled(scale), judged.predictions.cvs, most=LISTED)


def suspects_of(
    judged: Mapping[str, Sequence[Judged]], cvs: CVs, scale: Scale
) -> tuple[tuple[ProbableAnnotationError, ...], tuple[str, ...]]:
    """Return the titles whose human label is probably wrong, and the variants asked.

    Of each method and each diet one variant could speak, but variants of one method err alike: so
    each method has one voice, that of its variant with the best macro F1 on all jobs.

    Returns:
        The titles, none where they may not be shown or fewer than three methods are there.
    """
    if not allows(Purpose.LOOK, cvs.role):
        return (), ()
    best: dict[str, tuple[float, str, NDArray[np.float64]]] = {}
    for name, trials in judged.items():
        scores = trials[0].result.scores(View.ALL) if trials else None
        if scores is None:
            continue
        voice = (scores.macro_f1, name, trials[0].predictions.cvs)
        method = trials[0].result.method
        if method not in best or voice[0] > best[method][0]:
            best[method] = voice
    if len(best) < FEWEST_METHODS:
        return (), ()
    voices = {name: probabilities for _, name, probabilities in best.values()}
    return probable_annotation_errors(cvs.labelled(scale), voices), tuple(voices)

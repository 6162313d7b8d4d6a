"""The shift from the curated list to the CVs, measured, and what each part of it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from metier.data import LabelledTitles, join
from metier.errors import BackboneError
from metier.evaluation import View
from metier.evaluation.shift import (
    PriorEstimate,
    Shift,
    ShiftCells,
    concept_shift,
    corrected_probabilities,
    covariate_shift,
    estimate_priors,
    label_shift,
    shift_costs,
)
from metier.metrics import score
from metier.studies.evidence.models import CorrectedScores, ShiftEvidence
from metier.studies.evidence.variants import Jury
from metier.studies.ingredients import Ingredients
from metier.studies.judging import Judged
from metier.studies.study_file import CURATED, EvidenceSettings
from metier.studies.trials import Trial

__all__ = ["shift_evidence"]

# Titles of a side whose embeddings are compared.
ENCODED = 2000


def shift_evidence(
    target: str,
    settings: EvidenceSettings,
    ingredients: Ingredients,
    judged: Mapping[str, Sequence[Judged]],
    trials: Mapping[str, Trial],
    jury: Jury,
) -> ShiftEvidence | None:
    """Measure the shift of one target.

    Args:
        target: The target.
        settings: Which variants give the costs, and which encoder the distance.
        ingredients: The study's data.
        judged: Variant to its trials that are done.
        trials: Key to planned trial, for what each was trained on.
        jury: What variants are judged by.

    Returns:
        The evidence, or None where the target has no curated list.
    """
    data = ingredients.targets[target]
    if data.curated is None:
        return None
    curated = data.sources[CURATED]
    # The test part may only be scored, and no title of it is listed.
    known = join([data.curated.training, data.curated.validation])
    human = ingredients.judged.labelled(jury.scale)
    pair = _pair(settings, judged)
    labels, corrected = None, tuple[CorrectedScores, ...]()
    if pair is not None and ingredients.unlabelled is not None:
        estimates = [_estimates(of_variant, ingredients, trials) for of_variant in pair]
        labels = label_shift(estimates[0][0], human)
        corrected = tuple(_corrected(pair, estimates, jury))
    return ShiftEvidence(
        source=curated.source,
        shift=Shift(
            labels=labels,
            covariates=covariate_shift(
                curated.titles, human.titles, vectors=_vectors(curated, human, settings)
            ),
            concepts=concept_shift(known, human),
            costs=shift_costs(ShiftCells(*corrected)) if corrected else None,
        ),
        corrected=corrected,
        corrected_variants=(
            (pair[0][0].result.variant, pair[1][0].result.variant) if pair and corrected else None
        ),
    )


def _pair(
    settings: EvidenceSettings, judged: Mapping[str, Sequence[Judged]]
) -> tuple[Sequence[Judged], Sequence[Judged]] | None:
    """Return the trials on curated and on repaired labels, where both were run."""
    curated, repaired = judged.get(settings.curated or ""), judged.get(settings.repaired or "")
    return (curated, repaired) if curated and repaired else None


def _estimates(
    of_variant: Sequence[Judged],
    ingredients: Ingredients,
    trials: Mapping[str, Trial],
) -> list[PriorEstimate]:
    """Estimate the shares of labels on the unlabelled CVs, with each seed's classifier.

    Its probabilities are taken as they come: a temperature would have to be fitted on held-out
    labels of the same kind, and of repaired labels none are held out.
    """
    if ingredients.unlabelled is None:
        return []
    return [
        estimate_priors(
            one.predictions.unlabelled,
            ingredients.unlabelled,
            join(trials[one.result.key].diet.training),
        )
        for one in of_variant
    ]


def _corrected(
    pair: tuple[Sequence[Judged], Sequence[Judged]],
    estimates: Sequence[Sequence[PriorEstimate]],
    jury: Jury,
) -> list[CorrectedScores]:
    """Return the four scores: as trained, with priors, with repaired labels, with both."""
    cells = []
    for labels, (of_variant, priors) in enumerate(zip(pair, estimates, strict=True)):
        for with_priors in (False, True):
            given = [
                corrected_probabilities(one.predictions.cvs, estimate)
                if with_priors
                else one.predictions.cvs
                for one, estimate in zip(of_variant, priors, strict=True)
            ]
            rows = jury.rows[View.ALL]
            scores = [
                score(jury.truth[rows], each.argmax(axis=1)[rows], jury.scale) for each in given
            ]
            cells.append(
                CorrectedScores(
                    priors=with_priors,
                    labels=bool(labels),
                    accuracy=float(np.mean([found.accuracy for found in scores])),
                    macro_f1=float(np.mean([found.macro_f1 for found in scores])),
                )
            )
    return cells


def _vectors(
    training: LabelledTitles, others: LabelledTitles, settings: EvidenceSettings
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    if settings.encoder is None:
        return None
    from metier.classifiers.embedding.encoder import encode

    random = np.random.default_rng(0)
    chosen = [
        [titles[row] for row in sorted(random.permutation(len(titles))[:ENCODED].tolist())]
        for titles in (training.titles, others.titles)
    ]
    try:
        first, second = (
            encode(titles, settings.encoder, prefix=settings.encoder_prefix) for titles in chosen
        )
    except BackboneError:
        return None
    return first, second

"""Weighing the evidence: from the trials of a study to what they show together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from metier.data import CVs
from metier.errors import MissingExtraError
from metier.evaluation import language_of, slices_of
from metier.studies.evidence.findings import key_findings
from metier.studies.evidence.mistakes import mistakes_of, suspects_of
from metier.studies.evidence.models import Finding, TargetEvidence
from metier.studies.evidence.shift import shift_evidence
from metier.studies.evidence.variants import Jury, against_baseline, variant_evidence
from metier.studies.ingredients import Ingredients
from metier.studies.judging import Judged
from metier.studies.results import TrialResult
from metier.studies.study_file import CURATED, Study
from metier.studies.trials import Trial

__all__ = ["weigh"]


def weigh(
    study: Study,
    ingredients: Ingredients,
    trials: Sequence[Trial],
    outcomes: Sequence[Judged | TrialResult],
) -> tuple[dict[str, TargetEvidence], tuple[Finding, ...]]:
    """Return the evidence of every target, and the key findings.

    Args:
        study: The study.
        ingredients: Its data.
        trials: Its trials.
        outcomes: What became of each, in the same order: judged, or why it was not run.
    """
    seen = ingredients.seen_titles
    slices = slices_of(ingredients.judged, seen, _languages(ingredients.judged))
    evidence: dict[str, TargetEvidence] = {}
    findings: list[Finding] = []
    for target in study.targets:
        scale = ingredients.targets[target].guidelines.scale
        jury = Jury.of(ingredients.judged, scale, seen, slices)
        planned = {trial.key: trial for trial in trials if trial.target == target}
        found, judged = _target_evidence(target, study, ingredients, planned, outcomes, jury)
        evidence[target] = found
        curated = ingredients.targets[target].sources.get(CURATED)
        findings += key_findings(
            target,
            study.evidence,
            found.variants,
            judged,
            {} if curated is None else curated.shares,
            ingredients.targets[target].guidelines.fallback,
            jury,
        )
    return evidence, tuple(findings)


def _target_evidence(
    target: str,
    study: Study,
    ingredients: Ingredients,
    planned: dict[str, Trial],
    outcomes: Sequence[Judged | TrialResult],
    jury: Jury,
) -> tuple[TargetEvidence, dict[str, list[Judged]]]:
    results: dict[str, list[TrialResult]] = defaultdict(list)
    judged: dict[str, list[Judged]] = defaultdict(list)
    for outcome in outcomes:
        result = outcome.result if isinstance(outcome, Judged) else outcome
        if result.target == target:
            results[result.variant].append(result)
            if isinstance(outcome, Judged):
                judged[result.variant].append(outcome)
    whole = {name: found for name, found in judged.items() if len(found) == len(results[name])}
    variants = [
        variant_evidence(found, whole.get(name, ()), jury) for name, found in results.items()
    ]
    baseline = study.evidence.baseline
    if baseline not in results:
        baseline = next(iter(results))
    against = against_baseline(whole, baseline, jury)
    shown = _shown(target, study, whole)
    suspects, asked = suspects_of(whole, ingredients.judged, jury.scale)
    found = TargetEvidence(
        baseline=baseline,
        variants=tuple(
            one.model_copy(update={"against": against.get(one.variant)}) for one in variants
        ),
        shift=shift_evidence(target, study.evidence, ingredients, whole, planned, jury),
        shown=shown,
        mistakes=(
            () if shown is None else mistakes_of(whole[shown][0], ingredients.judged, jury.scale)
        ),
        suspects=suspects,
        asked=asked,
    )
    return found, whole


def _shown(target: str, study: Study, judged: dict[str, list[Judged]]) -> str | None:
    """The variant whose mistakes are listed: that of the run's model, else the last one."""
    chosen = study.model.get(target)
    if chosen in judged:
        return chosen
    return next(reversed(judged), None)


def _languages(cvs: CVs) -> list[str]:
    """Tell the language of each job; without a detector all are unsure."""
    try:
        return language_of(cvs.titles)
    except MissingExtraError:
        return ["unsure"] * len(cvs.jobs)

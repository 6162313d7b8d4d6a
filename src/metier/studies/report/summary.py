"""What a study compared, and what came of it, in a few sentences."""

from __future__ import annotations

from metier.evaluation import View
from metier.studies.evidence.models import TargetEvidence, VariantEvidence, ViewFigures
from metier.studies.formats import count, figure, listed, p_value, range_of, signed
from metier.studies.results import StudyResults

__all__ = ["about_study", "about_target"]


def about_study(results: StudyResults) -> str:
    """Say what was compared, with which seeds, and on what."""
    variants = {trial.variant for trial in results.trials}
    methods = {trial.method for trial in results.trials}
    seeds = sorted({trial.seed for trial in results.trials})
    return (
        f"{count(len(variants), 'variant')} of {count(len(methods), 'method')}, "
        f"{'seed' if len(seeds) == 1 else 'seeds'} {listed([str(seed) for seed in seeds])}, "
        f"judged on {results.judged_on}{_size(results)}."
    )


def _size(results: StudyResults) -> str:
    for evidence in results.evidence.values():
        for variant in evidence.variants:
            jobs, held = variant.figures(View.ALL), variant.figures(View.ONE)
            if jobs is not None:
                on = f": {count(jobs.n, 'job')}"
                return f"{on} ({count(held.n, 'CV')} with a job held now)" if held else on
    return ""


def about_target(evidence: TargetEvidence) -> tuple[str, ...]:
    """Say which variant scores best, how sure that is, and what the baseline shows."""
    scored = [
        (variant, found)
        for variant in evidence.variants
        if (found := variant.figures(View.ALL)) is not None
    ]
    if not scored:
        return ("No variant that was run here answers all jobs.",)
    best = max(scored, key=lambda pair: pair[1].macro_f1.mean)
    sentences = [_best(best, scored), _near(best, scored), _against(evidence, best[0])]
    return tuple(sentence for sentence in (*sentences, _fall(evidence)) if sentence)


Scored = tuple[VariantEvidence, ViewFigures]


def _best(best: Scored, scored: list[Scored]) -> str:
    variant, found = best
    interval = found.macro_f1.interval
    sure = f" (95 % interval {range_of(interval.low, interval.high)})" if interval else ""
    of = f"Of {len(scored)} variants" if len(scored) > 1 else "Of one variant"
    return (
        f"{of} that answer all jobs, ‘{variant.variant}’ has the highest macro F1: "
        f"{figure(found.macro_f1.mean)}{sure}."
    )


def _near(best: Scored, scored: list[Scored]) -> str:
    interval = best[1].macro_f1.interval
    if interval is None or len(scored) < 2:
        return ""
    near = [
        found
        for variant, found in scored
        if variant is not best[0] and found.macro_f1.mean >= interval.low
    ]
    if not near:
        return "No other mean lies within that interval."
    others = "Another mean lies" if len(near) == 1 else f"{len(near)} other means lie"
    return f"{others} within that interval, so the order at the top is not settled."


def _against(evidence: TargetEvidence, best: VariantEvidence) -> str:
    if best.variant == evidence.baseline:
        return "It is the baseline itself: nothing does better here."
    if best.against is None:
        return ""
    test = best.against.macro_f1
    if not best.against.is_distinguishable:
        return (
            f"From the baseline, ‘{evidence.baseline}’, it cannot be told apart: the difference "
            f"is {signed(test.value)}, {_p(test.p_holm)} after Holm’s correction."
        )
    return (
        f"That is {signed(test.value)} against the baseline, ‘{evidence.baseline}’ (95 % interval "
        f"{signed(test.interval.low)} to {signed(test.interval.high)}; "
        f"{_p(test.p_holm)} after Holm’s correction)."
    )


def _p(value: float) -> str:
    text = p_value(value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def _fall(evidence: TargetEvidence) -> str:
    for variant in evidence.variants:
        outside = variant.figures(View.ALL)
        if variant.variant == evidence.baseline and variant.test and outside:
            return (
                f"The baseline has {figure(variant.test[1].mean)} on the held-out part of the "
                f"curated list and {figure(outside.macro_f1.mean)} on the CVs."
            )
    return ""

"""The key findings of the reference study, each tested with this study's trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from metier.evaluation import View
from metier.metrics.intervals import Interval
from metier.metrics.significance import compared, compared_by
from metier.studies.evidence.models import Finding, VariantEvidence, Verdict
from metier.studies.evidence.variants import Jury
from metier.studies.formats import figure, signed
from metier.studies.judging import Judged
from metier.studies.study_file import EvidenceSettings

__all__ = ["key_findings"]

# A gain below this is taken for none: about what one title more or less of a rare label does.
NEGLIGIBLE = 0.05
# What counts as near perfect, and as a failure: a fall of this much.
NEAR_PERFECT = 0.95
FALL = 0.3
# Labels with less than this share of the curated rows are rare.
RARE = 0.1


class _Court:
    """What every finding of one target is tested with."""

    def __init__(
        self,
        target: str,
        settings: EvidenceSettings,
        variants: Sequence[VariantEvidence],
        judged: Mapping[str, Sequence[Judged]],
        jury: Jury,
    ) -> None:
        self.target = target
        self.names = settings.variants
        self.variants = {found.variant: found for found in variants}
        self.judged = judged
        self.jury = jury

    def missing(self, *parts: str) -> str | None:
        """Say which of the variants that play some parts was not run for the target."""
        for part in parts:
            found = self.variants.get(self.names.get(part, ""))
            if found is None:
                return f"the study has no variant that plays the part '{part}' for {self.target}"
            if found.status != "done":
                return f"'{found.variant}' was not run here"
            if found.figures(View.ALL) is None:
                return f"'{found.variant}' does not answer all jobs"
        return None

    def labels(self, part: str) -> list[NDArray[np.intp]]:
        """Return the labels that a part's variant gave to all jobs, an array per seed."""
        return [one.labels for one in self.judged[self.names[part]]]

    def finding(self, statement: str, verdict: Verdict, evidence: str) -> Finding:
        return Finding(statement=statement, target=self.target, verdict=verdict, evidence=evidence)


def key_findings(
    target: str,
    settings: EvidenceSettings,
    variants: Sequence[VariantEvidence],
    judged: Mapping[str, Sequence[Judged]],
    curated_shares: Mapping[str, float],
    fallback: str,
    jury: Jury,
) -> list[Finding]:
    """Test the key findings on one target; none where the study names no baseline.

    Args:
        target: The target.
        settings: Which variants play which part.
        variants: What the variants show.
        judged: Variant to its trials that are done.
        curated_shares: Each label's share of the curated list; empty without one.
        fallback: The label of titles that say nothing.
        jury: What variants are judged by.
    """
    if settings.baseline is None:
        return []
    court = _Court(target, settings, variants, judged, jury)
    found = [_synthetic_improves(court)]
    if curated_shares:
        found.append(_gains_where_rare(court, curated_shares, fallback))
    return [*found, _oversampling(court), _perfect_inside(court), _larger_is_better(court)]


def _synthetic_improves(court: _Court) -> Finding:
    statement = f"Synthetic data improves {court.target}."
    return _better(court, statement, "baseline", "synthetic")


def _larger_is_better(court: _Court) -> Finding:
    names = court.names
    if not {"smaller", "larger"} <= names.keys():
        return _better(court, "XLM-R does better than DistilBERT.", "smaller", "larger")
    statement = f"XLM-R does better than DistilBERT ('{names['larger']}', '{names['smaller']}')."
    return _better(court, statement, "smaller", "larger")


def _better(court: _Court, statement: str, before: str, after: str) -> Finding:
    if reason := court.missing(before, after):
        return court.finding(statement, "not run here", f"Not tested: {reason}.")
    jury = court.jury
    test = compared(
        jury.truth,
        court.labels(before),
        court.labels(after),
        jury.groups,
        len(jury.scale.labels),
    ).macro_f1
    return court.finding(
        statement,
        _verdict_of_gain(test.interval),
        f"Macro F1 on all jobs changes by {signed(test.value)} "
        f"(95 % interval {_interval(test.interval)}) from '{court.names[before]}' to "
        f"'{court.names[after]}'.",
    )


def _gains_where_rare(court: _Court, shares: Mapping[str, float], fallback: str) -> Finding:
    """Compare the mean gain in F1 of the labels that are rare in the list with that of others."""
    labels = court.jury.scale.labels
    ordinal = court.jury.scale.is_ordinal
    if ordinal:
        statement = f"Synthetic data helps rare {court.target} levels most."
        rare = [k for k, label in enumerate(labels) if shares[label] < RARE]
    else:
        statement = f"Synthetic data helps {fallback} most."
        rare = [labels.index(fallback)]
    if not rare or len(rare) == len(labels):
        return court.finding(statement, "undecided", "No label, or every label, is rare.")
    if reason := court.missing("baseline", "synthetic"):
        return court.finding(statement, "not run here", f"Not tested: {reason}.")
    others = [k for k in range(len(labels)) if k not in rare]

    def contrast(f1: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(f1[..., rare].mean(axis=-1) - f1[..., others].mean(axis=-1))

    jury = court.jury
    test = compared_by(
        contrast,
        jury.truth,
        court.labels("baseline"),
        court.labels("synthetic"),
        jury.groups,
        len(labels),
    )
    names = ", ".join(labels[k] for k in rare)
    return court.finding(
        statement,
        _verdict_of_gain(test.interval),
        f"The gain in the mean F1 of {names}, less that of the other labels, is "
        f"{signed(test.value)} (95 % interval {_interval(test.interval)}).",
    )


def _oversampling(court: _Court) -> Finding:
    statement = "Oversampling alone does not help."
    if reason := court.missing("baseline", "oversampled"):
        return court.finding(statement, "not run here", f"Not tested: {reason}.")
    jury = court.jury
    test = compared(
        jury.truth,
        court.labels("baseline"),
        court.labels("oversampled"),
        jury.groups,
        len(jury.scale.labels),
    ).macro_f1
    verdict: Verdict = "undecided"
    if test.interval.high < NEGLIGIBLE:
        verdict = "confirmed"
    elif test.interval.low > 0:
        verdict = "refuted"
    return court.finding(
        statement,
        verdict,
        f"Macro F1 on all jobs changes by {signed(test.value)} "
        f"(95 % interval {_interval(test.interval)}); a gain below "
        f"{figure(NEGLIGIBLE, 2)} counts as none.",
    )


def _perfect_inside(court: _Court) -> Finding:
    statement = "Near perfect in distribution, failing on CVs."
    if reason := court.missing("baseline"):
        return court.finding(statement, "not run here", f"Not tested: {reason}.")
    found = court.variants[court.names["baseline"]]
    outside = found.figures(View.ALL)
    if found.test is None or outside is None or outside.macro_f1.interval is None:
        return court.finding(statement, "undecided", "There is no curated test part.")
    inside, interval = found.test[1].mean, outside.macro_f1.interval
    verdict: Verdict = "undecided"
    if inside >= NEAR_PERFECT and inside - interval.high >= FALL:
        verdict = "confirmed"
    elif inside < NEAR_PERFECT or inside - interval.low < FALL:
        verdict = "refuted"
    return court.finding(
        statement,
        verdict,
        f"'{found.variant}' has a macro F1 of {figure(inside)} on the curated test part and of "
        f"{figure(outside.macro_f1.mean)} (95 % interval {figure(interval.low)} to "
        f"{figure(interval.high)}) on all jobs; "
        f"near perfect is {figure(NEAR_PERFECT, 2)}, "
        f"a failure a fall of {figure(FALL, 1)}.",
    )


def _verdict_of_gain(interval: Interval) -> Verdict:
    if interval.low > 0:
        return "confirmed"
    return "refuted" if interval.high < NEGLIGIBLE else "undecided"


def _interval(interval: Interval) -> str:
    return f"{signed(interval.low)} to {signed(interval.high)}"

"""The story of the shift: other labels, other titles, other meanings, and what each costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metier.evaluation.shift import (
    ConceptShift,
    CovariateShift,
    LabelShift,
    PriorEstimate,
    Relabelled,
)
from metier.metrics import total_variation
from metier.studies.evidence.models import CorrectedScores, ShiftEvidence
from metier.studies.formats import count, figure, listed, percent, signed
from metier.studies.report.shares import label_shares
from metier.studies.results import TargetData, TrialResult

__all__ = ["Gauge", "RelabelledPair", "ShiftStory", "shift_story"]

# Pairs of labels that are listed of the titles labelled otherwise.
PAIRS = 12


@dataclass(frozen=True)
class Gauge:
    """A figure on a scale that a person understands.

    Attributes:
        name: What is measured.
        place: Where it stands between the ends, in [0, 1].
        text: The figure.
        low: What the lower end means.
        high: What the upper end means.
        meaning: The figure in a sentence.
    """

    name: str
    place: float
    text: str
    low: str
    high: str
    meaning: str


@dataclass(frozen=True)
class RelabelledPair:
    """Titles that have one label in the curated list and another on CVs."""

    training: str
    label: str
    titles: int
    rows: int


@dataclass(frozen=True)
class ShiftStory:
    """What the report says about the shift.

    Attributes:
        shares: Source to label to share.
        about_shares: The label shift in words.
        gauges: How unlike the titles are.
        about_meanings: The concept shift in words, or None where it was not measured.
        pairs: Pairs of labels between which titles moved, those of most jobs first.
        relabelled: The titles labelled otherwise; empty where they may not be shown.
        costs: The four scores, as trained, with corrected shares, on repaired labels, with both;
            empty where they were not measured.
        about_costs: The costs in words.
        variants: The variants behind them, or None.
    """

    shares: Mapping[str, Mapping[str, float]]
    about_shares: str
    gauges: tuple[Gauge, ...] = ()
    about_meanings: str | None = None
    pairs: tuple[RelabelledPair, ...] = ()
    relabelled: tuple[Relabelled, ...] = ()
    costs: tuple[CorrectedScores, ...] = ()
    about_costs: str = ""
    variants: tuple[str, str] | None = None


def shift_story(
    data: TargetData, done: Sequence[TrialResult], evidence: ShiftEvidence | None
) -> ShiftStory:
    """Return what the report says about the shift of one target.

    Args:
        data: The target's data.
        done: Its trials that were run.
        evidence: The shift, or None where the target has no curated list.
    """
    labels = None if evidence is None else evidence.shift.labels
    shares = label_shares(data, done, labels)
    about_shares = _about_shares(shares, labels)
    if evidence is None:
        return ShiftStory(shares, about_shares)
    covariates, concepts = evidence.shift.covariates, evidence.shift.concepts
    costs = tuple(sorted(evidence.corrected, key=lambda each: (each.labels, each.priors)))
    return ShiftStory(
        shares=shares,
        about_shares=about_shares,
        gauges=() if covariates is None else _gauges(covariates),
        about_meanings=None if concepts is None else _about_meanings(concepts),
        pairs=() if concepts is None else _pairs(concepts.listing),
        relabelled=() if concepts is None else concepts.listing,
        costs=costs if len(costs) == 4 else (),
        about_costs=_about_costs(costs) if len(costs) == 4 else "",
        variants=evidence.corrected_variants,
    )


def _about_shares(shares: Mapping[str, Mapping[str, float]], shift: LabelShift | None) -> str:
    curated, true = next(iter(shares.values())), shares["CVs"]
    if len(shares) < 2:
        return "There is no curated list to compare the CVs with."
    distance = (
        shift.training_to_judged
        if shift is not None and shift.training_to_judged is not None
        else total_variation(np.array(list(curated.values())), np.array(list(true.values())))
    )
    widest = max(true, key=lambda label: abs(true[label] - curated[label]))
    sentence = (
        f"{percent(distance)} of the curated rows would have to change their label before the list "
        f"had the shares of the CVs. {widest} differs most: {percent(curated[widest])} of the "
        f"list, {percent(true[widest])} of the CVs."
    )
    if shift is None or shift.estimated_to_judged is None:
        return sentence
    priors = shift.priors
    return (
        f"{sentence} Estimated by EM on {count(priors.rows, 'unlabelled job')}, without a human "
        f"label, the shares are {percent(shift.estimated_to_judged)} away from the true ones "
        f"instead of {percent(distance)}.{_caveats(priors)}"
    )


def _caveats(priors: PriorEstimate) -> str:
    said = ""
    if priors.absent:
        absent = listed(priors.absent)
        said += f" Labels without a curated row cannot be estimated: {absent}."
    if not priors.converged:
        said += " The estimate had not settled when it stopped."
    return said


def _gauges(found: CovariateShift) -> tuple[Gauge, ...]:
    gauges = []
    if found.domain_auc is not None:
        gauges.append(
            Gauge(
                name="Telling the two apart (AUC)",
                place=min(max(2 * found.domain_auc - 1, 0.0), 1.0),
                text=figure(found.domain_auc),
                low=".5 guessing",
                high="1 always told apart",
                meaning="Given a curated title and one from a CV, a simple classifier tells which "
                f"is which {100 * found.domain_auc:.0f} times of 100.",
            )
        )
    unknown = found.unknown_words
    gauges.append(
        Gauge(
            name="Jobs with an unknown word",
            place=unknown.row_share,
            text=percent(unknown.row_share),
            low="none",
            high="all",
            meaning=f"{unknown.rows:,} of {count(unknown.of_rows, 'job')} have a word that no "
            f"curated title has; of {count(unknown.of_words, 'different word')}, "
            f"{percent(unknown.word_share)} are unknown.",
        )
    )
    if found.vectors is not None:
        gauges.append(
            Gauge(
                name="Distance of embeddings (energy)",
                place=min(max(found.vectors.energy, 0.0), 1.0),
                text=figure(found.vectors.energy),
                low="0 one source",
                high="1 or more",
                meaning="Around 0 for two draws of one source. The means are "
                f"{figure(found.vectors.cosine)} apart in cosine distance.",
            )
        )
    return tuple(gauges)


def _about_meanings(found: ConceptShift) -> str:
    if not found.titles:
        return "The list and the CVs have no title in common."
    common = (
        f"{count(found.titles, 'title')} of the CVs {'is' if found.titles == 1 else 'are'} in the "
        "list too"
    )
    if not found.different_titles:
        return f"{common}, always with the same label."
    return (
        f"{common}; {percent(found.different_titles / found.titles)} of them carry another label "
        "on some CV. A classifier that knew the list by heart would be wrong on "
        f"{found.different_rows:,} of the {count(found.rows, 'job')} with such a title "
        f"({percent(found.different_rows / max(found.rows, 1))})."
    )


def _pairs(listing: Sequence[Relabelled]) -> tuple[RelabelledPair, ...]:
    titles = Counter((each.training, each.label) for each in listing)
    rows: Counter[tuple[str, str]] = Counter()
    for each in listing:
        rows[each.training, each.label] += each.rows
    return tuple(
        RelabelledPair(training, label, titles[training, label], jobs)
        for (training, label), jobs in rows.most_common(PAIRS)
    )


def _about_costs(costs: Sequence[CorrectedScores]) -> str:
    as_trained, priors, labels, both = (each.macro_f1 for each in costs)
    return (
        f"Macro F1 changes by {signed(priors - as_trained)} where only the shares of labels are "
        f"corrected, by {signed(labels - as_trained)} where only the curated labels are repaired, "
        f"and by {signed(both - as_trained)} with both; the paths show what each adds when it "
        "comes first and when it comes second."
    )

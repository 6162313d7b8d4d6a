"""Trials that were never run, and the data that they were not trained on."""

from __future__ import annotations

import numpy as np

from metier.evaluation import VIEWS, Judgement, View
from metier.guidelines import Scale
from metier.metrics import Interval, Intervals, Scores, score
from metier.studies import TrialResult
from metier.studies.results import (
    ContradictionCount,
    DisagreementCount,
    EpochResult,
    OverlapCount,
    TargetData,
)

__all__ = [
    "HOSTILE",
    "JOBS",
    "SEEDS",
    "VARIANTS",
    "interval_around",
    "invented_data",
    "invented_trials",
    "sloping_shares",
]

HOSTILE = "</script><img src=x onerror=\"document.title='taken'\"><!-- Kiln Whisperer"
VARIANTS = ("baseline", "words", "words, twice the labels", "rules", "recorded", "large")
METHODS = dict(
    zip(
        VARIANTS,
        ("transformer", "bag-of-words", "bag-of-words", "rules", "recorded", "transformer"),
        strict=True,
    )
)
JOBS, CVS, SEEDS = 240, 90, (42, 43)
# What a variant gets right, before seeds.
SKILL = {"baseline": 0.45, "words": 0.46, "words, twice the labels": 0.7, "rules": 0.6}


def invented_trials(scale: Scale, names: list[str]) -> list[TrialResult]:
    """Return every variant's trials for one target."""
    return [
        _trial(scale, name, seed)
        for name in names
        for seed in (SEEDS if METHODS[name.split(", take")[0]] == "transformer" else SEEDS[:1])
    ]


def invented_data(scale: Scale) -> TargetData:
    """Return the data of one target."""
    k = len(scale.labels)
    shares = {
        source: dict(zip(scale.labels, sloping_shares(k, slope).tolist(), strict=True))
        for source, slope in (("curated", 5.0), ("pseudo", 2.0), ("CVs", 1.0))
    }
    return TargetData(
        target=scale.target,
        question=f"Which {scale.target}?",
        labels=scale.labels,
        ranks=tuple(range(k)) if scale.is_ordinal else None,
        shares=shares,
        rows={"curated": 1300, "pseudo": 2000, "CVs": JOBS},
        overlaps=(
            OverlapCount(
                source="curated",
                rows=30,
                titles=20,
                of_rows=JOBS,
                of_titles=200,
                near_rows=41,
                near_titles=28,
            ),
        ),
        disagreements=(
            DisagreementCount(first="curated", second="pseudo", titles=50, different=9),
        ),
        contradictions=(
            ContradictionCount(
                source="curated",
                titles=1,
                listed=((HOSTILE, {scale.labels[0]: 2, scale.labels[1]: 1}, scale.labels[0]),),
            ),
        ),
    )


def _trial(scale: Scale, name: str, seed: int) -> TrialResult:
    method = METHODS[name.split(", take", maxsplit=1)[0]]
    trained = method in ("transformer", "bag-of-words")
    about = {
        "variant": name,
        "target": scale.target,
        "seed": seed,
        "method": method,
        "parameters": {},
        "train_on": ("curated", "pseudo") if "twice" in name else ("curated",) if trained else (),
        "validate_on": "curated" if trained else None,
        "key": f"{scale.target}-{name}-{seed}",
        "folder": f"trials/{scale.target}/{name}/seed-{seed}",
    }
    if name.startswith("large"):
        return TrialResult(**about, status="not run here", reason="'huge-encoder' is not here.")
    truth, given = _answers(scale, name, seed)
    views = VIEWS if method != "recorded" else (View.ACTIVE, View.ONE)
    return TrialResult(
        **about,
        status="done",
        training_rows={"curated": 900},
        validation_rows=200,
        set_aside=3,
        parts={"test": score(truth, np.where(truth % 7 == 6, given, truth), scale)},
        judgements=tuple(
            Judgement(view=view, scores=found, intervals=_intervals(found))
            for view in views
            for found in (_scored(scale, name, seed, view),)
        ),
        covered=JOBS,
        explanations={"Kiln Whisperer": "“whisperer” speaks for it"},
        epochs=tuple(
            EpochResult(
                epoch=epoch,
                training_loss=1.8 / epoch,
                validation_loss=1.0 / epoch + 0.04 * epoch,
                validation_metric=0.5,
                restored=epoch == 4,
            )
            for epoch in range(1, 7)
        )
        if method == "transformer"
        else (),
        seconds=125.0 if method == "transformer" else 0.4,
    )


def _answers(scale: Scale, name: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return true and given labels of all jobs; a variant answers alike in every process."""
    k = len(scale.labels)
    truth = np.random.default_rng(1).choice(k, JOBS, p=sloping_shares(k, 1.0))
    own = np.random.default_rng([seed, *name.encode()])
    right = own.random(JOBS) < SKILL.get(name, 0.5)
    return truth, np.where(right, truth, own.integers(0, k, JOBS))


def _scored(scale: Scale, name: str, seed: int, view: View) -> Scores:
    truth, given = _answers(scale, name, seed)
    n = {View.ALL: JOBS, View.ACTIVE: 110, View.NEW: 170, View.ONE: CVS}[view]
    return score(truth[:n], given[:n], scale)


def _intervals(found: Scores) -> Intervals:
    return Intervals(
        accuracy=interval_around(found.accuracy), macro_f1=interval_around(found.macro_f1)
    )


def sloping_shares(k: int, slope: float) -> np.ndarray:
    """Return shares of k labels, falling from the first to the last."""
    weights = np.exp(-slope * np.arange(k) / k)
    return weights / weights.sum()


def interval_around(value: float, width: float = 0.05) -> Interval:
    """Return an interval within [0, 1]."""
    return Interval(low=max(value - width, 0), high=min(value + width, 1))

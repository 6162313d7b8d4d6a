"""Evidence that no trial gave, with everything in it that a report shows."""

from __future__ import annotations

import numpy as np

from metier.evaluation import (
    ChangeRate,
    Confusion,
    Mistake,
    ProbableAnnotationError,
    SliceScore,
    View,
)
from metier.evaluation.invariance import Kind
from metier.evaluation.shift import (
    ConceptShift,
    CovariateShift,
    LabelShift,
    PriorEstimate,
    Relabelled,
    Shift,
    UnknownWords,
    VectorDistance,
)
from metier.guidelines import Scale
from metier.metrics import Interval, Scores
from metier.metrics.calibration import AnsweredScores, ReliabilityBin
from metier.metrics.significance import Estimate
from metier.studies import TrialResult
from metier.studies.evidence.models import (
    Against,
    Calibration,
    CorrectedScores,
    Figure,
    LabelFigure,
    ShiftEvidence,
    TargetEvidence,
    Tested,
    VariantEvidence,
    ViewFigures,
)
from tests.studies.invented_trials import HOSTILE, JOBS, interval_around, sloping_shares

__all__ = ["TITLES", "invented_evidence"]

TITLES = (
    HOSTILE,
    "Kiln Whisperer",
    "Première Façonnière",
    "Lighthouse Poet (m/w/d)",
    "مهندس المناطيد",
    "Chief Teapot Officer",
    "Donaudampfschifffahrtskapitänsmützenausbürsterin",
    "飛行船の見張り",
)


def invented_evidence(
    scale: Scale, trials: tuple[TrialResult, ...], looked_at: bool
) -> TargetEvidence:
    of_target = [trial for trial in trials if trial.target == scale.target]
    names = list(dict.fromkeys(trial.variant for trial in of_target))
    return TargetEvidence(
        baseline="baseline",
        variants=tuple(
            _variant(scale, [trial for trial in of_target if trial.variant == name])
            for name in names
        ),
        shift=_shift(scale, looked_at),
        shown="words, twice the labels",
        mistakes=_mistakes(scale) if looked_at else (),
        suspects=(
            ProbableAnnotationError(
                title=HOSTILE,
                label=scale.labels[0],
                suggested=scale.labels[1],
                methods=("words", "rules", "baseline", "large"),
                asked=5,
                confidence=0.93,
                rows=1,
            ),
        )
        if looked_at
        else (),
        asked=("words", "rules", "baseline", "large", "recorded") if looked_at else (),
    )


def _variant(scale: Scale, trials: list[TrialResult]) -> VariantEvidence:
    first = trials[0]
    about = {
        "variant": first.variant,
        "method": first.method,
        "train_on": first.train_on,
        "validate_on": first.validate_on,
        "status": first.status,
        "reason": first.reason,
        "seeds": tuple(trial.seed for trial in trials),
    }
    if first.status != "done":
        return VariantEvidence(**about)
    test = first.parts["test"]
    view = View.ACTIVE if first.method == "recorded" else View.ALL
    return VariantEvidence(
        **about,
        distinct=len(trials),
        test=(_figure([test.accuracy], False), _figure([test.macro_f1], False)),
        views=tuple(
            _view(judged.view, [trial.scores(judged.view) for trial in trials])
            for judged in first.judgements
        ),
        against=None if first.variant == "baseline" else _against(first.variant, view),
        slices=_slices(first) if view is View.ALL else (),
        calibration=_calibration(len(first.variant) % 4) if first.validate_on else None,
        invariance=_invariance(first),
        seconds=first.seconds,
    )


def _figure(values: list[float], interval: bool = True) -> Figure:
    mean = float(np.mean(values))
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return Figure(mean=mean, spread=spread, interval=interval_around(mean) if interval else None)


def _view(view: View, scores: list[Scores]) -> ViewFigures:
    return ViewFigures(
        view=view,
        n=scores[0].n,
        accuracy=_figure([found.accuracy for found in scores]),
        macro_f1=_figure([found.macro_f1 for found in scores]),
        mae=None if scores[0].mae is None else _figure([found.mae for found in scores]),
        per_label=tuple(
            LabelFigure(
                label=label.label,
                f1=float(np.mean([found.per_label[k].f1 for found in scores])),
                support=label.support,
            )
            for k, label in enumerate(scores[0].per_label)
        ),
    )


def _against(name: str, view: View) -> Against:
    gain, p = {"words": (0.01, 0.6), "rules": (-0.1, 0.01)}.get(name, (0.2, 0.0002))
    tested = Tested(
        value=gain, interval=Interval(low=gain - 0.06, high=gain + 0.06), p_value=p, p_holm=p
    )
    return Against(baseline="baseline", view=view, accuracy=tested, macro_f1=tested)


def _slices(trial: TrialResult) -> tuple[SliceScore, ...]:
    base = trial.scores(View.ALL).macro_f1
    kinds = {
        "language": ("de", "en", "fr", "ar", "unsure"),
        "novelty": ("new", "known"),
        "gender": ("note", "none marked"),
    }
    return tuple(
        SliceScore(
            dimension=dimension,
            name=name,
            n=150 // (place + 1) ** 2,
            cvs=80 // (place + 1) ** 2,
            accuracy=Estimate(value=base, interval=interval_around(base)),
            macro_f1=Estimate(
                value=base / (1 + place / 4), interval=interval_around(base / (1 + place / 4), 0.1)
            ),
            small=150 // (place + 1) ** 2 < 30,
        )
        for dimension, names in kinds.items()
        for place, name in enumerate(names)
    )


def _calibration(kind: int) -> Calibration:
    def bins(doubt: float) -> tuple[ReliabilityBin, ...]:
        return tuple(
            ReliabilityBin(
                low=place / 10,
                high=(place + 1) / 10,
                n=10 + 12 * (place - 2),
                confidence=place / 10 + 0.05,
                accuracy=(place / 10 + 0.05) * doubt,
            )
            for place in range(2, 10)
        )

    coverage = tuple(np.linspace(0.05, 1, 30).tolist())
    none = kind == 1
    return Calibration(
        validated_on="curated",
        temperature=1.4 + kind / 10,
        error=0.21,
        error_after=0.12,
        bins=bins(0.6 + kind / 20),
        bins_after=bins(0.8),
        coverage=coverage,
        risk=tuple(0.05 + 0.4 * share for share in coverage),
        area=0.21,
        wanted=0.9,
        threshold=None if none else 0.83,
        answered=None if none else AnsweredScores(coverage=0.71, accuracy=0.68),
    )


def _invariance(trial: TrialResult) -> tuple[ChangeRate, ...]:
    return tuple(
        ChangeRate(
            kind=kind,
            n=300,
            changed=0 if kind.is_law else 7 * place,
            rate=0 if kind.is_law else 7 * place / 300,
            interval=Interval(low=0, high=0.3),
            law=kind.is_law,
        )
        for place, kind in enumerate(Kind)
    )


def _shift(scale: Scale, looked_at: bool) -> ShiftEvidence:
    k = len(scale.labels)
    curated, true = sloping_shares(k, 5.0), sloping_shares(k, 1.0)
    estimated = (curated + 3 * true) / 4
    return ShiftEvidence(
        source="curated",
        shift=Shift(
            labels=LabelShift(
                priors=PriorEstimate(
                    target=scale.target,
                    labels=scale.labels,
                    training=tuple(curated.tolist()),
                    estimated=tuple(estimated.tolist()),
                    absent=(),
                    rows=3000,
                    source="unlabelled-cvs.json",
                    converged=True,
                ),
                judged=tuple(true.tolist()),
                training_to_estimated=0.3,
                training_to_judged=0.4,
                estimated_to_judged=0.1,
            ),
            covariates=CovariateShift(
                domain_auc=0.87,
                unknown_words=UnknownWords(rows=100, of_rows=JOBS, words=210, of_words=400),
                vectors=VectorDistance(cosine=0.02, energy=0.11),
            ),
            concepts=ConceptShift(
                titles=30,
                rows=50,
                different_titles=len(TITLES),
                different_rows=22,
                listing=tuple(
                    Relabelled(
                        title=title,
                        training=scale.labels[place % 2],
                        label=scale.labels[2 + place % 3],
                        rows=9 - place,
                    )
                    for place, title in enumerate(TITLES)
                )
                if looked_at
                else (),
            ),
        ),
        corrected=tuple(
            CorrectedScores(
                priors=priors,
                labels=labels,
                accuracy=0.5 + 0.04 * priors + 0.1 * labels,
                macro_f1=0.4 + 0.03 * priors + 0.12 * labels,
            )
            for labels in (False, True)
            for priors in (False, True)
        ),
        corrected_variants=("words", "words, twice the labels"),
    )


def _mistakes(scale: Scale) -> tuple[Confusion, ...]:
    labels = scale.labels
    pairs = [(labels[a], labels[b]) for a in range(5) for b in range(5) if a != b]
    return tuple(
        Confusion(
            label=label,
            predicted=predicted,
            rows=len(TITLES) + 1,
            titles=len(TITLES),
            mistakes=tuple(
                Mistake(
                    title=title,
                    label=label,
                    predicted=predicted,
                    confidence=0.95 - place / 20,
                    label_probability=0.02,
                    rows=2 if place == 0 else 1,
                )
                for place, title in enumerate(TITLES)
            ),
        )
        for label, predicted in pairs
    )

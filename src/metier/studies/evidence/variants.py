"""One variant over its seeds: means and spreads, and the test against the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metier.data import CVs
from metier.evaluation import View, rows_of_view, score_slices
from metier.guidelines import Scale
from metier.metrics.intervals import Interval
from metier.metrics.significance import DifferenceTest, compared, holm, intervals_over_seeds
from metier.studies.evidence.calibration import calibration_of
from metier.studies.evidence.models import (
    Against,
    Figure,
    LabelFigure,
    Tested,
    VariantEvidence,
    ViewFigures,
)
from metier.studies.judging import Judged
from metier.studies.results import TrialResult

__all__ = ["Jury", "against_baseline", "variant_evidence"]

# With many CVs the smallest p-value is 2 / (RESAMPLES + 1); Holm multiplies it by the number of
# variants.
RESAMPLES = 5000


@dataclass(frozen=True)
class Jury:
    """What all variants of a target are judged by.

    Attributes:
        cvs: The judged CVs.
        scale: The target's scale.
        rows: View to rows.
        slices: Dimension to slice to rows.
    """

    cvs: CVs
    scale: Scale
    rows: Mapping[View, list[int]]
    slices: Mapping[str, Mapping[str, Sequence[int]]]

    @classmethod
    def of(
        cls,
        cvs: CVs,
        scale: Scale,
        seen_titles: set[str],
        slices: Mapping[str, Mapping[str, Sequence[int]]],
    ) -> Jury:
        """Find the rows of every view."""
        rows = {view: rows_of_view(view, cvs, seen_titles) for view in View}
        return cls(cvs, scale, rows, slices)

    @property
    def truth(self) -> NDArray[np.intp]:
        """Indices of the human labels, shape (n,)."""
        return self.scale.indices(self.cvs.labelled(self.scale).labels)

    @property
    def groups(self) -> NDArray[np.intp]:
        """The CV of each job, shape (n,)."""
        return np.asarray([job.cv for job in self.cvs.jobs], dtype=np.intp)


def variant_evidence(
    trials: Sequence[TrialResult], judged: Sequence[Judged], jury: Jury
) -> VariantEvidence:
    """Return what the trials of one variant show, but for the test against the baseline.

    Args:
        trials: The variant's trials for one target, at least one.
        judged: Those of them that are done.
        jury: What they are judged by.
    """
    first = trials[0]
    named: dict[str, Any] = {
        "variant": first.variant,
        "method": first.method,
        "train_on": first.train_on,
        "validate_on": first.validate_on,
        "seeds": tuple(trial.seed for trial in trials),
    }
    if len(judged) < len(trials):
        reason = next(trial.reason for trial in trials if trial.status != "done")
        return VariantEvidence(**named, status="not run here", reason=reason)
    given = _distinct(judged)
    views = tuple(
        _view_figures(view, judged, given, jury) for view in View if _is_judged(judged, view)
    )
    return VariantEvidence(
        **named,
        status="done",
        distinct=len(given),
        test=_test_figures(judged),
        views=views,
        slices=(
            score_slices(jury.truth, given, jury.groups, jury.scale, jury.slices)
            if _is_judged(judged, View.ALL)
            else ()
        ),
        calibration=calibration_of(judged[0], jury.truth),
        invariance=judged[0].result.invariance,
        seconds=float(np.mean([one.result.seconds for one in judged])),
    )


def against_baseline(
    judged: Mapping[str, Sequence[Judged]], baseline: str, jury: Jury
) -> dict[str, Against]:
    """Test every variant against the baseline, on the same rows, with Holm's correction.

    A variant that answers only some jobs is tested on the view that it does answer.

    Args:
        judged: Variant to its trials that are done, the baseline's among them.
        baseline: The variant that all are tested against.
        jury: What they are judged by.
    """
    if not judged.get(baseline):
        return {}
    tests: dict[str, tuple[View, DifferenceTest, DifferenceTest]] = {}
    for name, trials in judged.items():
        view = next(
            (v for v in (View.ALL, View.ACTIVE) if _is_judged([*trials, *judged[baseline]], v)),
            None,
        )
        if name == baseline or view is None or not trials:
            continue
        rows = jury.rows[view]
        found = compared(
            jury.truth[rows],
            [given[rows] for given in _distinct(judged[baseline])],
            [given[rows] for given in _distinct(trials)],
            jury.groups[rows],
            len(jury.scale.labels),
            resamples=RESAMPLES,
        )
        tests[name] = (view, found.accuracy, found.macro_f1)
    accuracy = holm({name: test[1].p_value for name, test in tests.items()})
    macro_f1 = holm({name: test[2].p_value for name, test in tests.items()})
    return {
        name: Against(
            baseline=baseline,
            view=view,
            accuracy=Tested(**right.model_dump(), p_holm=accuracy[name]),
            macro_f1=Tested(**f1.model_dump(), p_holm=macro_f1[name]),
        )
        for name, (view, right, f1) in tests.items()
    }


def _is_judged(judged: Sequence[Judged], view: View) -> bool:
    return all(one.result.scores(view) is not None for one in judged)


def _distinct(judged: Sequence[Judged]) -> list[NDArray[np.intp]]:
    """Return the labels given with each seed; of a method without chance just once."""
    given = [one.labels for one in judged]
    return given[:1] if all((one == given[0]).all() for one in given) else given


def _view_figures(
    view: View, judged: Sequence[Judged], given: Sequence[NDArray[np.intp]], jury: Jury
) -> ViewFigures:
    rows = jury.rows[view]
    scores = [found for one in judged if (found := one.result.scores(view)) is not None]
    over_seeds = intervals_over_seeds(
        jury.truth[rows],
        [labels[rows] for labels in given],
        jury.groups[rows],
        len(jury.scale.labels),
        ranks=jury.scale.rank_array if jury.scale.is_ordinal else None,
    )
    errors = [found.mae for found in scores if found.mae is not None]
    return ViewFigures(
        view=view,
        n=len(rows),
        accuracy=figure_of([s.accuracy for s in scores], over_seeds.accuracy.interval),
        macro_f1=figure_of([s.macro_f1 for s in scores], over_seeds.macro_f1.interval),
        mae=figure_of(errors, over_seeds.mae.interval) if over_seeds.mae is not None else None,
        per_label=tuple(
            LabelFigure(
                label=label,
                f1=float(np.mean([found.per_label[k].f1 for found in scores])),
                support=scores[0].per_label[k].support,
            )
            for k, label in enumerate(jury.scale.labels)
        ),
    )


def _test_figures(judged: Sequence[Judged]) -> tuple[Figure, Figure] | None:
    parts = [one.result.parts["test"] for one in judged if "test" in one.result.parts]
    if not parts:
        return None
    return figure_of([part.accuracy for part in parts]), figure_of(
        [part.macro_f1 for part in parts]
    )


def figure_of(values: Sequence[float], interval: Interval | None = None) -> Figure:
    """Return mean and spread of a score over seeds."""
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return Figure(mean=float(np.mean(values)), spread=spread, interval=interval)

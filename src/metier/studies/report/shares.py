"""Shares of labels side by side: in the curated list, as estimated, and on the CVs."""

from __future__ import annotations

from collections.abc import Sequence

from metier.evaluation.shift import LabelShift
from metier.studies.results import TargetData, TrialResult

__all__ = ["label_shares", "shares_to_show"]


def shares_to_show(data: TargetData, done: Sequence[TrialResult]) -> dict[str, dict[str, float]]:
    """Return the shares of the curated list, of it with synthetic data, and of the CVs."""
    if "curated" not in data.shares:
        return dict(data.shares)
    shown = {"curated": data.shares["curated"]}
    joined = [trial for trial in done if "curated" in trial.train_on and len(trial.train_on) > 1]
    if joined:
        sources = joined[0].train_on
        total = sum(data.rows[source] for source in sources)
        shown[f"curated + {' + '.join(s for s in sources if s != 'curated')}"] = {
            label: sum(data.shares[s][label] * data.rows[s] for s in sources) / total
            for label in data.labels
        }
    return shown | {"CVs": data.shares["CVs"]}


def label_shares(
    data: TargetData, done: Sequence[TrialResult], shift: LabelShift | None
) -> dict[str, dict[str, float]]:
    """Return the shares that tell of the label shift.

    With an estimate these are the curated list's, the estimated and the true ones; without one,
    those of ``shares_to_show``.
    """
    if shift is None:
        return shares_to_show(data, done)
    priors = shift.priors
    true = data.shares["CVs"].values() if shift.judged is None else shift.judged
    return {
        "curated list": dict(zip(priors.labels, priors.training, strict=True)),
        "estimated on unlabelled CVs": dict(zip(priors.labels, priors.estimated, strict=True)),
        "CVs": dict(zip(priors.labels, true, strict=True)),
    }

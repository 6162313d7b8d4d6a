"""Results of a study that was never run."""

from __future__ import annotations

from datetime import UTC, datetime

from metier.data import Role
from metier.evaluation.ledger import ScoringSummary
from metier.guidelines import load_guidelines
from metier.studies import StudyResults
from metier.studies.evidence.models import Finding
from tests.studies.invented_evidence import TITLES, invented_evidence
from tests.studies.invented_trials import (
    HOSTILE,
    SEEDS,
    VARIANTS,
    invented_data,
    invented_trials,
)

__all__ = ["HOSTILE", "TITLES", "VARIANTS", "invented_results"]


def invented_results(*, role: Role = Role.DEVELOPMENT, copies: int = 1) -> StudyResults:
    """Return results of two targets.

    Args:
        role: The role of the judged CVs; without the right to look there are no titles.
        copies: How often each variant stands in the study, for a long one.
    """
    names = [
        name if copy == 0 else f"{name}, take {copy + 1}"
        for copy in range(copies)
        for name in VARIANTS
    ]
    scales = [load_guidelines(target).scale for target in ("department", "seniority")]
    looked_at = role is not Role.EVALUATION
    trials = tuple(trial for scale in scales for trial in invented_trials(scale, names))
    return StudyResults(
        study="invented",
        illustration=True,
        role=role,
        judged_on="invented-cvs.json",
        command="metier study invented.toml",
        seeds=SEEDS,
        model={scale.target: "words, twice the labels" for scale in scales},
        environment={"metier": "0.0.0", "machine": "none"},
        data={"invented-cvs.json": "0123456789abcdef" * 4},
        targets=tuple(invented_data(scale) for scale in scales),
        trials=trials,
        evidence={scale.target: invented_evidence(scale, trials, looked_at) for scale in scales},
        findings=tuple(_confirmed(scale.target) for scale in scales)
        + tuple(
            Finding(
                statement=f"Invented finding {place}.",
                target="department",
                verdict=verdict,
                evidence="Macro F1 on all jobs changes by +.040 (95 % interval −.010 to +.090).",
            )
            for place, verdict in enumerate(("refuted", "undecided", "not run here"), 1)
        ),
        scorings=tuple(
            ScoringSummary(
                digest="ab" * 32,
                data=("invented-cvs.json",),
                roles=(role,),
                target=scale.target,
                scorings=1234,
                models=56,
                first=datetime(2024, 2, 3, tzinfo=UTC),
                last=datetime(2024, 4, 5, tzinfo=UTC),
            )
            for scale in scales
        ),
    )


def _confirmed(target: str) -> Finding:
    return Finding(
        statement=f"Synthetic data improves {target}.",
        target=target,
        verdict="confirmed",
        evidence="Macro F1 on all jobs changes by +.240 (95 % interval +.180 to +.300).",
    )

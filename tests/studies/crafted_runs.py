"""Run folders as a study leaves them, written down without running one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from metier.data import Role
from metier.studies.results import StudyResults, TargetData, TrialResult, write_json

LABELS = ("Junior", "Professional", "Senior")
# Ten CVs of four jobs, of which three are professionals'.
TRUTH = ("Junior", "Professional", "Professional", "Senior") * 10
TITLES = tuple(f"Bell founder of tower {row}" for row in range(len(TRUTH)))

# Variant to seed to answers; None for a variant that was not run.
Given = Mapping[str, Mapping[int, Sequence[str]] | None]


def wrong(rows: Sequence[int], answer: str = "Junior") -> tuple[str, ...]:
    """The truth, but for some rows."""
    return tuple(answer if row in rows else label for row, label in enumerate(TRUTH))


def craft_run(
    folder: Path,
    given: Given,
    *,
    role: Role = Role.DEVELOPMENT,
    truth: Sequence[str] = TRUTH,
    titles: Sequence[str] = TITLES,
    labels: tuple[str, ...] = LABELS,
    uncovered: Mapping[str, Sequence[int]] | None = None,
    plan: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Path:
    """Write a run folder with one target, seniority."""
    trials = []
    for variant, seeds in given.items():
        for seed, answers in (seeds or {42: None}).items():
            place = f"trials/seniority/{variant}/seed-{seed}"
            status = "done" if answers is not None else "not run here"
            trials.append(_trial(variant, seed, status, place))
            (folder / place).mkdir(parents=True)
            if answers is not None:
                without = (uncovered or {}).get(variant, ())
                shown = titles if role is Role.DEVELOPMENT else None
                frame = _predictions(truth, shown, answers, without)
                frame.write_parquet(folder / place / "predictions.parquet")
    results = StudyResults(
        study="crafted",
        illustration=True,
        role=role,
        judged_on="cvs.json",
        command="metier study crafted.toml",
        seeds=(42,),
        model={},
        environment=dict(environment or {}),
        data={},
        targets=(
            TargetData(
                target="seniority",
                question="How senior?",
                labels=labels,
                ranks=tuple(map(float, range(len(labels)))),
                shares={},
                rows={},
                overlaps=(),
                disagreements=(),
                contradictions=(),
            ),
        ),
        trials=tuple(trials),
        evidence={},
        findings=(),
        scorings=(),
    )
    write_json(folder / "results.json", results)
    settings = {"seeds": [42], "variants": [{"name": name} for name in given], **(plan or {})}
    write_json(folder / "plan.json", {"settings": settings, "data": {"role": str(role)}})
    return folder


def _trial(variant: str, seed: int, status: str, place: str) -> TrialResult:
    return TrialResult.model_validate(
        {
            "variant": variant,
            "target": "seniority",
            "seed": seed,
            "method": "rules",
            "parameters": {},
            "train_on": (),
            "validate_on": None,
            "status": status,
            "reason": None if status == "done" else "The backbone cannot be had.",
            "key": f"{variant} {seed}",
            "folder": place,
        }
    )


def _predictions(
    truth: Sequence[str],
    titles: Sequence[str] | None,
    answers: Sequence[str],
    uncovered: Sequence[int],
) -> pl.DataFrame:
    n = len(truth)
    judged = pl.DataFrame(
        {
            "part": ["cvs"] * n,
            "row": range(n),
            "cv": [row // 2 for row in range(n)],
            "title": pl.Series(titles or [None] * n, dtype=pl.String),
            "label": truth,
            "predicted": answers,
            "covered": [row not in uncovered for row in range(n)],
        }
    )
    unlabelled = pl.DataFrame({"part": ["unlabelled"], "row": [0], "predicted": ["Junior"]})
    # Other titles come first in the file, and the order of the rows is not relied upon.
    return pl.concat([unlabelled, judged.reverse()], how="diagonal")

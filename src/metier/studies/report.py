"""The report of a run: one HTML file that opens offline."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl

from metier.data import SAMPLE_NOTICE, Purpose, Role, require
from metier.errors import MissingExtraError, RoleError
from metier.evaluation import VIEWS, View
from metier.studies.results import StudyResults, TargetData, TrialResult, read_results

__all__ = ["REPORT_FILE", "shares_to_show", "worst_errors", "write_report"]

REPORT_FILE = "report.html"

# Errors listed per target.
WORST = 25


@dataclass(frozen=True)
class Error:
    """A wrong answer on a job of the judged CVs."""

    title: str
    label: str
    predicted: str
    confidence: float
    label_probability: float


def write_report(run: Path) -> Path:
    """Write the report of a finished run from its results and predictions.

    Raises:
        RunError: If the folder holds no finished run.
        MissingExtraError: If the packages that draw and render are not installed.
    """
    results = read_results(run)
    try:
        from jinja2 import Environment, StrictUndefined

        from metier.studies import pictures
    except ModuleNotFoundError as error:
        raise MissingExtraError("The report", "train") from error
    template = resources.files("metier.studies") / "templates" / "report.html"
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["figure"] = lambda value: (
        "" if value is None else f"{value:.3f}".lstrip("0")
    )
    environment.filters["percent"] = lambda value: f"{100 * value:.1f} %"
    environment.filters["image"] = _data_uri
    html = environment.from_string(template.read_text(encoding="utf-8")).render(
        results=results,
        seen=results.role is Role.DEVELOPMENT,
        notice=SAMPLE_NOTICE if results.illustration else None,
        views=VIEWS,
        targets=[_target_context(run, results, data, pictures) for data in results.targets],
    )
    path = run / REPORT_FILE
    scratch = path.with_suffix(".tmp")
    scratch.write_text(html, encoding="utf-8")
    os.replace(scratch, path)
    return path


def worst_errors(predictions: Path, role: Role, most: int = WORST) -> list[Error]:
    """Return the most confident wrong answers on the judged CVs, each different title once.

    Args:
        predictions: A trial's predictions.
        role: The role of the judged CVs.
        most: How many to return at most.

    Raises:
        RoleError: If the CVs may only be scored.
    """
    require(Purpose.LOOK, role, "the judged CVs")
    frame = (
        pl.read_parquet(predictions)
        .filter((pl.col("part") == "cvs") & (pl.col("label") != pl.col("predicted")))
        .sort("confidence", descending=True)
        .unique("title", keep="first", maintain_order=True)
        .head(most)
    )
    return [
        Error(
            title=row["title"],
            label=row["label"],
            predicted=row["predicted"],
            confidence=row["confidence"],
            label_probability=row[f"p_{row['label']}"],
        )
        for row in frame.iter_rows(named=True)
    ]


def _target_context(
    run: Path, results: StudyResults, data: TargetData, pictures: Any
) -> dict[str, Any]:
    trials = results.trials_of(data.target)
    done = [trial for trial in trials if trial.status == "done"]
    shown = _shown_trial(results, data.target, done)
    errors, errors_refused = _errors(run, results, shown)
    return {
        "data": data,
        "trials": trials,
        "shown": shown,
        "fall": pictures.fall_picture(done) if done else None,
        "shares": pictures.shares_picture(data, shares_to_show(data, done)),
        "curves": [(trial, pictures.loss_picture(trial)) for trial in done if trial.epochs],
        "confusions": [
            (trial, pictures.confusion_picture(scores, data.labels))
            for trial, scores in _judged(done)
        ],
        "bars": _bars(done, shown, data, pictures),
        "errors": errors,
        "errors_refused": errors_refused,
    }


def _shown_trial(results: StudyResults, target: str, done: list[TrialResult]) -> TrialResult | None:
    """The trial whose errors are shown: that of the run's model, else the last one."""
    chosen = [trial for trial in done if trial.variant == results.model.get(target)]
    shown = chosen or done[-1:]
    return shown[0] if shown else None


def _errors(
    run: Path, results: StudyResults, shown: TrialResult | None
) -> tuple[list[Error], str | None]:
    if shown is None:
        return [], None
    try:
        return worst_errors(run / shown.folder / "predictions.parquet", results.role), None
    except RoleError as refusal:
        return [], str(refusal)


def shares_to_show(data: TargetData, done: list[TrialResult]) -> dict[str, dict[str, float]]:
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


def _judged(trials: Iterable[TrialResult]) -> list[tuple[TrialResult, Any]]:
    return [(trial, scores) for trial in trials if (scores := trial.scores(View.ALL)) is not None]


def _bars(
    done: list[TrialResult], shown: TrialResult | None, data: TargetData, pictures: Any
) -> str | None:
    """Draw the first variant, the first with synthetic data, and the one shown."""
    chosen = [*done[:1], *[t for t in done if len(t.train_on) > 1][:1], *([shown] if shown else [])]
    scores = {trial.variant: found for trial, found in _judged(chosen)}
    return pictures.label_bars_picture(scores, data.labels) if scores else None


def _data_uri(svg: str) -> str:
    # As an image of its own, so that the ids of two pictures cannot clash.
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode("utf-8")).decode("ascii")

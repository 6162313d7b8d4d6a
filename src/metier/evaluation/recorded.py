"""Judging recorded predictions on annotated CVs, and comparing two of them row by row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from metier.data import CVs, Purpose, allows
from metier.errors import DataError
from metier.evaluation.judging import Judgement, judge, write_down
from metier.evaluation.ledger import Ledger
from metier.evaluation.views import VIEWS, View
from metier.guidelines import Guidelines
from metier.metrics.paired import PairedDifferences, paired_differences
from metier.prompting import Predictions
from metier.titles import title_key

__all__ = ["Comparison", "Disagreement", "JudgedPredictions", "compare", "judge_predictions"]


@dataclass(frozen=True)
class JudgedPredictions:
    """The scores of recorded predictions for one target.

    Attributes:
        judgements: The scores by view, over the jobs whose title has a prediction.
        jobs: The number of those jobs.
        unlabelled: Jobs among them whose title was asked and has no label; they are scored as
            the fallback, which is what a user would be left with.
        left_out: Jobs whose title was not asked.
    """

    judgements: tuple[Judgement, ...]
    jobs: int
    unlabelled: int
    left_out: int


@dataclass(frozen=True)
class Disagreement:
    """A title that two predictions label differently."""

    title: str
    truth: str
    first: str
    second: str


@dataclass(frozen=True)
class Comparison:
    """Two recorded predictions on the same rows.

    Attributes:
        rows: Jobs whose title has a prediction in both.
        only_first: Rows that only the first has right.
        only_second: Rows that only the second has right.
        differences: The second's scores minus the first's.
        disagreements: The titles on which they differ, in file order, each once; empty where the
            CVs' role forbids showing titles.
    """

    rows: int
    only_first: int
    only_second: int
    differences: PairedDifferences
    disagreements: tuple[Disagreement, ...]


def judge_predictions(
    predictions: Predictions,
    cvs: CVs,
    page: Guidelines,
    *,
    ledger: Ledger,
    by: str,
    seen_titles: Iterable[str] = (),
    views: Sequence[View] = VIEWS,
) -> JudgedPredictions:
    """Score recorded predictions of one target, in all views.

    The ledger knows them by their name and by a hash of their labels.

    Args:
        predictions: The predictions; they have the page's target.
        cvs: CVs with labels for that target.
        page: The target's guidelines.
        ledger: Where the scoring is written down, before it is done.
        by: The command or program that asks.
        seen_titles: Titles that are not new.
        views: The views to score.

    Raises:
        DataError: If no job's title has a prediction, or the ledger cannot be written.
        RoleError: If the CVs' role forbids scoring.
    """
    covered = _covered(cvs, page, predictions)
    scale = page.scale
    labels, unlabelled = _labels(predictions, covered, page)
    judgements = judge(
        np.eye(len(scale.labels))[scale.indices(labels)],
        covered,
        scale,
        seen_titles,
        views,
        ledger=ledger,
        model=_hash(predictions, page),
        name=predictions.name,
        by=by,
        part_of=cvs,
    )
    return JudgedPredictions(
        judgements=tuple(judgements),
        jobs=len(covered.jobs),
        unlabelled=unlabelled,
        left_out=len(cvs.jobs) - len(covered.jobs),
    )


def compare(
    first: Predictions,
    second: Predictions,
    cvs: CVs,
    page: Guidelines,
    *,
    ledger: Ledger,
    by: str,
) -> Comparison:
    """Compare two recorded predictions of one target on all jobs that both have.

    The ledger gets a line for each of the two.

    Args:
        first: Predictions of the page's target.
        second: Others.
        cvs: CVs with labels for that target.
        page: The target's guidelines.
        ledger: Where the scoring is written down, before it is done.
        by: The command or program that asks.

    Raises:
        DataError: If no job's title has a prediction in both, or the ledger cannot be written.
        RoleError: If the CVs' role forbids scoring.
    """
    covered = _covered(cvs, page, first, second)
    scale = page.scale
    truth = covered.labelled(scale).labels
    for each in (first, second):
        model, name = _hash(each, page), each.name
        write_down(ledger, cvs, scale, (View.ALL,), model=model, name=name, by=by)
    given = [_labels(each, covered, page)[0] for each in (first, second)]
    true_indices, first_indices, second_indices = (
        scale.indices(tuple(labels)) for labels in (truth, *given)
    )
    right = [first_indices == true_indices, second_indices == true_indices]
    groups: NDArray[np.intp] = np.asarray([job.cv for job in covered.jobs], dtype=np.intp)
    rows = zip(covered.titles, truth, *given, strict=True)
    return Comparison(
        rows=len(truth),
        only_first=int((right[0] & ~right[1]).sum()),
        only_second=int((right[1] & ~right[0]).sum()),
        differences=paired_differences(
            true_indices, first_indices, second_indices, groups, len(scale.labels)
        ),
        disagreements=_disagreements(rows) if allows(Purpose.LOOK, cvs.role) else (),
    )


def _covered(cvs: CVs, page: Guidelines, *predictions: Predictions) -> CVs:
    """Return the jobs whose title has a row in all of the predictions."""
    asked = [set(each.labels[page.target]) for each in predictions]
    jobs = tuple(job for job in cvs.jobs if all(title_key(job.title) in one for one in asked))
    if not jobs:
        names = " and ".join(each.name for each in predictions)
        raise DataError(f"No title of {cvs.source} has a prediction for {page.target} in {names}.")
    return replace(cvs, jobs=jobs)


def _labels(predictions: Predictions, cvs: CVs, page: Guidelines) -> tuple[list[str], int]:
    found = predictions.labels[page.target]
    labels = [found[title_key(title)] for title in cvs.titles]
    return [label or page.fallback for label in labels], labels.count(None)


def _hash(predictions: Predictions, page: Guidelines) -> str:
    """Return what tells predictions apart: SHA-256 of their labels for the page's target."""
    labels = json.dumps(sorted(predictions.labels[page.target].items()))
    return hashlib.sha256(labels.encode()).hexdigest()


def _disagreements(rows: Iterable[tuple[str, str, str, str]]) -> tuple[Disagreement, ...]:
    found: dict[str, Disagreement] = {}
    for title, truth, first, second in rows:
        if first != second:
            found.setdefault(title_key(title), Disagreement(title, truth, first, second))
    return tuple(found.values())

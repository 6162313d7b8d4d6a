"""The rows that two runs have in common, and the answers that each gave to the same jobs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from metier.data import read_cvs
from metier.errors import RunError
from metier.evaluation import View, rows_of_view
from metier.guidelines import Scale
from metier.studies.answering import PREDICTIONS_FILE
from metier.studies.results import StudyResults, read_results

__all__ = ["FinishedRun", "JudgedJobs", "LoneRow", "PairedRow", "SeedAnswers", "pair_rows"]

COLUMNS = ("row", "cv", "title", "label", "predicted", "covered")


@dataclass(frozen=True)
class FinishedRun:
    """A run folder and its results."""

    folder: Path
    results: StudyResults

    @classmethod
    def read(cls, folder: Path) -> FinishedRun:
        """Read a run folder.

        Raises:
            RunError: If it holds no finished run, or one of another version.
        """
        return cls(folder, read_results(folder))


@dataclass(frozen=True)
class JudgedJobs:
    """Jobs that were judged, in file order.

    Attributes:
        cvs: The number of each job's CV, shape (n,).
        labels: The human labels.
        titles: The titles; None each where they may not be shown.
    """

    cvs: NDArray[np.intp]
    labels: tuple[str, ...]
    titles: tuple[str | None, ...]

    def take(self, rows: Sequence[int]) -> JudgedJobs:
        """Return some of the jobs."""
        return JudgedJobs(
            self.cvs[list(rows)],
            tuple(self.labels[row] for row in rows),
            tuple(self.titles[row] for row in rows),
        )


@dataclass(frozen=True)
class SeedAnswers:
    """Label indices that a variant gave, an array of shape (n,) a seed."""

    seeds: tuple[int, ...]
    given: tuple[NDArray[np.intp], ...]

    @property
    def distinct(self) -> tuple[NDArray[np.intp], ...]:
        """The answers of each seed; of a method without chance just once."""
        first = self.given[0]
        return self.given[:1] if all((one == first).all() for one in self.given) else self.given


@dataclass(frozen=True)
class PairedRow:
    """A variant of a target that both runs hold.

    Attributes:
        scale: The target's scale, with the ranks of the run after.
        jobs: The jobs of the view.
        before: The answers to them in one run.
        after: The answers to them in the other.
    """

    variant: str
    scale: Scale
    jobs: JudgedJobs
    before: SeedAnswers
    after: SeedAnswers

    @property
    def truth(self) -> NDArray[np.intp]:
        """Indices of the human labels, shape (n,)."""
        return self.scale.indices(self.jobs.labels)

    @property
    def is_same(self) -> bool:
        """Whether every answer is the same in both runs."""
        first, second = self.before.distinct, self.after.distinct
        return len(first) == len(second) and all(map(np.array_equal, first, second))

    @property
    def seed_pairs(self) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """The answers of equal seeds, or of seeds in their order where the runs share none."""
        first = dict(zip(self.before.seeds, self.before.given, strict=True))
        second = dict(zip(self.after.seeds, self.after.given, strict=True))
        shared = [(given, second[seed]) for seed, given in first.items() if seed in second]
        return shared or list(zip(self.before.given, self.after.given, strict=False))


class LoneRow(BaseModel):
    """A variant of a target that cannot be compared, and why."""

    model_config = ConfigDict(frozen=True)

    target: str
    variant: str
    reason: str


@dataclass(frozen=True)
class _TrialRows:
    """What a trial's file of predictions says of the judged jobs."""

    path: Path
    seed: int
    jobs: JudgedJobs
    given: NDArray[np.intp]
    covered: NDArray[np.bool_]


def pair_rows(
    before: FinishedRun, after: FinishedRun, view: View, cvs: Path | None
) -> tuple[list[PairedRow], list[LoneRow]]:
    """Match the rows of two runs by target and variant.

    A row that does not answer every job of the view stands alone: no study scores it there.

    Args:
        before: One run.
        after: The other.
        view: The jobs to compare the answers to.
        cvs: The judged CVs, for every view but all jobs.

    Returns:
        The rows to compare, target by target in the order of the run before; and those that
        cannot be compared.

    Raises:
        RunError: If the runs judged different CVs or have other labels; if a file of predictions
            is broken; if the view cannot be told from what is given.
        DataError: If the CVs cannot be read.
    """
    pairs: list[PairedRow] = []
    lone: list[LoneRow] = []
    for scale in _scales(before, after):
        paired, alone = _pair_target(before, after, scale, view, cvs)
        pairs += paired
        lone += [
            LoneRow(target=scale.target, variant=variant, reason=reason)
            for variant, reason in alone.items()
        ]
    return pairs, lone


def _pair_target(
    before: FinishedRun, after: FinishedRun, scale: Scale, view: View, cvs: Path | None
) -> tuple[list[PairedRow], dict[str, str]]:
    """Return the rows of a target, and why each other variant stands alone."""
    reasons = _variants(before, after, scale.target)
    alone = {variant: reason for variant, reason in reasons.items() if reason is not None}
    common = [variant for variant in reasons if variant not in alone]
    if not common:
        return [], alone
    old, new = (
        {variant: _read_variant(run, variant, scale) for variant in common}
        for run in (before, after)
    )
    reference = old[common[0]][0]
    for trials in (*old.values(), *new.values()):
        for trial in trials:
            _require_same_jobs(reference, trial, scale.target)
    rows = _rows_of(view, reference, before, scale, cvs)
    jobs = reference.jobs.take(rows)
    pairs = []
    for variant in common:
        gap = _gap([*old[variant], *new[variant]], rows)
        if gap is not None:
            alone[variant] = gap
            continue
        answers = (_answers(trials[variant], rows) for trials in (old, new))
        pairs.append(PairedRow(variant, scale, jobs, *answers))
    return pairs, alone


def _scales(before: FinishedRun, after: FinishedRun) -> list[Scale]:
    """Return the scale of every target, that of the run after where both have it."""
    found: dict[str, Scale] = {}
    for run in (before, after):
        for data in run.results.targets:
            known = found.get(data.target)
            if known is not None and set(known.labels) != set(data.labels):
                raise RunError(
                    f"{before.folder} and {after.folder} cannot be compared: the labels of "
                    f"'{data.target}' are {', '.join(known.labels)} in one and "
                    f"{', '.join(data.labels)} in the other."
                )
            found[data.target] = Scale(data.target, data.labels, data.ranks)
    return list(found.values())


def _variants(before: FinishedRun, after: FinishedRun, target: str) -> dict[str, str | None]:
    """Return every variant of a target, and why it stands alone, or None where both ran it."""
    both = [(run, run.results.trials_of(target)) for run in (before, after)]
    found: dict[str, str | None] = {}
    for name in dict.fromkeys(trial.variant for _, trials in both for trial in trials):
        own = [(run, [each for each in trials if each.variant == name]) for run, trials in both]
        holders = [run for run, trials in own if trials]
        found[name] = f"in {holders[0].folder} alone" if len(holders) == 1 else None
        for run, trials in own:
            for trial in trials:
                if trial.status != "done":
                    found[name] = found[name] or f"not run in {run.folder}: {trial.reason}"
    return found


def _read_variant(run: FinishedRun, variant: str, scale: Scale) -> list[_TrialRows]:
    trials = [each for each in run.results.trials_of(scale.target) if each.variant == variant]
    return [
        _read(run.folder / trial.folder / PREDICTIONS_FILE, trial.seed, scale)
        for trial in sorted(trials, key=lambda trial: trial.seed)
    ]


def _read(path: Path, seed: int, scale: Scale) -> _TrialRows:
    try:
        frame = pl.read_parquet(path).filter(pl.col("part") == "cvs").sort("row").select(COLUMNS)
        return _TrialRows(
            path=path,
            seed=seed,
            jobs=JudgedJobs(
                cvs=frame["cv"].to_numpy().astype(np.intp),
                labels=tuple(frame["label"].to_list()),
                titles=tuple(frame["title"].to_list()),
            ),
            given=scale.indices(frame["predicted"].to_list()),
            covered=frame["covered"].to_numpy().astype(np.bool_),
        )
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing; run the study again to write it.") from error
    except (pl.exceptions.PolarsError, KeyError) as error:
        raise RunError(f"{path} is broken or of another version of metier.") from error


def _rows_of(
    view: View, trial: _TrialRows, run: FinishedRun, scale: Scale, cvs: Path | None
) -> list[int]:
    """Return the rows of a view; but for all jobs, only the CVs tell which these are."""
    if view is View.ALL:
        return list(range(len(trial.jobs.labels)))
    if view is View.NEW:
        raise RunError(
            "New titles are those that a study's own texts lack, so two runs differ in them; "
            f"compare one of: {', '.join(other for other in View if other is not View.NEW)}."
        )
    if cvs is None:
        raise RunError(
            f"A run folder does not tell which jobs the view '{view}' counts: name the judged CVs "
            "with --cvs, or compare all jobs."
        )
    found = read_cvs(cvs, run.results.role, [scale])
    jobs = JudgedJobs(
        np.asarray([job.cv for job in found.jobs], dtype=np.intp),
        found.labelled(scale).labels,
        found.titles,
    )
    difference = _difference(trial.jobs, jobs)
    if difference is not None:
        raise RunError(
            f"{cvs} does not hold the CVs that {run.folder} judged: for '{scale.target}', "
            f"{difference}."
        )
    rows = rows_of_view(view, found, ())
    if not rows:
        raise RunError(f"{cvs} has no job of the view '{view}'; compare all jobs.")
    return rows


def _require_same_jobs(first: _TrialRows, other: _TrialRows, target: str) -> None:
    difference = _difference(first.jobs, other.jobs)
    if difference is not None:
        raise RunError(
            f"{first.path} and {other.path} answer different CVs and cannot be compared: for "
            f"'{target}', {difference}."
        )


def _difference(first: JudgedJobs, other: JudgedJobs) -> str | None:
    """Tell the first difference between jobs, or None where they are the same."""
    if len(first.labels) != len(other.labels):
        return f"there are {len(first.labels)} jobs in one and {len(other.labels)} in the other"
    for row, label in enumerate(first.labels):
        if first.cvs[row] != other.cvs[row]:
            return f"job {row} (from 0) belongs to another CV"
        if label != other.labels[row]:
            return f"job {row} (from 0) has another human label"
        titles = {first.titles[row], other.titles[row]}
        # Titles of evaluation data are written nowhere, and then not compared.
        if None not in titles and len(titles) > 1:
            return f"job {row} (from 0) has another title"
    return None


def _gap(trials: Iterable[_TrialRows], rows: list[int]) -> str | None:
    """Tell that a variant leaves jobs unanswered in either run."""
    answered = min(int(trial.covered[rows].sum()) for trial in trials)
    return None if answered == len(rows) else f"answers {answered} of the {len(rows)} jobs"


def _answers(trials: Sequence[_TrialRows], rows: list[int]) -> SeedAnswers:
    return SeedAnswers(
        tuple(trial.seed for trial in trials), tuple(trial.given[rows] for trial in trials)
    )

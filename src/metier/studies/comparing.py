"""Two runs side by side: what changed between them, row by row, and whether it is noise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, computed_field

from metier.data import Purpose, require
from metier.errors import RunError
from metier.evaluation import View
from metier.metrics import Interval, score
from metier.metrics.significance import DifferenceTest, compared, holm
from metier.studies.evidence.models import SIGNIFICANT, Tested
from metier.studies.paired_rows import FinishedRun, LoneRow, PairedRow, pair_rows
from metier.studies.plan_changes import plan_changes

__all__ = [
    "AnswerChanges",
    "ChangedTitle",
    "Kind",
    "RowChange",
    "RunComparison",
    "ScoreChange",
    "Verdict",
    "compare_runs",
]

# The least p-value is 2 / (draws + 1), and Holm multiplies it by the number of tests: with fewer
# draws a test no row of a large study could be told from noise.
DRAWS = 2000
DRAWS_A_TEST = 100


class Verdict(StrEnum):
    """What the difference of a row between two runs amounts to."""

    SAME = "the same answers"
    NOISE = "not distinguishable"
    MORE = "more than noise"


class Kind(StrEnum):
    """What became of an answer. FIXED: right now; BROKEN: wrong now; OTHER: wrong in both."""

    BROKEN = "broken"
    FIXED = "fixed"
    OTHER = "other"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class ScoreChange(_Part):
    """A score of a row in both runs, in the mean over its seeds, and the tested difference."""

    before: float
    after: float
    difference: Tested

    @property
    def is_distinguishable(self) -> bool:
        """Whether the difference holds at the 5 % level after Holm's correction."""
        return self.difference.p_holm < SIGNIFICANT

    @property
    def is_loss(self) -> bool:
        """Whether the score fell by more than noise."""
        return self.is_distinguishable and self.difference.value < 0


class AnswerChanges(_Part):
    """How many answers changed, counted over jobs and over pairs of seeds.

    Attributes:
        pairs: Pairs of seeds: equal ones, or in their order where the runs share none.
        fixed: Wrong before, right after.
        broken: Right before, wrong after.
        other: Wrong in both, in another way.
    """

    pairs: int
    fixed: int
    broken: int
    other: int


class ChangedTitle(_Part):
    """A title with another answer than before.

    Attributes:
        label: The human label.
        times: In how many jobs and pairs of seeds.
    """

    kind: Kind
    title: str
    label: str
    before: str
    after: str
    times: int


class RowChange(_Part):
    """A variant of a target in both runs.

    Attributes:
        jobs: Jobs that it was scored on.
        seeds: Its seeds in the run before and in the run after.
        same: Whether every answer is the same.
        macro_f1: Mean F1 over the labels that occur.
        accuracy: Share of jobs whose label is right.
        mae: Mean absolute difference of ranks before and after, both with the ranks of the run
            after; None for targets without order.
        answers: How many answers changed.
        titles: Titles of these, as many of a kind as were asked for.
    """

    target: str
    variant: str
    jobs: int
    seeds: tuple[tuple[int, ...], tuple[int, ...]]
    same: bool
    macro_f1: ScoreChange
    accuracy: ScoreChange
    mae: tuple[float, float] | None
    answers: AnswerChanges
    titles: tuple[ChangedTitle, ...]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def verdict(self) -> Verdict:
        """What the difference amounts to: more than noise if that of either score is."""
        if self.same:
            return Verdict.SAME
        found = self.macro_f1.is_distinguishable or self.accuracy.is_distinguishable
        return Verdict.MORE if found else Verdict.NOISE

    @computed_field  # type: ignore[prop-decorator]
    @property
    def is_loss(self) -> bool:
        """Whether either score fell by more than noise."""
        return self.macro_f1.is_loss or self.accuracy.is_loss


class RunComparison(_Part):
    """What changed between two runs.

    Attributes:
        before: The run folder that is compared with.
        after: The run folder that is compared.
        changes: Differences of settings, data and environment, a phrase each.
        view: The jobs that were scored.
        rows: What both runs hold.
        lone: What cannot be compared.
    """

    before: str
    after: str
    changes: tuple[str, ...]
    view: View
    rows: tuple[RowChange, ...]
    lone: tuple[LoneRow, ...]

    @property
    def losses(self) -> list[RowChange]:
        """The rows that are worse by more than noise."""
        return [row for row in self.rows if row.is_loss]


@dataclass(frozen=True)
class _ChangedAnswer:
    """A job that got another answer; both are label indices."""

    kind: Kind
    row: int
    before: int
    after: int


def compare_runs(
    before: Path, after: Path, *, view: View = View.ALL, cvs: Path | None = None, titles: int = 0
) -> RunComparison:
    """Compare two finished runs row by row; a row is a variant of a target.

    Differences of macro F1 and accuracy are tested by bootstrap over CVs and seeds
    (:func:`metier.metrics.significance.compared`), with Holm's correction over both scores of
    every row whose answers changed. Equal answers need no test, and would only make the correction
    of the others harder.

    Args:
        before: The run folder to compare with.
        after: The run folder to compare.
        view: The jobs to score: all of them, those held now, or one a CV.
        cvs: The judged CVs; needed for every view but all jobs, since a run folder holds no dates.
        titles: How many changed titles of a kind to name in each row.

    Raises:
        RunError: If a folder holds no finished run; if the runs judged different CVs; if they
            have no row in common that answers every job of the view.
        DataError: If the CVs cannot be read.
        RoleError: If titles are asked for that may only be scored.
    """
    # No line in the ledger: it has these answers from when they were judged, and they are counted
    # by model, not by how often somebody reads the figures.
    first, second = FinishedRun.read(before), FinishedRun.read(after)
    if titles:
        for run in (first, second):
            require(Purpose.LOOK, run.results.role, f"{run.results.judged_on} of {run.folder}")
    pairs, lone = pair_rows(first, second, view, cvs)
    if not pairs:
        reasons = "".join(f" {row.target}, {row.variant}: {row.reason}." for row in lone[:1])
        raise RunError(
            f"{before} and {after} have no row to compare; rows are matched by target and variant."
            f"{reasons}"
        )
    return RunComparison(
        before=str(before),
        after=str(after),
        changes=plan_changes(before, after, (first.results, second.results)),
        view=view,
        rows=tuple(_row_changes(pairs, titles)),
        lone=tuple(lone),
    )


def _row_changes(pairs: Sequence[PairedRow], titles: int) -> Iterator[RowChange]:
    for pair, (macro_f1, accuracy) in zip(pairs, _tested(pairs), strict=True):
        before, after = (
            [score(pair.truth, given, pair.scale) for given in answers.distinct]
            for answers in (pair.before, pair.after)
        )
        changed = _changed_answers(pair)
        kinds = Counter(answer.kind for answer in changed)
        yield RowChange(
            target=pair.scale.target,
            variant=pair.variant,
            jobs=len(pair.jobs.labels),
            seeds=(pair.before.seeds, pair.after.seeds),
            same=pair.is_same,
            macro_f1=ScoreChange(
                before=_mean(one.macro_f1 for one in before),
                after=_mean(one.macro_f1 for one in after),
                difference=macro_f1,
            ),
            accuracy=ScoreChange(
                before=_mean(one.accuracy for one in before),
                after=_mean(one.accuracy for one in after),
                difference=accuracy,
            ),
            mae=(_mean(one.mae for one in before), _mean(one.mae for one in after))
            if pair.scale.is_ordinal
            else None,
            answers=AnswerChanges(
                pairs=len(pair.seed_pairs),
                fixed=kinds[Kind.FIXED],
                broken=kinds[Kind.BROKEN],
                other=kinds[Kind.OTHER],
            ),
            titles=_changed_titles(pair, changed, titles),
        )


def _tested(pairs: Sequence[PairedRow]) -> list[tuple[Tested, Tested]]:
    """Test macro F1 and accuracy of every row whose answers changed, all tests together."""
    changed = [place for place, pair in enumerate(pairs) if not pair.is_same]
    draws = max(DRAWS, DRAWS_A_TEST * 2 * len(changed))
    tests: dict[str, DifferenceTest] = {}
    for place in changed:
        pair = pairs[place]
        found = compared(
            pair.truth,
            pair.before.distinct,
            pair.after.distinct,
            pair.jobs.cvs,
            len(pair.scale.labels),
            resamples=draws,
        )
        tests[f"macro F1 {place}"] = found.macro_f1
        tests[f"accuracy {place}"] = found.accuracy
    p_holm = holm({name: test.p_value for name, test in tests.items()})
    tested = {
        name: Tested(**test.model_dump(), p_holm=p_holm[name]) for name, test in tests.items()
    }
    unchanged = Tested(value=0.0, interval=Interval(low=0.0, high=0.0), p_value=1.0, p_holm=1.0)
    return [
        (tested.get(f"macro F1 {place}", unchanged), tested.get(f"accuracy {place}", unchanged))
        for place in range(len(pairs))
    ]


def _mean(values: Iterable[float | None]) -> float:
    return float(np.mean([value for value in values if value is not None]))


def _changed_answers(pair: PairedRow) -> list[_ChangedAnswer]:
    truth = pair.truth
    found = []
    for before, after in pair.seed_pairs:
        for row in np.flatnonzero(before != after).tolist():
            kind = Kind.OTHER
            if before[row] == truth[row]:
                kind = Kind.BROKEN
            elif after[row] == truth[row]:
                kind = Kind.FIXED
            found.append(_ChangedAnswer(kind, row, int(before[row]), int(after[row])))
    return found


def _changed_titles(
    pair: PairedRow, changed: Sequence[_ChangedAnswer], most: int
) -> tuple[ChangedTitle, ...]:
    """Return titles with another answer by kind, the most frequent first."""
    if not most:
        return ()
    labels = pair.scale.labels
    counts = Counter(
        (
            answer.kind,
            pair.jobs.titles[answer.row] or "",
            pair.jobs.labels[answer.row],
            labels[answer.before],
            labels[answer.after],
        )
        for answer in changed
    )
    listed = [
        ChangedTitle(kind=kind, title=title, label=label, before=old, after=new, times=times)
        for (kind, title, label, old, new), times in counts.most_common()
    ]
    return tuple(
        each for kind in Kind for each in [one for one in listed if one.kind is kind][:most]
    )

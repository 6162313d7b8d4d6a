"""Predicting a partitioned table: what is to be done, and what became of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import metier
from metier.classifiers.folders import model_name
from metier.classifiers.packaged import is_packaged, is_packaged_rules
from metier.errors import DataError
from metier.runtime.answering import Answerer
from metier.runtime.cluster.answers import Answers
from metier.runtime.cluster.folders import OutputFolder, Partition, find_partitions, full_url
from metier.runtime.cluster.pool import ClusterError, Task, require_ray, work
from metier.runtime.cluster.worker import Summary, read_schema
from metier.runtime.files.columns import title_column

__all__ = ["ClusterOutcome", "predict_partitions"]

# Names in a message; there may be thousands.
NAMED = 5


@dataclass(frozen=True)
class ClusterOutcome:
    """What became of a partitioned table.

    Attributes:
        rows: Rows answered now; those of skipped partitions do not count.
        partitions: Partitions of the input, all of which are in the output.
        skipped: Those of them that were finished before.
        bad: Of the rows answered now, those that hold no title; their answers are empty.
        seconds: From the first partition's start to the last one's end, which leaves out the start
            of Ray and the loading of models.
    """

    rows: int
    partitions: int
    skipped: int
    bad: int
    seconds: float


def predict_partitions(
    input: str,  # noqa: A002 - named as on the command line
    out: str,
    *,
    model: Path,
    tier: str | None = None,
    column: str | None = None,
    explain: bool = False,
    address: str | None = None,
    workers: int | None = None,
    fresh: bool = False,
) -> ClusterOutcome:
    """Answer a partitioned Parquet table with Ray, on this machine or a cluster.

    Each partition of the input becomes one of the output, under the same name and with the same
    rows, to whose columns those of ``Answerer.columns`` are added. It appears whole or not at all,
    and what is finished is not done again when the same job is run once more. A worker that is
    lost is replaced.

    Args:
        input: A folder of Parquet files, one such file, or a pattern; a path or an fsspec URL.
        out: The folder to write, a path or an fsspec URL.
        model: A run, model or classifier folder, or the name of a packaged model. On a cluster a
            folder must lie in the same place on every machine.
        tier: The tier of the model; by default the one that it names.
        column: The column of titles; by default the first called ``title``, ``position``,
            ``job_title``, ``jobtitle`` or ``text``.
        explain: Whether to say what decided.
        address: The address of a Ray cluster (``auto`` on one of its machines), by default that
            in ``RAY_ADDRESS``; without one Ray is started on this machine and ended afterwards.
        workers: Processes that work; by default one for each core, or for each GPU if there are.
        fresh: Whether to do again what is finished, even what another model or tier did.

    Raises:
        DataError: If the input has no partitions or not the column, or the output was begun
            otherwise; or, once all other partitions are finished, if some cannot be answered.
        ModelError: If there is no such model or tier.
        ClusterError: If the cluster cannot be reached or its workers cannot work.
        MissingExtraError: If Ray or the model's packages are not installed.
    """
    require_ray()
    if workers is not None and workers < 1:
        raise DataError(f"{workers} workers cannot work; at least 1 is needed.")
    partitions = find_partitions(input)
    folder = OutputFolder(out)
    _refuse_overlap(input, partitions, folder)
    name = model_name(model, tier)
    # Loaded here too: what keeps a model from loading is said before anything is begun.
    answerer = Answerer(metier.load(model, tier), name, explain=explain)
    column = _column(partitions, answerer, column)
    made_by = {
        "model": name,
        "tier": tier,
        "column": column,
        "explain": explain,
        "input": full_url(input),
    }
    finished = folder.claim(made_by, fresh=fresh)
    left = [one for one in partitions if one.name not in finished]
    task = Task(
        # A packaged model is found by its name on every machine, wherever it is installed there.
        model=model if is_packaged_rules(model) or is_packaged(model) else model.resolve(),
        name=name,
        tier=tier,
        column=column,
        explain=explain,
        out=folder.url,
    )
    summaries: list[Summary] = []
    if left:
        try:
            with closing(work(task, left, address=address, workers=workers)) as done:
                summaries = list(_with_progress(_unless_stopped(done), len(left)))
        finally:
            folder.clear()
    _refuse_failures([one.failure for one in summaries if one.failure], len(left))
    return ClusterOutcome(
        rows=sum(one.rows for one in summaries),
        partitions=len(partitions),
        skipped=len(partitions) - len(left),
        bad=sum(one.bad for one in summaries),
        seconds=max((one.ended for one in summaries), default=0.0)
        - min((one.started for one in summaries), default=0.0),
    )


def _refuse_overlap(source: str, partitions: Sequence[Partition], out: OutputFolder) -> None:
    if out.lies_in(source) or any(out.holds(one.url) for one in partitions):
        raise DataError(f"{out.url} overlaps with the files that are read; name another folder.")


def _column(partitions: Sequence[Partition], answerer: Answerer, column: str | None) -> str:
    """Check the first readable partition; each is checked again when its turn comes."""
    unreadable: DataError | None = None
    for one in partitions:
        try:
            schema = read_schema(one.url)
        except DataError as error:
            unreadable = unreadable or error
        else:
            column = title_column(one.url, schema.names, column)
            Answers(answerer, column).schema(schema, one.url)
            return column
    raise unreadable or DataError("There are no partitions.")


def _unless_stopped(summaries: Iterable[Summary]) -> Iterator[Summary]:
    for one in summaries:
        if one.stops:
            raise ClusterError(f"{one.failure} What is finished is kept.")
        yield one


def _with_progress(summaries: Iterable[Summary], total: int) -> Iterator[Summary]:
    """Count on a terminal; elsewhere nothing is written."""
    if not sys.stderr.isatty():
        yield from summaries
        return
    rows = 0
    try:
        for done, one in enumerate(summaries, 1):
            rows += one.rows
            sys.stderr.write(f"\r{done} of {total} partitions, {rows:,} rows")
            sys.stderr.flush()
            yield one
    finally:
        sys.stderr.write("\n")


def _refuse_failures(failures: Sequence[str], total: int) -> None:
    if failures:
        more = len(failures) - NAMED
        named = [*failures[:NAMED], *([f"And {more} more."] if more > 0 else [])]
        raise DataError(
            f"{' '.join(named)} Partitions that could not be answered: {len(failures)} of {total}; "
            "all others are finished."
        )

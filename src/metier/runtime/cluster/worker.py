"""Answering one partition: read, answered and written a piece at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from metier.errors import DataError
from metier.runtime.cluster.answers import Answers
from metier.runtime.cluster.folders import OutputFolder, open_place
from metier.titles import TitleStatus

__all__ = ["Summary", "Worker", "read_schema"]

# What of a partition is in memory at a time, whichever is reached first. Titles that stand in one
# piece are asked once.
ROWS = 1_000_000
BYTES = 128 * 2**20


@dataclass(frozen=True)
class Summary:
    """What became of a partition.

    Attributes:
        name: Its path within the table's folder.
        rows: Its rows.
        bad: Those that hold no title.
        started: When its work started, in seconds since 1970.
        ended: When it ended.
        failure: Why it is not answered, or empty.
        stops: Whether the failure is none of this partition alone.
    """

    name: str
    rows: int
    bad: int
    started: float
    ended: float
    failure: str = ""
    stops: bool = False


class Worker:
    """Answers partitions, one at a time, with one model.

    Args:
        answers: What answers Arrow batches.
        out: The folder to write to.
    """

    def __init__(self, answers: Answers, out: OutputFolder) -> None:
        self.answers = answers
        self.out = out

    def work(self, url: str, name: str) -> Summary:
        """Answer a partition; what is wrong with it stands in the summary.

        Args:
            url: Where it lies.
            name: Its path within the table's folder, and of the answered one in the output's.
        """
        started = time.time()
        try:
            with self.out.writing(name) as sink:
                rows, bad = self._answer(url, sink)
        except DataError as error:
            return Summary(name, 0, 0, started, time.time(), str(error))
        except OSError as error:
            failure = f"{url} could not be answered: {error}."
            return Summary(name, 0, 0, started, time.time(), failure)
        return Summary(name, rows, bad, started, time.time())

    def _answer(self, url: str, sink: IO[bytes]) -> tuple[int, int]:
        rows = bad = 0
        with _opened(url) as file:
            schema = self.answers.schema(file.schema_arrow, url)
            with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
                for table in _pieces(file, url):
                    answered = self.answers.answer_batch(table, url)
                    writer.write_table(answered)
                    rows += answered.num_rows
                    bad += pc.sum(pc.not_equal(answered["status"], TitleStatus.TITLE.value)).as_py()
        return rows, bad


def read_schema(url: str) -> pa.Schema:
    """Read the columns of a partition.

    Raises:
        DataError: If it is not readable.
    """
    with _opened(url) as file:
        return file.schema_arrow


def _pieces(file: pq.ParquetFile, url: str) -> Iterator[pa.Table]:
    content = file.metadata
    size = sum(content.row_group(group).total_byte_size for group in range(content.num_row_groups))
    wanted = max(1, min(ROWS, BYTES * content.num_rows // max(size, 1)))
    held: list[pa.RecordBatch] = []
    batches = file.iter_batches(batch_size=wanted, use_threads=False)
    while True:
        with _unreadable(url):
            batch = next(batches, None)
        if batch is not None:
            held.append(batch)
        # Batches end where row groups do, which may be small.
        if held and (batch is None or sum(one.num_rows for one in held) >= wanted):
            yield pa.Table.from_batches(held, schema=file.schema_arrow)
            held = []
        if batch is None:
            return


@contextmanager
def _opened(url: str) -> Iterator[pq.ParquetFile]:
    files, path = open_place(url)
    with _unreadable(url):
        source = files.open(path, "rb")
    with source:
        with _unreadable(url):
            file = pq.ParquetFile(source)
        yield file


@contextmanager
def _unreadable(url: str) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        said = str(error).strip().rstrip(".")
        raise DataError(f"{url} is not a readable Parquet file: {said}.") from error

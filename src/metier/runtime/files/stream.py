"""Answering a file, whatever its size: read, answer and write batch by batch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import metier
from metier.data.writing import require_folder
from metier.errors import DataError
from metier.runtime.answering import Answerer
from metier.runtime.files.batches import ROWS, BadRow
from metier.runtime.files.encoding import UTF_8
from metier.runtime.files.formats import (
    FileFormat,
    delimiter_written,
    format_of,
    format_written,
    sniff,
)
from metier.runtime.files.journal import Identity, Journal, fingerprint
from metier.runtime.files.outputs import Output, ParquetOutput, StreamOutput, TextOutput
from metier.runtime.files.reading import open_reader
from metier.runtime.files.rounds import Rounds
from metier.runtime.files.source import Source
from metier.runtime.files.watching import Watcher
from metier.runtime.files.work import ROWS_FILE, Work, bad_file
from metier.titles import TitleStatus

__all__ = ["FileOutcome", "predict_file"]

# A part is finished after so many rows or seconds, whichever comes first: writing through to the
# disk costs time, and so does answering again what was not.
PART_ROWS = 100_000
PART_SECONDS = 10.0
# Bad rows that are named where a stream is written.
NAMED = 5


@dataclass(frozen=True)
class FileOutcome:
    """What became of a file.

    Attributes:
        rows: Rows in the output.
        untitled: What stands in the place of a title, and in how many rows; their answers are
            left empty.
        bad: Rows that are broken and not in the output.
        bad_file: Where they stand with their reasons, or None if there are none, or a stream was
            written.
        first_bad: The first of them, if a stream was written.
        resumed: Rows that an earlier run had finished.
    """

    rows: int
    untitled: Mapping[TitleStatus, int]
    bad: int = 0
    bad_file: Path | None = None
    first_bad: tuple[BadRow, ...] = ()
    resumed: int = 0


def predict_file(
    answerer: Answerer,
    source: Path | BinaryIO,
    out: Path | BinaryIO,
    *,
    column: str | None = None,
    file_format: FileFormat | None = None,
    fresh: bool = False,
    watcher: Watcher | None = None,
) -> FileOutcome:
    """Answer every title of a file, in bounded memory.

    All columns are kept as they are, in order, and those of ``answerer.columns`` are added behind
    them. Rows that are broken are left out and stand in ``OUT.bad.csv``, with reasons. The output
    appears whole or not at all; until then it lies in ``OUT.partial``, from where the same call
    goes on after an interruption.

    Args:
        answerer: What answers titles.
        source: A file or a stream to read: CSV, JSON (a list of objects, of titles, or of CVs,
            which are lists of jobs), JSON Lines, Parquet (no stream), or titles, one a line. Text
            may be compressed with gzip.
        out: The file to write: CSV, JSON, JSON Lines or Parquet, as its ending tells. Or a stream
            without a buffer, which gets JSON for JSON and CSV for all else.
        column: The column of titles; by default it is guessed by its name.
        file_format: The format of the input; by default it is told by the file's ending, or by
            how its content begins.
        fresh: Whether to forget what an earlier run has finished.
        watcher: Who is told what happens.

    Raises:
        DataError: If the input cannot be read to its end, lacks the column, has one of the added
            ones, or has no good rows; if the output cannot be written, or another process is
            writing it.
    """
    watcher = watcher or Watcher()
    # A device or a pipe is no file to be replaced.
    file = out if isinstance(out, Path) and (out.is_file() or not out.exists()) else None
    if isinstance(out, Path):
        _check_out(out, source)
    with Source(source) as opened:
        read = file_format or format_of(opened.name) or sniff(opened.head)
        written = format_written(None if file is None else str(file), read)
        reader = open_reader(opened, read, written, column, answerer.columns)
        if column is None and len(reader.columns) > 1:
            watcher.column_taken(reader.column)
        if reader.encoding not in (None, UTF_8):
            watcher.encoding_taken(str(reader.encoding))
        rounds = Rounds(answerer, reader, watcher)
        if file is None:
            return _into_stream(rounds, out, written, opened.name)
        options = {
            "version": metier.__version__,
            "columns": list(answerer.columns),
            "column": reader.column,
            "format": read.value,
            "rows": ROWS,
        }
        made_from = None if opened.path is None else fingerprint(opened.path)
        identity = Identity(made_from, answerer.name, options)

        def output(folder: Path, done: Journal) -> Output:
            if written is FileFormat.PARQUET:
                return ParquetOutput(folder, done.parts, rounds.columns)
            form = rounds.form(written, delimiter_written(str(file)))
            return TextOutput(form, folder / ROWS_FILE, done.length)

        work = Work(file, identity, output, fresh=fresh, watcher=watcher)
        try:
            with work:
                return _into_file(rounds, work, opened.name)
        except DataError as error:
            raise DataError(f"{error}{work.kept}") from error


def _check_out(out: Path, source: Path | BinaryIO) -> None:
    require_folder(out)
    if out.is_dir():
        raise DataError(f"{out} is a folder; name a file to write.")
    if isinstance(source, Path):
        taken = source.resolve()
        if out.resolve() == taken or (out.exists() and source.exists() and out.samefile(source)):
            raise DataError(f"{out} is the file that is read; name another to write.")
        if bad_file(out).resolve() == taken:
            raise DataError(
                f"The bad rows of {out} are written to {source}, the file that is read; rename it."
            )


def _into_file(rounds: Rounds, work: Work, name: str) -> FileOutcome:
    resumed = work.journal.rows
    last = time.monotonic()
    for done in rounds.behind(work.journal):
        work.write(done)
        fresh_rows = done.reached.rows - work.journal.rows
        if fresh_rows >= PART_ROWS or time.monotonic() - last >= PART_SECONDS:
            work.commit()
            last = time.monotonic()
    reached = work.reached
    if not reached.rows:
        first = work.first_bad()
        work.forget()
        raise _nothing(name, reached, first)
    work.finish()
    return FileOutcome(
        rows=reached.rows,
        untitled=_by_status(reached),
        bad=reached.bad,
        bad_file=bad_file(work.out) if reached.bad else None,
        resumed=resumed,
    )


def _into_stream(
    rounds: Rounds, out: Path | BinaryIO, written: FileFormat, name: str
) -> FileOutcome:
    called = str(out) if isinstance(out, Path) else "standard output"
    first: list[BadRow] = []
    reached = Journal(Identity(None, rounds.answerer.name, {}))
    try:
        stream = out.open("wb", buffering=0) if isinstance(out, Path) else out
        try:
            output = StreamOutput(rounds.form(written), stream)
            for done in rounds.behind(reached):
                output.write(done.batch, done.answers)
                reached = done.reached
                first += done.batch.bad[: NAMED - len(first)]
            if reached.rows:
                output.finish()
        finally:
            if isinstance(out, Path):
                stream.close()
    except BrokenPipeError:
        # Whoever read has had enough.
        raise
    except OSError as error:
        raise DataError(f"{called} cannot be written: {error.strerror or error}.") from error
    if not reached.rows:
        raise _nothing(name, reached, first[0] if first else None)
    return FileOutcome(
        rows=reached.rows,
        untitled=_by_status(reached),
        bad=reached.bad,
        first_bad=tuple(first),
    )


def _by_status(reached: Journal) -> dict[TitleStatus, int]:
    return {TitleStatus(status): count for status, count in reached.untitled.items()}


def _nothing(name: str, reached: Journal, first: BadRow | None) -> DataError:
    if first is None:
        return DataError(f"{name} holds no rows.")
    return DataError(
        f"{name}: none of its rows can be answered (bad rows: {reached.bad:,}); the first is on "
        f"line {first.row}: {first.reason}"
    )

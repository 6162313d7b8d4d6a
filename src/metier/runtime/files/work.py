"""The folder beside an output in which it is written, until it is whole."""

from __future__ import annotations

import csv
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from metier.errors import DataError
from metier.runtime.files.batches import BadRow
from metier.runtime.files.journal import (
    Identity,
    Journal,
    flush_folder,
    read_journal,
    write_journal,
)
from metier.runtime.files.outputs import Appended, Output
from metier.runtime.files.rounds import Round
from metier.runtime.files.watching import Watcher
from metier.runtime.files.writing import BAD_HEADER, bad_rows_text

__all__ = ["ROWS_FILE", "Work", "bad_file", "partial_folder"]

JOURNAL = "journal.json"
LOCK = "lock"
BAD = "bad.csv"
ROWS_FILE = "rows"
# What may be removed.
_OURS = re.compile(r"(journal\.json|bad\.csv)(\.tmp)?|rows|part-\d+\.parquet|joined\.parquet")


def partial_folder(out: Path) -> Path:
    """Return where an output is written until it is whole."""
    return out.with_name(out.name + ".partial")


def bad_file(out: Path) -> Path:
    """Return where the bad rows are told that are not in an output."""
    return out.with_name(out.name + ".bad.csv")


class Work:
    """An output that is being written; by one process, and again from where another one ended.

    A context: what is finished when it is left by an error is kept.

    Attributes:
        out: The file to write.
        journal: What is finished and written through to the disk.
        reached: What is written.

    Args:
        out: The file to write.
        identity: What decides its content.
        output: Opens the output in the folder that it is written to, behind what is finished.
        fresh: Whether to forget what is finished.
        watcher: Who is told what becomes of it.

    Raises:
        DataError: If another process writes it, or it cannot be written.
    """

    def __init__(
        self,
        out: Path,
        identity: Identity,
        output: Callable[[Path, Journal], Output],
        *,
        fresh: bool,
        watcher: Watcher,
    ) -> None:
        self.out = out
        self.journal = self.reached = Journal(identity)
        self._folder = partial_folder(out)
        self._watcher = watcher
        with self._writing():
            self._folder.mkdir(exist_ok=True)
            self._lock = FileLock(self._folder / LOCK)
            try:
                self._lock.acquire(blocking=False)
            except Timeout as error:
                raise DataError(
                    f"{out} is being written by another process; wait for it, or name another file."
                ) from error
            try:
                self.journal = self.reached = self._gone_on(identity, fresh)
                self._bad = Appended(self._folder / BAD, self.journal.bad_length)
                if not self.journal.bad_length:
                    self._bad.write(",".join(BAD_HEADER) + "\n")
                self._output = output(self._folder, self.journal)
            except BaseException:
                self._lock.release()
                raise

    def write(self, done: Round) -> None:
        """Write a batch with its answers."""
        with self._writing():
            self._output.write(done.batch, done.answers)
            self._bad.write(bad_rows_text(done.batch.bad))
            self.reached = done.reached

    def commit(self) -> None:
        """Write through to the disk all that was written so far."""
        with self._writing():
            reached = replace(self.reached, bad_length=self._bad.flush())
            reached = self._output.commit(reached)
            write_journal(reached, self._folder / JOURNAL)
            self.journal = self.reached = reached

    def finish(self) -> None:
        """Put the output in its place, and the bad rows beside it."""
        self.commit()
        with self._writing():
            made = self._output.finish()
            aside = bad_file(self.out)
            self._bad.close()
            if self.journal.bad:
                # A copy: until the output is in its place, the work can be gone on from.
                shutil.copyfile(self._folder / BAD, self._folder / f"{BAD}.tmp")
                os.replace(self._folder / f"{BAD}.tmp", aside)
            else:
                aside.unlink(missing_ok=True)
            if made is not None:
                os.replace(made, self.out)
            flush_folder(self.out.parent)
        shutil.rmtree(self._folder, ignore_errors=True)

    def first_bad(self) -> BadRow | None:
        """Return the first of the bad rows."""
        with self._writing():
            self._bad.flush()
            with self._bad.path.open(encoding="utf-8", newline="") as file:
                found = next(islice(csv.reader(file), 1, None), None)
        return None if found is None else BadRow(int(found[0]), *found[1:])

    def forget(self) -> None:
        """Forget what is finished."""
        self.journal = self.reached = Journal(self.journal.identity)

    @property
    def kept(self) -> str:
        """What is left of a run that has failed, as a sentence behind others."""
        rows = self.journal.rows
        if not rows:
            return ""
        return (
            f" What was finished, {rows:,} rows, is kept in {self._folder}; unless the input "
            "changes, the same command goes on from there."
        )

    def _gone_on(self, identity: Identity, fresh: bool) -> Journal:
        """Return what is finished; what cannot be gone on from is removed."""
        place = self._folder / JOURNAL
        found = read_journal(place)
        if found is not None and not fresh:
            change = identity.change(found.identity)
            if change is None and not self._is_there(found):
                change = "its files are not as they were written"
            if change is None:
                self._watcher.resumed(found.rows)
                return found
            if found.rows:
                self._watcher.discarded(self._folder, change, found.rows)
        elif place.exists() and not fresh:
            self._watcher.discarded(self._folder, "its journal cannot be read", None)
        paths = [path for path in self._folder.iterdir() if path.name != LOCK]
        strangers = [path.name for path in paths if not _OURS.fullmatch(path.name)]
        if strangers:
            raise DataError(
                f"{self._folder} is needed for {self.out} and holds other files, such as "
                f"'{strangers[0]}'; move them away."
            )
        for path in paths:
            path.unlink()
        return Journal(identity)

    def _is_there(self, journal: Journal) -> bool:
        lengths = {ROWS_FILE: journal.length, BAD: journal.bad_length}
        return all((self._folder / name).is_file() for name in journal.parts) and all(
            (self._folder / name).is_file() and (self._folder / name).stat().st_size >= length
            for name, length in lengths.items()
            if length
        )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        # What an error or Ctrl-C leaves half written stays so: it is not committed.
        self._is_whole = False
        try:
            yield
        except OSError as error:
            raise DataError(f"{self.out} cannot be written: {error.strerror or error}.") from error
        self._is_whole = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is not None and self._is_whole and self.reached != self.journal:
                with suppress(DataError):
                    self.commit()
            self._output.close()
            self._bad.close()
            if not self.journal.batches:
                shutil.rmtree(self._folder, ignore_errors=True)
        finally:
            self._lock.release()

"""Where rows are written: a stream, a growing file of text, or parts of Parquet."""

from __future__ import annotations

import io
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from metier.runtime.answering import Values
from metier.runtime.files.batches import Batch
from metier.runtime.files.journal import Journal, flushed_write
from metier.runtime.files.writing import TextForm

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Appended", "Output", "ParquetOutput", "StreamOutput", "TextOutput"]

# Bytes in memory at which a part is written, and a group of rows ends; rows may be long.
PART_BYTES = 16 << 20
# Rows of a group, at most.
GROUP_ROWS = 100_000


class Output(ABC):
    """Takes rows with their answers."""

    @abstractmethod
    def write(self, batch: Batch, answers: Mapping[str, Values]) -> None:
        """Write the rows of a batch."""

    @abstractmethod
    def commit(self, journal: Journal) -> Journal:
        """Write through to the disk, and return the journal with the place that was reached."""

    @abstractmethod
    def finish(self) -> Path | None:
        """Write what stands behind all rows, and return the file, where there is one."""

    def close(self) -> None:  # noqa: B027
        """Let go of what is open; what was not committed may be lost."""


class StreamOutput(Output):
    """Writes text to a stream.

    Args:
        form: How rows are written.
        stream: The stream, without a buffer of its own.
    """

    def __init__(self, form: TextForm, stream: BinaryIO) -> None:
        self._form = form
        self._stream = stream
        self._put(form.head)
        self._is_first = True

    def write(self, batch: Batch, answers: Mapping[str, Values]) -> None:  # noqa: D102
        text = self._form.rows(batch, answers, is_first=self._is_first)
        self._is_first = self._is_first and not text
        self._put(text)

    def commit(self, journal: Journal) -> Journal:  # noqa: D102
        return journal

    def finish(self) -> Path | None:  # noqa: D102
        self._put(self._form.tail)
        return None

    def _put(self, text: str) -> None:
        rest = memoryview(text.encode())
        while rest:
            # A stream without a buffer may take less than it is given.
            rest = rest[self._stream.write(rest) or 0 :]


class Appended:
    """A file that grows, and that can be cut back to what is finished.

    Args:
        path: The file.
        length: Its bytes that are finished; the rest is forgotten.

    Raises:
        OSError: If the file cannot be opened.
    """

    def __init__(self, path: Path, length: int) -> None:
        self.path = path
        self._file = path.open("r+b" if length else "wb")
        self._file.truncate(length)
        self.length = self._file.seek(0, os.SEEK_END)

    def write(self, text: str) -> None:
        """Write at the end."""
        content = text.encode()
        self._file.write(content)
        self.length += len(content)

    def flush(self) -> int:
        """Write through to the disk, and return the length."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self.length

    def close(self) -> None:
        """Close the file; what was not flushed may be lost."""
        # Where the disk is full, that was said when it was written.
        with suppress(OSError):
            self._file.close()


class TextOutput(Output):
    """Writes text to a file.

    Args:
        form: How rows are written.
        path: The file.
        length: Its bytes that are finished.
    """

    def __init__(self, form: TextForm, path: Path, length: int) -> None:
        self._form = form
        self._file = Appended(path, length)
        self._begin = len(form.head.encode())
        if not length:
            self._file.write(form.head)

    def write(self, batch: Batch, answers: Mapping[str, Values]) -> None:  # noqa: D102
        is_first = self._file.length == self._begin
        self._file.write(self._form.rows(batch, answers, is_first=is_first))

    def commit(self, journal: Journal) -> Journal:  # noqa: D102
        return replace(journal, length=self._file.flush())

    def finish(self) -> Path | None:  # noqa: D102
        self._file.write(self._form.tail)
        self._file.flush()
        self._file.close()
        return self._file.path

    def close(self) -> None:  # noqa: D102
        self._file.close()


class ParquetOutput(Output):
    """Writes a Parquet file for each part, and joins them.

    Args:
        folder: The folder of the parts.
        parts: The names of those that are finished.
        types: The columns of the answers, with the type of their values.
    """

    def __init__(
        self, folder: Path, parts: Sequence[str], types: Mapping[str, type[str] | type[float]]
    ) -> None:
        self._folder = folder
        self._parts = tuple(parts)
        self._types = types
        self._frames: list[pl.DataFrame] = []
        self._size = 0

    def write(self, batch: Batch, answers: Mapping[str, Values]) -> None:  # noqa: D102
        import polars as pl

        if batch.titles:
            kinds = {str: pl.String, float: pl.Float64}
            added = [
                pl.Series(name, answers[name], dtype=kinds[kind])
                for name, kind in self._types.items()
            ]
            frame = batch.frame().with_columns(added)
            self._frames.append(frame)
            self._size += int(frame.estimated_size())
            if self._size >= PART_BYTES:
                self._write_part()

    def commit(self, journal: Journal) -> Journal:  # noqa: D102
        if self._frames:
            self._write_part()
        return replace(journal, parts=self._parts)

    def finish(self) -> Path | None:  # noqa: D102
        import polars as pl

        paths = [self._folder / name for name in self._parts]
        joined = self._folder / "joined.parquet"
        try:
            first = pl.read_parquet(paths[0], glob=False)
            row_bytes = first.estimated_size() / first.height
            pl.scan_parquet(paths, glob=False, low_memory=True).sink_parquet(
                joined, row_group_size=max(min(int(PART_BYTES / row_bytes), GROUP_ROWS), 1)
            )
        except pl.exceptions.PolarsError as error:
            # A full disk, as a rule.
            raise OSError(str(error).rstrip(".")) from error
        with joined.open("rb") as file:
            os.fsync(file.fileno())
        return joined

    def _write_part(self) -> None:
        import polars as pl

        name = f"part-{len(self._parts):06}.parquet"
        content = io.BytesIO()
        pl.concat(self._frames).write_parquet(content)
        flushed_write(self._folder / name, content.getvalue())
        self._frames, self._size = [], 0
        self._parts = (*self._parts, name)

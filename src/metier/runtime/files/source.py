"""What is read: a file or a stream, plain or compressed, in blocks."""

from __future__ import annotations

import gzip
import io
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from metier.errors import DataError

__all__ = ["BLOCK", "STANDARD_INPUT", "Source"]

STANDARD_INPUT = "standard input"
# Bytes that are read at once; rows of one block are in memory together.
BLOCK = 1 << 18
_GZIP_START = b"\x1f\x8b"


class Source:
    """A file, or a stream that can be read once.

    Attributes:
        name: What messages call it.
        path: The file, or None for a stream.
        head: Its first bytes, decompressed.

    Raises:
        DataError: If there is no such file, or it cannot be read or is empty.
    """

    def __init__(self, given: Path | BinaryIO) -> None:
        self.path: Path | None = None
        self.name = STANDARD_INPUT
        self._size: int | None = None
        self._given = given
        if isinstance(given, Path):
            self.name = str(given)
            self._raw = self._opened(given)
        elif isinstance(given, io.BufferedReader):
            self._raw = given
        else:
            self._raw = io.BufferedReader(cast("io.RawIOBase", given))
        self._file: BinaryIO = self._raw
        self._owned = isinstance(given, Path)
        try:
            if self._raw.peek(2)[:2] == _GZIP_START:
                self._file = cast("BinaryIO", gzip.GzipFile(fileobj=self._raw))
            self.head = self._read()
            if not self.head.strip():
                raise DataError(f"{self.name} is empty.")
        except OSError as error:
            self.close()
            raise DataError(f"{self.name} cannot be read: {error.strerror or error}.") from error
        except DataError:
            self.close()
            raise

    def _opened(self, path: Path) -> io.BufferedReader:
        try:
            status = path.stat()
            if stat.S_ISDIR(status.st_mode):
                raise DataError(f"{path} is a folder; name a file.")
            if stat.S_ISREG(status.st_mode):
                self.path = path
                self._size = status.st_size
            return path.open("rb")
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error

    def blocks(self) -> Iterator[bytes]:
        """Yield the content from the beginning; once.

        Raises:
            DataError: If the file cannot be read to its end.
        """
        block = self.head
        while block:
            yield block
            block = self._read()

    def again(self) -> Source | None:
        """Return the file from its beginning, or None for a stream."""
        return None if self.path is None else Source(self.path)

    @property
    def share(self) -> float | None:
        """The share of the file that was read so far, in [0, 1], or None for a stream."""
        return min(self._raw.tell() / self._size, 1.0) if self._size else None

    def _read(self) -> bytes:
        try:
            return self._file.read(BLOCK)
        except EOFError as error:
            raise DataError(f"{self.name} is cut off: its gzip data have no end.") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{self.name} is not readable gzip: {error}.") from error
        except OSError as error:
            raise DataError(f"{self.name} cannot be read: {error.strerror or error}.") from error

    def close(self) -> None:
        """Close a file; a stream stays open."""
        if self._owned:
            self._raw.close()
        elif self._raw is not self._given:
            # Else it would be closed with what was put around it.
            self._raw.detach()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

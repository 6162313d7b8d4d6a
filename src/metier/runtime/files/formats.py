"""Formats of files: told by the name's ending, or by how a stream begins."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath

from metier.errors import DataError

__all__ = ["FileFormat", "delimiter_written", "format_of", "format_written", "sniff"]


class FileFormat(StrEnum):
    """How titles lie in a file. TITLES: plain text, a title a line, without a header."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"
    TITLES = "titles"


_TAB_SEPARATED = ".tsv"
_ENDINGS = {
    ".csv": FileFormat.CSV,
    _TAB_SEPARATED: FileFormat.CSV,
    ".json": FileFormat.JSON,
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
    ".parquet": FileFormat.PARQUET,
    ".txt": FileFormat.TITLES,
}
_COMPRESSED = ".gz"
_PARQUET_START = b"PAR1"


def format_of(name: str) -> FileFormat | None:
    """Return the format that a file's name tells, or None where it tells none."""
    path = PurePath(name)
    if path.suffix.lower() == _COMPRESSED:
        path = path.with_suffix("")
    return _ENDINGS.get(path.suffix.lower())


def sniff(head: bytes) -> FileFormat:
    """Return the format that the first bytes look like; what looks like none is CSV."""
    if head.startswith(_PARQUET_START):
        return FileFormat.PARQUET
    # Of UTF-16 the null bytes and the mark are all that is in the way.
    start = head[:1024].lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"").lstrip()
    if start.startswith(b"["):
        return FileFormat.JSON
    return FileFormat.JSONL if start.startswith(b"{") else FileFormat.CSV


def format_written(out: str | None, read: FileFormat) -> FileFormat:
    """Return the format of the output.

    Args:
        out: The name of the file to write, or None for a stream.
        read: The format of the input; a stream of JSON stays JSON.

    Raises:
        DataError: If the ending is of a file that is not written.
    """
    if out is None:
        return read if read in (FileFormat.JSON, FileFormat.JSONL) else FileFormat.CSV
    found = _ENDINGS.get(PurePath(out).suffix.lower())
    if found is None or found is FileFormat.TITLES:
        raise DataError(
            f"{out} cannot be written: let its name end in .csv, .tsv, .json, .jsonl or .parquet."
        )
    return found


def delimiter_written(out: str) -> str | None:
    """Return what the ending of a file of CSV says of its delimiter."""
    return "\t" if PurePath(out).suffix.lower() == _TAB_SEPARATED else None

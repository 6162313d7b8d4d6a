"""The journal of a file that is being written: what it is made from, and what is finished."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from metier.errors import DataError

__all__ = [
    "Identity",
    "Journal",
    "fingerprint",
    "flush_folder",
    "flushed_write",
    "read_journal",
    "write_journal",
]

# Raised when the folder can no longer be read by the code before it.
FORMAT = 1
# What of a file is hashed; size and time tell the rest.
HASHED = 1_000_000


@dataclass(frozen=True)
class Identity:
    """What decides the output; if any of it changes, what is finished is worth nothing.

    Attributes:
        input: The fingerprint of the file, or None of a stream, which is not read twice.
        model: The name of the model.
        options: All else.
    """

    input: Mapping[str, object] | None
    model: str
    options: Mapping[str, object]

    def change(self, other: Identity) -> str | None:
        """Say in what this differs from another, or None if in nothing."""
        if self.input is None or self.input != other.input:
            return "the input has changed"
        if self.model != other.model:
            return "the model has changed"
        return None if self.options == other.options else "the options have changed"


@dataclass(frozen=True)
class Journal:
    """What is finished.

    Attributes:
        identity: What it is made from.
        batches: Batches of the input.
        rows: Rows that were answered.
        bad: Rows that were not.
        untitled: What stood in the place of a title, and in how many rows.
        length: Bytes of the text that is written.
        bad_length: Bytes of the file of bad rows.
        parts: Names of the Parquet files that are written.
    """

    identity: Identity
    batches: int = 0
    rows: int = 0
    bad: int = 0
    untitled: Mapping[str, int] = field(default_factory=dict)
    length: int = 0
    bad_length: int = 0
    parts: tuple[str, ...] = ()


def fingerprint(path: Path) -> dict[str, object]:
    """Return what tells a file from an earlier state of it.

    Raises:
        DataError: If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            begin = file.read(HASHED)
            status = os.fstat(file.fileno())
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    return {
        "size": status.st_size,
        "mtime_ns": status.st_mtime_ns,
        "sha256": hashlib.sha256(begin).hexdigest(),
    }


def write_journal(journal: Journal, path: Path) -> None:
    """Write the journal, whole or not at all."""
    scratch = path.with_name(path.name + ".tmp")
    flushed_write(scratch, json.dumps({"format": FORMAT} | asdict(journal), indent=1).encode())
    os.replace(scratch, path)
    flush_folder(path.parent)


def read_journal(path: Path) -> Journal | None:
    """Read a journal, or None if there is none that can be gone on from."""
    try:
        content = json.loads(path.read_bytes())
        if content.pop("format") != FORMAT or set(content) != {f.name for f in fields(Journal)}:
            return None
        content["identity"] = Identity(**content["identity"])
        content["parts"] = tuple(content["parts"])
        return Journal(**content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def flushed_write(path: Path, content: bytes) -> None:
    """Write a file through to the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Write the names of a folder's files through to the disk."""
    # Windows cannot be told to.
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

"""Folders of partitions, on any file system that fsspec knows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from fsspec.core import url_to_fs

from metier.errors import DataError

__all__ = ["MANIFEST", "OutputFolder", "Partition", "find_partitions", "full_url", "open_place"]

MANIFEST = "_metier.json"
"""What made an output folder's partitions; readers of partitions leave names out that start so."""

# Where partitions are written until they are whole.
UNFINISHED = "_unfinished"
SUFFIX = ".parquet"
WILDCARDS = "*?["
# How often a partition may end the process that works on it.
ATTEMPTS = 3
# Raised when the manifest can no longer be read by the code before it.
FORMAT = 1


@dataclass(frozen=True)
class Partition:
    """One file of a partitioned table.

    Attributes:
        url: Where it lies.
        name: Its path within the table's folder.
        size: Its bytes.
    """

    url: str
    name: str
    size: int


class OutputFolder:
    """Holds the answered partitions: each is there whole or not at all.

    Args:
        url: The folder; it is made when the first file is written.
    """

    def __init__(self, url: str) -> None:
        self._files, self._root = open_place(url)

    @property
    def url(self) -> str:
        """Where it lies."""
        return _shown(self._files, self._root)

    def holds(self, url: str) -> bool:
        """Tell whether a place is the folder or lies in it."""
        files, path = open_place(url)
        return bool(files == self._files) and _lies_in(path, self._root)

    def lies_in(self, url: str) -> bool:
        """Tell whether the folder is a place or lies in it."""
        files, path = open_place(url)
        return bool(files == self._files) and _lies_in(self._root, path)

    def claim(self, made_by: Mapping[str, object], *, fresh: bool) -> frozenset[str]:
        """Make the folder that of a job, and return the names of the partitions finished before.

        Args:
            made_by: What decides the answers, written into the folder.
            fresh: Whether to remove the partitions that are there.

        Raises:
            DataError: If the folder holds partitions that something else made, and ``fresh`` is
                not set or it was not metier that made them.
        """
        try:
            return self._claim({"format": FORMAT, **made_by}, fresh)
        except OSError as error:
            raise DataError(f"{self.url} cannot be written: {error}.") from error

    def _claim(self, wanted: Mapping[str, object], fresh: bool) -> frozenset[str]:
        there = self._partitions()
        found = self._read_manifest()
        if found is None and there:
            raise DataError(
                f"{self.url} holds Parquet files that are not from metier; name another folder."
            )
        if found is not None and found != wanted and there and not fresh:
            kind = next(name for name in [*wanted, *found] if found.get(name) != wanted.get(name))
            raise DataError(
                f"{self.url} was begun with {kind} {found.get(kind)!r} and not "
                f"{wanted.get(kind)!r}: name another folder, or start afresh."
            )
        if fresh:
            # Before the manifest: whatever is left if this is interrupted is what it says.
            for name in there:
                self._files.rm_file(f"{self._root}/{name}")
            there = frozenset()
        self.clear()
        if found != wanted:
            with self.writing(MANIFEST) as file:
                file.write((json.dumps(wanted, indent=2) + "\n").encode())
        return there

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file that is in its place once it is written whole.

        A process that ends meanwhile leaves a trace; what has ended several is not tried again.

        Args:
            name: The file's path within the folder.

        Raises:
            DataError: If several processes ended at it.
        """
        place = f"{self._root}/{name}"
        unfinished = f"{self._root}/{UNFINISHED}"
        trace = hashlib.sha256(name.encode()).hexdigest()[:16]
        self._files.makedirs(unfinished, exist_ok=True)
        self._files.invalidate_cache(unfinished)
        # Not listed but searched: object stores have no folder until something is in it.
        names = [PurePosixPath(path).name for path in self._files.find(unfinished)]
        ended = sum(name.startswith(trace) for name in names)
        if ended >= ATTEMPTS:
            raise DataError(
                f"{name} ended {ended} processes that worked on it, perhaps for want of memory; "
                "cut it into smaller partitions."
            )
        scratch = f"{unfinished}/{trace}.{ended}"
        # Object stores show a file once it is closed, too late for a trace.
        self._files.touch(scratch)
        try:
            with self._files.open(scratch, "wb") as file:
                yield file
            self._files.makedirs(str(PurePosixPath(place).parent), exist_ok=True)
            self._files.mv(scratch, place)
        except BaseException:
            with suppress(OSError):
                self._files.rm_file(scratch)
            raise

    def clear(self) -> None:
        """Remove what is not whole."""
        unfinished = f"{self._root}/{UNFINISHED}"
        self._files.invalidate_cache(unfinished)
        if self._files.exists(unfinished):
            self._files.rm(unfinished, recursive=True)

    def _partitions(self) -> frozenset[str]:
        self._files.invalidate_cache(self._root)
        found = self._files.find(self._root)
        return frozenset(name for path in found if _is_partition(name := _within(path, self._root)))

    def _read_manifest(self) -> dict[str, Any] | None:
        path = f"{self._root}/{MANIFEST}"
        if not self._files.exists(path):
            return None
        try:
            return dict(json.loads(self._files.cat_file(path)))
        except (ValueError, TypeError) as error:
            raise DataError(f"{_shown(self._files, path)} is broken: remove the folder.") from error


def find_partitions(url: str) -> list[Partition]:
    """Find the Parquet files of a folder and the folders in it, one file, or those of a pattern.

    Args:
        url: A folder, a file, or a pattern with ``*``; a path or a URL. Names that start with
            ``_`` or ``.`` are left out, as every reader of partitions does.

    Returns:
        The partitions, the largest first.

    Raises:
        DataError: If there are none.
    """
    files, path = open_place(url)
    try:
        if files.isdir(path):
            root, found = path, files.find(path, detail=True)
        elif files.exists(path):
            root, found = str(PurePosixPath(path).parent), {path: files.info(path)}
        else:
            root, found = _matches(files, path)
    except OSError as error:
        raise DataError(f"{url} cannot be read: {error}.") from error
    partitions = [
        Partition(_shown(files, place), name, int(info["size"] or 0))
        for place, info in found.items()
        if _is_partition(name := _within(place, root))
    ]
    if not partitions:
        if list(found) == [path]:
            raise DataError(f"{url} is no Parquet file: its name does not end with {SUFFIX}.")
        raise DataError(
            f"There are no Parquet files at {url}: a folder of files that end with {SUFFIX} is "
            "needed, or one such file."
        )
    return sorted(partitions, key=lambda one: (-one.size, one.name))


def full_url(url: str) -> str:
    """Return a path or URL in the one way that all ways to write it have in common.

    Raises:
        DataError: If the URL is of no known kind, or its package is not installed.
    """
    return _shown(*open_place(url))


def open_place(url: str) -> tuple[Any, str]:
    """Return the file system of a path or URL, and the path within it.

    Raises:
        DataError: If the URL is of no known kind, or its package is not installed.
    """
    try:
        files, path = url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise DataError(f"'{url}' cannot be opened: {error}.") from error
    return files, str(path).rstrip("/")


def _matches(files: Any, pattern: str) -> tuple[str, dict[str, Any]]:
    parts = PurePosixPath(pattern).parts
    fixed = next((at for at, part in enumerate(parts) if set(part) & set(WILDCARDS)), len(parts))
    found: dict[str, Any] = {}
    for path, info in files.glob(pattern, detail=True).items():
        found |= files.find(path, detail=True) if info["type"] == "directory" else {path: info}
    return str(PurePosixPath(*parts[:fixed])), found


def _is_partition(name: str) -> bool:
    # A key of a Hive-style folder may start with '_' (_year=2026).
    hidden = any(part[0] in "_." and "=" not in part for part in PurePosixPath(name).parts)
    return not hidden and name.lower().endswith(SUFFIX)


def _lies_in(path: str, folder: str) -> bool:
    return f"{path}/".startswith(f"{folder}/")


def _within(path: str, root: str) -> str:
    return PurePosixPath(path).relative_to(PurePosixPath(root)).as_posix()


def _shown(files: Any, path: str) -> str:
    protocols = (files.protocol,) if isinstance(files.protocol, str) else files.protocol
    return path if "file" in protocols else str(files.unstrip_protocol(path))

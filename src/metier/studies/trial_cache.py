"""What trials found, kept by key in the user's cache folder, so that no run does it again."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from filelock import FileLock
from pydantic import BaseModel, ValidationError

from metier.classifiers.transformer.backbones import cache_folder

__all__ = ["TrialCache", "link_file", "link_folder", "read_record"]

Record = TypeVar("Record", bound=BaseModel)


class TrialCache:
    """Folders by key, below ``trials`` of the cache folder.

    Each may be removed at any time: what is missing is done again. Files are hard links of those
    in run folders where the disk allows it, so that they take no room of their own.

    Attributes:
        folder: Where the folders lie.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_folder() / "trials"

    def place(self, key: str) -> Path:
        """Return the folder of a key, whether it is there or not."""
        return self.folder / key[:2] / key

    @contextmanager
    def hold(self, key: str) -> Iterator[Path]:
        """Make the folder of a key and keep other processes out of it, or wait for them."""
        place = self.place(key)
        place.mkdir(parents=True, exist_ok=True)
        with FileLock(place.with_name(f".{key}.lock")):
            place.mkdir(parents=True, exist_ok=True)
            yield place

    def forget(self, key: str) -> None:
        """Remove what is in the folder of a key, when no other process works on it."""
        with self.hold(key) as place:
            shutil.rmtree(place, ignore_errors=True)


def read_record(path: Path, kind: type[Record]) -> Record | None:
    """Return a stored record, or None where there is none that can be read."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def link_file(source: Path, place: Path) -> None:
    """Put a file at a place, without a copy of its content where the disk allows it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch = place.with_name(f".{uuid.uuid4().hex}")
    try:
        os.link(source, scratch)
    except OSError:
        shutil.copyfile(source, scratch)
    scratch.replace(place)


def link_folder(source: Path, place: Path) -> None:
    """Put a folder at a place, in the way of ``link_file``; what was there is replaced."""
    scratch = place.with_name(f".{uuid.uuid4().hex}")
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        link_file(file, scratch / file.relative_to(source))
    shutil.rmtree(place, ignore_errors=True)
    scratch.rename(place)

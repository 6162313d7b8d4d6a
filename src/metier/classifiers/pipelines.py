"""Scikit-learn pipelines on disk: in skops' format, which holds no code."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import skops.io

from metier.errors import ModelError

__all__ = ["load_pipeline", "save_pipeline"]

PIPELINE = "model.skops"


def save_pipeline(pipeline: Any, folder: Path) -> None:
    """Write a fitted pipeline into a folder."""
    skops.io.dump(pipeline, folder / PIPELINE)


def load_pipeline(folder: Path) -> Any:
    """Read what ``save_pipeline`` wrote.

    Raises:
        ModelError: If the folder holds none, or one with types that are not scikit-learn's.
    """
    path = folder / PIPELINE
    try:
        foreign = skops.io.get_untrusted_types(file=path)
        if foreign:
            raise ModelError(f"{path} holds code of its own, which is not run: {foreign}.")
        return skops.io.load(path)
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise ModelError(
            f"{folder} holds no classifier: {PIPELINE} is missing or broken."
        ) from error

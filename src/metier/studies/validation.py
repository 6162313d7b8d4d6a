"""The validation titles of a run, for what is set on them after the study."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from metier.classifiers.contract import read_manifest
from metier.classifiers.folders import classifier_folders
from metier.data import LabelledTitles, Role
from metier.studies.answering import PREDICTIONS_FILE

__all__ = ["validation_titles"]


def validation_titles(run: Path) -> dict[str, LabelledTitles]:
    """Return the titles that the model of a run was validated on, by target.

    Args:
        run: A run folder, or any other model folder.

    Returns:
        Titles with labels of the role validation; a target without any, such as every target of a
        model that no study trained, is left out.

    Raises:
        ModelError: If the folder holds no model.
    """
    found = {}
    for target, folder in classifier_folders(run).items():
        file = folder.parent / PREDICTIONS_FILE
        if not file.is_file():
            continue
        rows = pl.read_parquet(file, columns=["part", "title", "label"]).filter(
            pl.col("part") == "validation"
        )
        if len(rows):
            found[target] = LabelledTitles(
                titles=tuple(rows["title"]),
                labels=tuple(rows["label"]),
                scale=read_manifest(folder)[0],
                role=Role.VALIDATION,
                source=f"{run}, validation titles of {target}",
            )
    return found

"""The sample data that comes with metier: an illustration, written for this project."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from metier.errors import DataError

__all__ = ["SAMPLE_NOTICE", "SAMPLE_UNLABELLED", "sample_file"]

SAMPLE_UNLABELLED = "unlabelled-cvs.json"

SAMPLE_NOTICE = (
    "These figures come from the small fictional sample that is packaged with metier. They show "
    "how the study works and say nothing about how well the methods do on real CVs."
)


def sample_file(name: str) -> Path:
    """Return the path of a packaged sample file.

    Raises:
        DataError: If there is no such file.
    """
    folder = Path(str(resources.files("metier.data") / "sample"))
    if not (folder / name).is_file():
        files = ", ".join(sorted(path.name for path in folder.iterdir()))
        raise DataError(f"There is no sample file '{name}'; there are: {files}.")
    return folder / name

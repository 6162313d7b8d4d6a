"""The guidelines page in the folder of a saved classifier."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from metier.errors import GuidelinesError, ModelError
from metier.guidelines import Guidelines

__all__ = ["PAGE", "read_page", "write_page"]

PAGE = "guidelines.json"
"""The file's name."""


def write_page(folder: Path, page: Guidelines) -> None:
    """Write a page into the folder of a saved classifier, which then needs no other file."""
    text = page.model_dump_json(exclude_defaults=True)
    (folder / PAGE).write_text(text + "\n", encoding="utf-8")


def read_page(folder: Path) -> Guidelines:
    """Read what ``write_page`` wrote.

    Raises:
        ModelError: If it is missing or broken.
    """
    try:
        return Guidelines.model_validate_json((folder / PAGE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError, GuidelinesError) as error:
        raise ModelError(f"{folder} holds no classifier: {PAGE} is missing or broken.") from error

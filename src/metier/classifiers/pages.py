"""The guidelines page that a classifier follows, and its place in a saved one."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from metier.classifiers.contract import Classifier
from metier.errors import GuidelinesError, ModelError
from metier.guidelines import Guidelines, guidelines_of

__all__ = ["PAGE", "FollowsPage", "read_page", "write_page"]

PAGE = "guidelines.json"
"""The file's name."""


class FollowsPage(Classifier):
    """A method that is told what the labels mean.

    Attributes:
        page: The guidelines, or where they are; by default the packaged page of the target.
    """

    page: str | Guidelines | None

    @cached_property
    def guidelines(self) -> Guidelines:
        """The page that the method follows.

        Raises:
            GuidelinesError: If there is no such page.
            StudyError: If its labels are not those of the scale.
        """
        return guidelines_of(self.scale, self.page)


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

"""Options and checks that the commands which score a model share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import typer

from metier.data import Role
from metier.data.writing import require_folder
from metier.errors import DataError

__all__ = ["SEEN", "TIER", "require_free", "role_of_cvs"]

SEEN = typer.Option(
    help="A file the model was trained on; its titles are not new. May be repeated."
)
TIER = typer.Option(help="A tier of an exported model, in place of its own.")


def role_of_cvs(text: str) -> Role:
    """Return the role that a word names.

    Raises:
        DataError: If annotated CVs cannot have it.
    """
    if text not in (Role.DEVELOPMENT, Role.EVALUATION):
        raise DataError(f"'{text}' is no role of annotated CVs; allowed: development, evaluation.")
    return Role(text)


def require_free(out: Path, read: Iterable[Path]) -> None:
    """Refuse a file to write that is read, or has no folder, before anything is scored.

    Raises:
        DataError: If it is one of those read, or its folder is not there.
    """
    require_folder(out)
    if out.resolve() in {path.resolve() for path in read}:
        raise DataError(f"{out} is read already; choose another file to write.")

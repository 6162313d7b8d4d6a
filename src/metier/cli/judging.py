"""What the commands that judge a model are told, and how."""

from __future__ import annotations

import typer

from metier.data import Role
from metier.errors import DataError

__all__ = ["SEEN", "TIER", "role_of_cvs"]

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

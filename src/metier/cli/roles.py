"""The role of annotated CVs, as it is given on the command line."""

from __future__ import annotations

from metier.data import Role
from metier.errors import DataError

__all__ = ["role_of_cvs"]


def role_of_cvs(text: str) -> Role:
    """Return the role that a word names.

    Raises:
        DataError: If annotated CVs cannot have it.
    """
    if text not in (Role.DEVELOPMENT, Role.EVALUATION):
        raise DataError(f"'{text}' is no role of annotated CVs; allowed: development, evaluation.")
    return Role(text)

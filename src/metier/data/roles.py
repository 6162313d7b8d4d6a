"""What may be done with data: its role decides, and every public entry asks."""

from __future__ import annotations

from enum import StrEnum

from metier.errors import RoleError

__all__ = ["Purpose", "Role", "allows", "require"]


class Role(StrEnum):
    """The part that a set of titles plays."""

    TRAINING = "training"
    PSEUDO_LABELLED = "pseudo-labelled"
    UNLABELLED = "unlabelled"
    VALIDATION = "validation"
    DEVELOPMENT = "development"
    EVALUATION = "evaluation"


class Purpose(StrEnum):
    """What a step does with data. The value reads as 'to …'."""

    FIT = "fit a classifier"
    STOP = "stop a training or set a temperature"
    SCORE = "score a classifier"
    LOOK = "show single titles"


ALLOWED: dict[Role, frozenset[Purpose]] = {
    Role.TRAINING: frozenset({Purpose.FIT, Purpose.SCORE, Purpose.LOOK}),
    Role.PSEUDO_LABELLED: frozenset({Purpose.FIT, Purpose.SCORE, Purpose.LOOK}),
    Role.UNLABELLED: frozenset({Purpose.FIT, Purpose.LOOK}),
    Role.VALIDATION: frozenset({Purpose.STOP, Purpose.SCORE, Purpose.LOOK}),
    Role.DEVELOPMENT: frozenset({Purpose.SCORE, Purpose.LOOK}),
    Role.EVALUATION: frozenset({Purpose.SCORE}),
}


def allows(purpose: Purpose, role: Role) -> bool:
    """Return whether data of a role may be used for a purpose."""
    return purpose in ALLOWED[role]


def require(purpose: Purpose, role: Role, source: str) -> None:
    """Refuse data whose role forbids what is about to be done with it.

    Args:
        purpose: What the caller is about to do.
        role: The data's role.
        source: Where the data comes from, for the message.

    Raises:
        RoleError: If the role forbids the purpose.
    """
    if not allows(purpose, role):
        able = ", ".join(str(other) for other in Role if purpose in ALLOWED[other])
        raise RoleError(
            f"{source} is {role} data and may not be used to {purpose}; "
            f"that takes data of the role: {able}."
        )

"""Whether an exported classifier answers as the one that it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metier.errors import ModelError
from metier.runtime.export.graph import Precision

__all__ = ["Bounds", "Parity", "ParityError", "WorstTitle", "bounds_of", "parity"]

WORST = 5


class ParityError(ModelError):
    """An exported classifier answers otherwise than the one that it was made from."""


@dataclass(frozen=True)
class Bounds:
    """How far an export may be from the original.

    Attributes:
        agreement: Share of the titles that must have the same label.
        difference: The greatest that a probability may differ, or None where it may by any.
    """

    agreement: float
    difference: float | None


@dataclass(frozen=True)
class WorstTitle:
    """A title that an export answers otherwise.

    Attributes:
        title: The title.
        before: The original's label.
        after: The export's label.
        difference: The greatest difference between their probabilities.
    """

    title: str
    before: str
    after: str
    difference: float


@dataclass(frozen=True)
class Parity:
    """How an export's answers compare with the original's.

    Attributes:
        titles: Titles asked.
        agreement: Share of them that have the same label.
        difference: The greatest difference of a probability.
        worst: The titles with the greatest differences, other labels first.
    """

    titles: int
    agreement: float
    difference: float
    worst: tuple[WorstTitle, ...]

    def require(self, bounds: Bounds, what: str) -> None:
        """Refuse an export that is too far from the original.

        Args:
            bounds: How far it may be.
            what: What was exported, as the subject of a sentence.

        Raises:
            ParityError: If it is further; the message shows the worst titles.
        """
        same = self.agreement >= bounds.agreement
        near = bounds.difference is None or self.difference <= bounds.difference
        if same and near:
            return
        wanted = f"at least {bounds.agreement:.1%} must have the same label"
        if bounds.difference is not None:
            wanted += f" and no probability may differ by more than {bounds.difference}"
        shown = "; ".join(
            f"'{each.title}' ({each.before} → {each.after}, {each.difference:.3f})"
            for each in self.worst
        )
        raise ParityError(
            f"{what} does not answer as the original: of {self.titles} titles {self.agreement:.1%} "
            f"have the same label and a probability differs by up to {self.difference:.3f}, but "
            f"{wanted}. The worst: {shown}."
        )


def bounds_of(precision: Precision) -> Bounds:
    """Return how far an export of a precision may be from the original."""
    return Bounds(0.99, None) if precision is Precision.INT8 else Bounds(0.995, 0.02)


def parity(
    titles: Sequence[str],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    labels: Sequence[str],
) -> Parity:
    """Compare an export's probabilities with the original's.

    Args:
        titles: The titles asked, at least one.
        before: The original's probabilities, shape (n, K).
        after: The export's, shape (n, K).
        labels: The K labels, in scale order.
    """
    differences = np.abs(before - after).max(axis=1)
    best, found = before.argmax(axis=1), after.argmax(axis=1)
    order = np.lexsort((-differences, best == found))[:WORST]
    return Parity(
        titles=len(titles),
        agreement=float((best == found).mean()),
        difference=float(differences.max()),
        worst=tuple(
            WorstTitle(
                title=titles[row],
                before=labels[best[row]],
                after=labels[found[row]],
                difference=float(differences[row]),
            )
            for row in order
        ),
    )

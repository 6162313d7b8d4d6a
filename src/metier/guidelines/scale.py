"""The labels of a target, in their order, with their numeric ranks where they have them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scale"]


@dataclass(frozen=True)
class Scale:
    """The closed set of labels of one target.

    Attributes:
        target: Name of the target, such as ``"seniority"``.
        labels: The labels in scale order; classifiers answer in this order.
        ranks: One number per label, strictly increasing, or None where order has no meaning.
    """

    target: str
    labels: tuple[str, ...]
    ranks: tuple[float, ...] | None = None

    @property
    def is_ordinal(self) -> bool:
        """Whether the labels have an order."""
        return self.ranks is not None

    @property
    def rank_array(self) -> NDArray[np.float64]:
        """The ranks as an array of shape (K,).

        Raises:
            ValueError: If the target is not ordinal.
        """
        if self.ranks is None:
            raise ValueError(f"the target '{self.target}' is not ordinal and has no ranks")
        return np.asarray(self.ranks, dtype=np.float64)

    def indices(self, labels: list[str] | tuple[str, ...]) -> NDArray[np.intp]:
        """Return the positions of labels in scale order, shape (n,).

        Raises:
            KeyError: If a label is not on the scale.
        """
        position = {label: index for index, label in enumerate(self.labels)}
        return np.asarray([position[label] for label in labels], dtype=np.intp)

    def nearest(self, label: str) -> str:
        """Return the allowed label that looks most like the given one, for error messages."""
        lowered = {allowed.casefold(): allowed for allowed in self.labels}
        matches = difflib.get_close_matches(label.casefold(), list(lowered), n=1, cutoff=0.0)
        return lowered[matches[0]]

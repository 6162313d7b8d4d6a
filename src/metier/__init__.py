"""metier tells seniority and department from job titles in any language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from metier.errors import MetierError

if TYPE_CHECKING:
    from metier.classifiers import Model

__all__ = ["MetierError", "__version__", "load"]

__version__ = "0.1.0"


def load(path: str | Path | None = None, tier: str | None = None) -> Model:
    """Load the model of a run folder or a model folder, a packaged one, or ``"rules"``.

    Args:
        path: The folder, or the name; by default the model that ships with metier, ``"open"``.
        tier: Which tier of an exported model to load: ``"exact"``, ``"fast"`` or ``"cascade"``;
            by default the one that the model names.

    Raises:
        ModelError: If the folder holds no model that this version can read, or no such tier.
        MissingExtraError: If the model's method needs packages that are not installed.
    """
    from metier.classifiers import Model
    from metier.classifiers.packaged import DEFAULT_MODEL

    return Model.load(Path(DEFAULT_MODEL if path is None else path), tier)

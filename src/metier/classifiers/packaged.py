"""The models that ship with metier, and how they are found by name."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

__all__ = ["DEFAULT_MODEL", "is_packaged", "packaged_folder", "packaged_models", "place_of"]

DEFAULT_MODEL = "open"
"""The model that answers where none is named."""

MANIFEST = "model.json"


def packaged_folder() -> Path:
    """Return the folder that holds a folder for each packaged model."""
    return Path(str(resources.files("metier"))) / "models"


def packaged_models() -> tuple[str, ...]:
    """Return the names of the packaged models."""
    return tuple(sorted(path.parent.name for path in packaged_folder().glob(f"*/{MANIFEST}")))


def is_packaged(folder: Path) -> bool:
    """Tell whether a model's name stands for a packaged one, and for no folder that is here."""
    return not folder.exists() and len(folder.parts) == 1 and folder.name in packaged_models()


def place_of(folder: Path) -> Path:
    """Return where a model lies: in the package, if its name is one there, or in that folder."""
    return packaged_folder() / folder.name if is_packaged(folder) else folder

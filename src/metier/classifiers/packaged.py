"""The models that come with metier, and how they are found by name."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from metier.errors import ModelError

__all__ = [
    "DEFAULT_MODEL",
    "MANIFEST",
    "RULES",
    "is_packaged",
    "is_packaged_rules",
    "packaged_folder",
    "packaged_models",
    "place_of",
]

DEFAULT_MODEL = "open"
"""The model that answers where none is named."""

RULES = "rules"
"""The method that needs no training, and the name of its model, which lies in no folder."""

MANIFEST = "model.json"
"""What makes a folder a model's."""


def packaged_folder() -> Path:
    """Return the folder that holds a folder for each packaged model."""
    return Path(str(resources.files("metier"))) / "models"


def packaged_models() -> tuple[str, ...]:
    """Return the names of the packaged models that lie in folders: all but the rules."""
    return tuple(sorted(path.parent.name for path in packaged_folder().glob(f"*/{MANIFEST}")))


def is_packaged(folder: Path) -> bool:
    """Tell whether a name stands for a packaged model's folder, and for no folder that is here."""
    return _is_name(folder) and folder.name in packaged_models()


def is_packaged_rules(folder: Path) -> bool:
    """Tell whether a model's name stands for the packaged rules, which lie in no folder."""
    return _is_name(folder) and folder.name == RULES


def place_of(folder: Path) -> Path:
    """Return where a model lies: in the package, if its name is one there, or in that folder.

    Raises:
        ModelError: If there is no such folder and no packaged model of that name, or if the name
            is that of the rules.
    """
    if is_packaged_rules(folder):
        raise ModelError("The packaged rules lie in no folder: they are read from the guidelines.")
    if is_packaged(folder):
        return packaged_folder() / folder.name
    if not folder.is_dir():
        raise ModelError(_missing(folder))
    return folder


def _is_name(folder: Path) -> bool:
    return len(folder.parts) == 1 and not folder.is_dir()


def _missing(folder: Path) -> str:
    names = ", ".join([*packaged_models(), RULES])
    sentence = (
        f"There is no model folder '{folder}', and no model of that name; packaged are: {names}."
    )
    if folder == Path(DEFAULT_MODEL):
        sentence += (
            f" '{DEFAULT_MODEL}' comes with metier and is missing from this copy: name another "
            "model."
        )
    return sentence

"""The folders of saved models: where each target's classifier lies, and which model it is."""

from __future__ import annotations

import hashlib
from pathlib import Path

from metier.classifiers.contract import read_manifest
from metier.classifiers.model import RUN_MODEL, read_model_manifest, tier_places
from metier.classifiers.packaged import MANIFEST, is_packaged_rules, place_of
from metier.guidelines import Guidelines, load_guidelines, packaged_targets

__all__ = [
    "CARD",
    "classifier_folders",
    "model_hash",
    "model_hashes",
    "model_name",
    "page_hash",
]

CARD = "CARD.md"
"""The model card in a model's folder: a text about the model, and no part of it."""


def classifier_folders(folder: Path, tier: str | None = None) -> dict[str, Path]:
    """Return the folder of each target's classifier.

    Args:
        folder: A run folder, a model folder, the folder of a single classifier, or the name of a
            packaged model.
        tier: The tier of an exported model; by default the one that it names.

    Raises:
        ModelError: If the folder holds none of them, or no such tier.
    """
    place = place_of(folder)
    if (place / RUN_MODEL / MANIFEST).exists():
        place = place / RUN_MODEL
    if not (place / MANIFEST).exists():
        scale, _ = read_manifest(place)
        return {scale.target: place}
    # Errors name the model as it was asked for.
    parts = tier_places(folder, read_model_manifest(place), tier)
    return {target: place / part for target, part in parts.items()}


def model_hash(folder: Path) -> str:
    """Return SHA-256 over names and contents of all files of a classifier's folder but a card."""
    found = hashlib.sha256()
    files = (path for path in folder.rglob("*") if path.is_file() and path != folder / CARD)
    for path in sorted(files):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        found.update(f"{path.relative_to(folder).as_posix()}\n{content}\n".encode())
    return found.hexdigest()


def page_hash(page: Guidelines) -> str:
    """Return SHA-256 over a page of guidelines: which rules they are."""
    return hashlib.sha256(page.model_dump_json(exclude_defaults=True).encode()).hexdigest()


def model_hashes(folder: Path, tier: str | None = None) -> dict[str, str]:
    """Return the hash of each target's classifier.

    Args:
        folder: A run, model or classifier folder, or a packaged model's name, as ``metier.load``
            takes them.
        tier: The tier of an exported model; by default the one that it names.

    Raises:
        ModelError: If the folder holds no model, or no such tier.
    """
    if is_packaged_rules(folder):
        return {target: page_hash(load_guidelines(target)) for target in packaged_targets()}
    return {target: model_hash(place) for target, place in classifier_folders(folder, tier).items()}


def model_name(folder: Path, tier: str | None = None) -> str:
    """Return what tells a model from all others: its folder's name and the start of a hash.

    Args:
        folder: A run, model or classifier folder, or a packaged model's name, as ``metier.load``
            takes them.
        tier: The tier of an exported model; by default the one that it names.

    Raises:
        ModelError: If the folder holds no model, or no such tier.
    """
    hashes = sorted(model_hashes(folder, tier).items())
    text = "\n".join(f"{target} {found}" for target, found in hashes)
    return f"{folder.resolve().name}@{hashlib.sha256(text.encode()).hexdigest()[:8]}"

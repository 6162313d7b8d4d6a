"""What a model's folder says of the model: its tiers, their size, versions and training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import metier
from metier.classifiers.contract import MANIFEST as CLASSIFIER
from metier.classifiers.contract import read_manifest
from metier.classifiers.folders import CARD, classifier_folders, model_name
from metier.classifiers.model import RUN_MODEL, read_model_manifest
from metier.classifiers.packaged import MANIFEST, is_packaged_rules, place_of
from metier.classifiers.profile import PROFILE, read_profile
from metier.runtime.export.record import read_record

__all__ = ["ModelFacts", "TierFacts", "model_facts"]

MEGABYTE = 1_000_000
# The tier whose number format the record of an export tells.
EXACT = "exact"


@dataclass(frozen=True)
class TierFacts:
    """One way to load a model.

    Attributes:
        name: The tier, or None for a model without tiers.
        is_default: Whether it is what is loaded where no tier is named.
        methods: The methods of its classifiers.
        formats: The endings of its files, and the number format where it is recorded.
        megabytes: Size of all files that it needs, in millions of bytes.
    """

    name: str | None
    is_default: bool
    methods: tuple[str, ...]
    formats: tuple[str, ...]
    megabytes: float


@dataclass(frozen=True)
class ModelFacts:
    """What is known of a model without asking it.

    Attributes:
        identity: The name of its folder and the start of a hash, as in the files that it answers.
        tiers: Its tiers; one without a name for a model without tiers, none for the rules.
        versions: Package to version: of this metier, and of those that exported the model.
        training: What is recorded of the data that it was trained on, a sentence each.
    """

    identity: str
    tiers: tuple[TierFacts, ...]
    versions: Mapping[str, str]
    training: tuple[str, ...]


def model_facts(model: Path, tier: str | None = None) -> ModelFacts:
    """Read what a model's folder says.

    Args:
        model: A run, model or classifier folder, or the name of a packaged model.
        tier: The tier that the card is of; by default the one that the model names.

    Raises:
        ModelError: If the folder holds no model, no such tier, or a broken record.
    """
    versions = {"metier": metier.__version__}
    identity = model_name(model, tier)
    if is_packaged_rules(model):
        told = "The rules were trained on no titles: they read the pages of guidelines."
        return ModelFacts("rules@" + identity.rpartition("@")[2], (), versions, (told,))
    place = place_of(model)
    folder = place / RUN_MODEL if (place / RUN_MODEL / MANIFEST).exists() else place
    record = read_record(folder) or {}
    versions |= {
        f"{name}, which exported it" if name == "metier" else name: str(version)
        for name, version in record.get("versions", {}).items()
    }
    training = _training(classifier_folders(model, tier))
    if record:
        training += (
            f"It was exported with {record.get('titles', 0):,} unlabelled titles and "
            f"{record.get('generated', 0):,} generated ones.",
        )
    return ModelFacts(identity, _tiers(model, folder, record), versions, training)


def _tiers(model: Path, folder: Path, record: Mapping[str, Any]) -> tuple[TierFacts, ...]:
    manifest = read_model_manifest(folder) if (folder / MANIFEST).exists() else {}
    names: list[str | None] = [*manifest.get("tiers", {})] or [None]
    return tuple(_tier(model, name, manifest.get("tier"), record) for name in names)


def _tier(
    model: Path, name: str | None, default: str | None, record: Mapping[str, Any]
) -> TierFacts:
    folders = classifier_folders(model, name)
    files = sorted({file for folder in folders.values() for file in _files(folder)})
    formats = sorted({file.suffix.removeprefix(".") for file in files if file.suffix})
    if name == EXACT:
        formats += sorted({str(each["precision"]) for each in record.get("targets", {}).values()})
    methods = {str(read_manifest(each)[1].get("method")): None for each in folders.values()}
    return TierFacts(
        name=name,
        is_default=name == default,
        methods=tuple(methods),
        formats=tuple(formats),
        megabytes=sum(file.stat().st_size for file in files) / MEGABYTE,
    )


def _files(folder: Path) -> set[Path]:
    """Return the files of a classifier, also those that it shares with others."""
    found = {file.resolve() for file in folder.rglob("*") if file.is_file()}
    found.discard((folder / CARD).resolve())
    # Those of an average or a hybrid lie in folders below, and may name a graph elsewhere.
    for manifest in sorted(folder.rglob(CLASSIFIER)):
        _, content = read_manifest(manifest.parent)
        for place in (content.get("graph"), *content.get("places", {}).values()):
            if place is None:
                continue
            beside = (manifest.parent / place).resolve()
            if not beside.is_relative_to(folder.resolve()):
                found |= _files(beside)
    return found


def _training(folders: Mapping[str, Path]) -> tuple[str, ...]:
    sentences = []
    for target, folder in folders.items():
        if not (folder / PROFILE).exists():
            continue
        profile = read_profile(folder)
        shares = ", ".join(
            f"{label} {share:.1%}" for label, share in (profile.training_shares or {}).items()
        )
        sentences.append(
            f"{target}: {profile.titles:,} rows of labelled titles"
            + (f"; of their labels are {shares}." if shares else ".")
        )
    return tuple(sentences)

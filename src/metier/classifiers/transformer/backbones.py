"""Finding a backbone: bundled with a package, in a local folder, or on a hub."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from metier.classifiers.packaged import is_packaged, place_of
from metier.classifiers.transformer.bundled import unpack_bundled
from metier.classifiers.transformer.exported_weights import is_exported, unpack_exported
from metier.errors import BackboneError

__all__ = ["BUNDLED_PREFIX", "cache_folder", "resolve_backbone"]

BUNDLED_PREFIX = "bundled:"
# Where a packaged model has its encoder.
PACKAGED_ENCODER = Path("exact", "encoder")


def cache_folder() -> Path:
    """Return the user's cache folder: ``METIER_CACHE``, else below ``XDG_CACHE_HOME``."""
    if "METIER_CACHE" in os.environ:
        return Path(os.environ["METIER_CACHE"])
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "metier"


def resolve_backbone(name: str) -> str:
    """Return what ``from_pretrained`` is to be given for a backbone.

    Args:
        name: ``bundled:NAME``, the name of a packaged model, the path of a local folder, which may
            hold a checkpoint or an exported encoder, or a name on the hub.

    Raises:
        BackboneError: If a bundled backbone or a folder does not exist, or the hub does not
            have the name or cannot be reached.
    """
    if name.startswith(BUNDLED_PREFIX):
        return str(unpack_bundled(name.removeprefix(BUNDLED_PREFIX), cache_folder() / "backbones"))
    folder = Path(name).expanduser()
    if is_packaged(folder):
        folder = place_of(folder) / PACKAGED_ENCODER
    if folder.is_dir():
        if is_exported(folder):
            return str(unpack_exported(folder, cache_folder() / "backbones"))
        if not (folder / "config.json").exists():
            raise BackboneError(f"The backbone folder '{name}' has no config.json.")
        return str(folder)
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise BackboneError(f"There is no backbone folder '{name}'.")
    return _on_hub(name)


def _on_hub(name: str) -> str:
    from transformers import AutoConfig

    hub_logging = logging.getLogger("huggingface_hub")
    before = hub_logging.level
    # The client announces each of its retries; the sentence below says it once.
    hub_logging.setLevel(logging.ERROR)
    try:
        AutoConfig.from_pretrained(name)
    # The hub's client raises OSError for names it does not have and for most network faults,
    # ValueError for configurations it cannot read, and its HTTP library's own errors besides.
    except Exception as error:
        raise BackboneError(
            f"The backbone '{name}' is neither a local folder nor to be had from the hub: the name "
            "is unknown there or the network cannot be reached. Without a hub, "
            "'bundled:multilingual-e5-small' works offline."
        ) from error
    finally:
        hub_logging.setLevel(before)
    return name

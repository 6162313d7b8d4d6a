"""Encoding titles as vectors, each title once."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer

from metier.classifiers.transformer.backbones import cache_folder, resolve_backbone
from metier.classifiers.transformer.training import quiet_transformers
from metier.titles import normalise

__all__ = ["encode"]

BATCH = 64
LONGEST = 64


def encode(titles: Sequence[str], backbone: str, *, prefix: str = "") -> NDArray[np.float32]:
    """Return one vector of length 1 per title, shape (n, width).

    The vectors are the means over tokens of the encoder's last layer. They are kept in the user's
    cache folder by backbone and title, so that no title is encoded twice on one machine.

    Args:
        titles: The titles.
        backbone: An encoder, as transformers take it or ``bundled:NAME``.
        prefix: What the encoder expects before a text, such as ``"query: "``.

    Raises:
        BackboneError: If the backbone cannot be had.
    """
    place = resolve_backbone(backbone)
    folder = cache_folder() / "embeddings" / _identity(place, prefix)
    texts = [normalise(title) for title in titles]
    known = _read(folder)
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    if missing:
        known |= dict(zip(missing, _vectors(missing, place, prefix), strict=True))
        _write({text: known[text] for text in missing}, folder)
    return np.stack([known[text] for text in texts]) if texts else np.empty((0, 0), np.float32)


def _identity(place: str, prefix: str) -> str:
    """Name a backbone by its place and, where that is a folder, by the state of its weights."""
    folder = Path(place)
    files = sorted(folder.glob("*")) if folder.is_dir() else []
    state = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr((place, prefix, LONGEST, state)).encode()).hexdigest()[:16]


def _vectors(titles: list[str], place: str, prefix: str) -> NDArray[np.float32]:
    with quiet_transformers():
        tokenizer = AutoTokenizer.from_pretrained(place)
        model = AutoModel.from_pretrained(place, dtype=torch.float32).eval()
    order = sorted(range(len(titles)), key=lambda row: len(titles[row]))
    found: list[tuple[int, NDArray[np.float32]]] = []
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            batch = tokenizer(
                [prefix + titles[row] for row in rows],
                padding=True,
                truncation=True,
                max_length=LONGEST,
                return_tensors="pt",
            )
            hidden = model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1)
            mean = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
            unit = torch.nn.functional.normalize(mean, dim=1).numpy()
            found += list(zip(rows, unit, strict=True))
    return np.stack([vector for _, vector in sorted(found, key=lambda pair: pair[0])])


def _read(folder: Path) -> dict[str, NDArray[np.float32]]:
    known: dict[str, NDArray[np.float32]] = {}
    for shard in sorted(folder.glob("*.parquet")):
        frame = pl.read_parquet(shard)
        known |= dict(zip(frame["title"].to_list(), frame["vector"].to_numpy(), strict=True))
    return known


def _write(vectors: dict[str, NDArray[np.float32]], folder: Path) -> None:
    """Write a shard of its own: processes that encode at the same time do not meet."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f"{uuid.uuid4().hex}.tmp"
    width = len(next(iter(vectors.values())))
    frame = pl.DataFrame(
        {"title": list(vectors), "vector": np.stack(list(vectors.values()))},
        schema={"title": pl.String, "vector": pl.Array(pl.Float32, width)},
    )
    frame.write_parquet(scratch)
    os.replace(scratch, scratch.with_suffix(".parquet"))

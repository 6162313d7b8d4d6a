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
from transformers import AutoModel, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from metier.classifiers.transformer.backbones import cache_folder, resolve_backbone
from metier.classifiers.transformer.batches import batches_by_length
from metier.classifiers.transformer.training import quiet_transformers
from metier.errors import BackboneError
from metier.titles import normalise

__all__ = ["embed", "encode", "open_encoder", "unit_vectors"]

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
        vectors = embed(missing, *open_encoder(place, backbone), prefix=prefix)
        known |= dict(zip(missing, vectors, strict=True))
        _write({text: known[text] for text in missing}, folder)
    return np.stack([known[text] for text in texts]) if texts else np.empty((0, 0), np.float32)


def open_encoder(place: str, name: str) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    """Return the tokenizer and the model of an encoder, in float32 and ready to predict.

    Args:
        place: What ``from_pretrained`` is given, such as a folder.
        name: What the user calls the encoder, for messages.

    Raises:
        BackboneError: If there is no text encoder.
    """
    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(place)
            model = AutoModel.from_pretrained(place, dtype=torch.float32, use_safetensors=True)
    # A broken file, an unknown architecture and a network that fails midway raise errors of five
    # libraries; each of them means the same here.
    except Exception as error:
        raise BackboneError(
            f"The backbone '{name}' cannot be opened as a text encoder: {error}"
        ) from error
    return tokenizer, model.eval()


def embed(
    titles: Sequence[str],
    tokenizer: PreTrainedTokenizerBase,
    model: PreTrainedModel,
    *,
    prefix: str = "",
) -> NDArray[np.float32]:
    """Return one vector of length 1 per title, shape (n, width), of an encoder that is open.

    Args:
        titles: The titles; longer ones are cut after 64 tokens.
        tokenizer: The encoder's tokenizer.
        model: The encoder, on any device, and ready to predict.
        prefix: What the encoder expects before a text.
    """
    texts = [prefix + normalise(title) for title in titles]
    found = np.empty((len(texts), model.config.hidden_size), dtype=np.float32)
    with torch.inference_mode():
        for rows in batches_by_length([len(text) for text in texts], BATCH):
            unit = unit_vectors([texts[row] for row in rows], tokenizer, model)
            found[rows] = unit.cpu().numpy()
    return found


def unit_vectors(
    texts: Sequence[str], tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel
) -> torch.Tensor:
    """Return the mean over tokens of the last layer, normalised, shape (n, width), as one batch.

    Args:
        texts: What the encoder reads, its prefix included.
        tokenizer: The encoder's tokenizer.
        model: The encoder; the tensor is on its device and gradients flow back into it.
    """
    batch = tokenizer(
        list(texts),
        padding=True,
        truncation=True,
        # Some encoders have room for fewer tokens, and break where one has no place.
        max_length=min(LONGEST, tokenizer.model_max_length),
        return_tensors="pt",
    ).to(model.device)
    hidden = model(**batch).last_hidden_state.float()
    mask = batch["attention_mask"].unsqueeze(-1)
    mean = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
    return torch.nn.functional.normalize(mean, dim=1)


def _identity(place: str, prefix: str) -> str:
    """Name a backbone by its place and, where that is a folder, by the state of its weights."""
    folder = Path(place)
    files = sorted(folder.glob("*")) if folder.is_dir() else []
    state = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr((place, prefix, LONGEST, state)).encode()).hexdigest()[:16]


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

"""A vocabulary cut down to what a corpus of titles needs, and the embedding with it."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from metier.errors import ModelError
from metier.titles import encoder_text

__all__ = ["WORD_START", "trim"]

WORD_START = "▁"
"""What stands before the first piece of a word in such vocabularies."""


def trim(
    tokenizer: Tokenizer, model: PreTrainedModel, corpus: Sequence[str], *, least: int = 1
) -> tuple[Tokenizer, int]:
    """Keep the pieces that a corpus of titles needs, and take the others out of an encoder.

    Titles of the corpus are read as before, but for their rare pieces. Any other title is read with
    the pieces that are left: the single letters of all alphabets are kept, and a word whose piece
    is gone is spelt with shorter ones. Of the writings with thousands of characters, Chinese and
    Korean, those of the corpus are kept.

    Args:
        tokenizer: A tokeniser with a unigram vocabulary, as XLM-R and its kin have; not changed.
        model: The encoder; its embedding is replaced by one of the pieces that are kept.
        corpus: The titles.
        least: A piece that fewer titles have is taken out, too; at least 1.

    Returns:
        The new tokeniser, and how many pieces were taken out.

    Raises:
        ModelError: If the tokeniser has another kind of vocabulary.
    """
    content: dict[str, Any] = json.loads(tokenizer.to_str())
    if content["model"].get("type") != "Unigram":
        raise ModelError(
            "The vocabulary cannot be trimmed: the encoder's tokeniser is not a unigram model, the "
            "only kind in which a piece can be taken out and its words are still read."
        )
    kept = _needed(tokenizer, content, corpus, least)
    places = {old: new for new, old in enumerate(kept)}
    unigram = content["model"]
    before = len(unigram["vocab"])
    unigram["vocab"] = [unigram["vocab"][old] for old in kept if old < before]
    unigram["unk_id"] = places[unigram["unk_id"]]
    for added in content["added_tokens"]:
        added["id"] = places[added["id"]]
    for special in (content.get("post_processor") or {}).get("special_tokens", {}).values():
        special["ids"] = [places[old] for old in special["ids"]]
    _keep_rows(model, kept)
    return Tokenizer.from_str(json.dumps(content, ensure_ascii=False)), before - len(kept)


def _needed(
    tokenizer: Tokenizer, content: dict[str, Any], corpus: Sequence[str], least: int
) -> list[int]:
    """Return the numbers of the pieces to keep, ascending."""
    titles: Counter[int] = Counter()
    used = {content["model"]["unk_id"], *(added["id"] for added in content["added_tokens"])}
    for encoded in tokenizer.encode_batch_fast([encoder_text(title) for title in corpus]):
        titles.update(set(encoded.ids))
    used.update(number for number, count in titles.items() if count >= least)
    for number, (piece, _) in enumerate(content["model"]["vocab"]):
        character = piece.removeprefix(WORD_START)
        if len(character) <= 1 and (number in titles or not _of_thousands(character)):
            used.add(number)
    return sorted(used)


def _of_thousands(character: str) -> bool:
    """Tell whether a character is of a writing that has thousands of them."""
    return unicodedata.name(character, "").startswith(("CJK", "HANGUL")) if character else False


def _keep_rows(model: PreTrainedModel, kept: Sequence[int]) -> None:
    weights: Any = model.get_input_embeddings().weight
    rows = weights.detach()[torch.tensor(kept)]
    padding = kept.index(model.config.pad_token_id)
    model.set_input_embeddings(
        torch.nn.Embedding.from_pretrained(rows, freeze=True, padding_idx=padding)
    )
    model.config.vocab_size = len(kept)
    model.config.pad_token_id = padding

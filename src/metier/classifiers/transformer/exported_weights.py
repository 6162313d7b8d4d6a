"""Exported encoders as backbones: the weights of an ONNX graph, brought back into a checkpoint.

A model that ships as a graph can be fine-tuned further. int8 weights come back with the precision
that they have in the graph, which is that of its answers; the head of the former targets is left
out.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from metier.classifiers.exported.graph import CONFIG, GRAPH, TOKENIZER
from metier.classifiers.folders import model_hash
from metier.errors import BackboneError, MissingExtraError

__all__ = ["is_exported", "unpack_exported"]

WEIGHTS = "model.safetensors"
# Steps of an int8 input; the graph multiplies by greatest / (STEPS / scale).
STEPS = 127
HEAD = "classifier."
SPECIAL = {
    "bos": "<s>",
    "eos": "</s>",
    "cls": "<s>",
    "sep": "</s>",
    "unk": "<unk>",
    "mask": "<mask>",
}

Array = NDArray[Any]


def is_exported(folder: Path) -> bool:
    """Tell whether a folder holds an exported encoder, and what is needed to bring it back."""
    return (folder / GRAPH).is_file() and (folder / CONFIG).is_file()


def unpack_exported(folder: Path, cache: Path) -> Path:
    """Return a checkpoint of an exported encoder, made in the cache if it is not there.

    Args:
        folder: The folder of the graph.
        cache: Folder under which checkpoints are kept.

    Returns:
        A folder with ``config.json``, ``model.safetensors`` (float32) and ``tokenizer.json``.

    Raises:
        BackboneError: If the graph is not one that metier exported.
        MissingExtraError: If the extra ``train`` is not installed.
    """
    place = cache / f"exported-v2-{model_hash(folder)[:16]}"
    if (place / WEIGHTS).exists():
        return place
    weights = _weights(folder)
    cache.mkdir(parents=True, exist_ok=True)
    # Made beside its place and moved there whole, so that a killed run leaves no half folder.
    scratch = Path(tempfile.mkdtemp(prefix="exported-", dir=cache))
    try:
        save_file(weights, scratch / WEIGHTS, metadata={"format": "pt"})
        for name in (CONFIG, TOKENIZER):
            shutil.copyfile(folder / name, scratch / name)
        # Without it the class of the tokeniser would be guessed from the encoder's.
        text = json.dumps(_tokenizer_config(folder))
        (scratch / "tokenizer_config.json").write_text(text, encoding="utf-8")
        shutil.rmtree(place, ignore_errors=True)
        os.replace(scratch, place)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return place


def _tokenizer_config(folder: Path) -> dict[str, Any]:
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    special = {each.content for each in tokenizer.get_added_tokens_decoder().values()}
    # RoBERTa and its kin begin to count positions behind that of the padding.
    spent = config["pad_token_id"] + 1 if "roberta" in config.get("model_type", "") else 0
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": tokenizer.id_to_token(config["pad_token_id"]),
        "model_max_length": config["max_position_embeddings"] - spent,
        **{f"{role}_token": token for role, token in SPECIAL.items() if token in special},
    }


def _weights(folder: Path) -> dict[str, Array]:
    try:
        import onnx
        from onnx import numpy_helper
    except ModuleNotFoundError as error:
        raise MissingExtraError("Starting from an exported encoder", "train") from error
    try:
        graph = onnx.load(str(folder / GRAPH)).graph
        stored = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        made = {name: node for node in graph.node for name in node.output}
        weights = {
            name: value
            for name, value in stored.items()
            if name.endswith((".weight", ".bias")) and value.dtype == np.float32
        }
        weights |= dict(_embeddings(graph, stored))
        weights |= dict(_products(graph, stored, made))
    except Exception as error:
        raise BackboneError(
            f"The graph in {folder} cannot be brought back into an encoder: {error}"
        ) from error
    if not any(name.endswith("word_embeddings.weight") for name in weights):
        raise BackboneError(f"The graph in {folder} has no word embeddings of an encoder.")
    kept = {name: value for name, value in weights.items() if not name.startswith(HEAD)}
    return {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in kept.items()}


def _embeddings(graph: Any, stored: dict[str, Array]) -> Iterator[tuple[str, Array]]:
    """Yield tables of vectors whose rows are looked up before they are made float again."""
    readers = {name: node for node in graph.node for name in node.output}
    for node in graph.node:
        if node.op_type != "DequantizeLinear":
            continue
        rows, scale, zero = node.input
        table = readers[rows].input[0] if rows in readers else rows
        if scale.endswith(".weight_scale") and table in stored:
            values = stored[table].astype(np.float32) - stored[zero].astype(np.float32)
            yield scale.removesuffix("_scale"), values * stored[scale]


def _products(
    graph: Any, stored: dict[str, Array], made: dict[str, Any]
) -> Iterator[tuple[str, Array]]:
    """Yield the matrices of linear layers, which are told by the bias that is added to them."""
    for node in graph.node:
        biases = [name for name in node.input if name.endswith(".bias") and name in stored]
        if node.op_type != "Add" or len(biases) != 1:
            continue
        (product,) = (made[name] for name in node.input if name != biases[0])
        name = biases[0].removesuffix("bias") + "weight"
        if product.op_type == "MatMul" and product.input[1] in stored:
            yield name, stored[product.input[1]].T
        elif product.op_type == "Mul":
            cast, factor = (made[each] for each in product.input)
            whole = made[cast.input[0]]
            _, matrix, _, zero = whole.input
            steps = stored[factor.input[1]]
            values = stored[matrix].astype(np.float32) - stored[zero].astype(np.float32)
            yield name, (values * (STEPS / steps)).T

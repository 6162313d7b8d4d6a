"""What a model's folder says of the model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import metier
from metier.classifiers import Model, packaged
from metier.classifiers.folders import CARD, model_hash
from metier.classifiers.model import write_model_manifest
from metier.classifiers.profile import profile_of, write_profile
from metier.data import LabelledTitles, Role
from metier.runtime.export.record import RECORD
from metier.studies.card import model_facts
from tests.classifiers.stand_in import WordCounts, register


@pytest.fixture
def model(tmp_path, seniority, monkeypatch) -> Path:
    register(monkeypatch)
    data = LabelledTitles(
        ("CEO", "Nurse"), ("Management", "Professional"), seniority, Role.TRAINING, "t"
    )
    classifier = WordCounts(seniority).fit(data.titles, data.labels)
    Model({"seniority": classifier}).save(tmp_path / "m")
    write_profile(tmp_path / "m" / "seniority", profile_of(classifier, data, None))
    return tmp_path / "m"


def test_the_rules_lie_nowhere_and_were_not_trained() -> None:
    facts = model_facts(Path("rules"))
    assert facts.tiers == ()
    assert facts.identity.startswith("rules@")
    assert "trained on no titles" in facts.training[0]
    assert facts.versions == {"metier": metier.__version__}


def test_a_folder_tells_its_size_and_its_training(model) -> None:
    facts = model_facts(model)
    size = sum(file.stat().st_size for file in (model / "seniority").iterdir())
    [tier] = facts.tiers
    assert (tier.name, tier.megabytes) == (None, size / 1e6)
    assert facts.training[0].startswith("seniority: 2 rows of labelled titles; of their labels are")
    assert "Management 50.0%" in facts.training[0]


def test_a_packaged_model_says_what_its_folder_says(model, tmp_path, monkeypatch) -> None:
    (model / RECORD).write_text(json.dumps({"versions": {"metier": "0.0.9"}}))
    tiers = {"exact": {"seniority": "seniority"}}
    write_model_manifest(model, tiers["exact"], tiers=tiers, tier="exact")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setattr(packaged, "packaged_folder", lambda: tmp_path)
    facts = model_facts(Path("m"))
    assert facts == model_facts(model)
    assert facts.tiers[0].name == "exact"
    assert facts.versions["metier, which exported it"] == "0.0.9"


def test_a_tier_has_the_size_of_all_that_it_needs(model) -> None:
    """A shared graph counts once, and a tier that is made of others counts them."""
    (model / "graph").mkdir()
    (model / "graph" / "model.onnx").write_bytes(b"x" * 1000)
    own = json.loads((model / "seniority" / "classifier.json").read_text())
    (model / "seniority" / "classifier.json").write_text(json.dumps(own | {"graph": "../graph"}))
    (model / "both").mkdir()
    places = {"fast": "../seniority", "exact": "../seniority"}
    (model / "both" / "classifier.json").write_text(json.dumps(own | {"places": places}))
    tiers = {"exact": {"seniority": "seniority"}, "cascade": {"seniority": "both"}}
    write_model_manifest(model, tiers["exact"], tiers=tiers, tier="exact")
    record = {
        "titles": 5,
        "generated": 7,
        "targets": {"seniority": {"precision": "int8"}},
        "versions": {"metier": "0.0.9", "onnx": "1"},
    }
    (model / RECORD).write_text(json.dumps(record))
    facts = model_facts(model)
    exact, cascade = facts.tiers
    size = sum(file.stat().st_size for file in (model / "seniority").iterdir()) + 1000
    assert exact.is_default
    assert exact.megabytes == size / 1e6
    assert exact.formats[-1] == "int8"
    assert cascade.megabytes == (size + (model / "both" / "classifier.json").stat().st_size) / 1e6
    assert facts.versions["metier, which exported it"] == "0.0.9"
    assert "exported with 5 unlabelled titles and 7 generated" in facts.training[-1]


def test_a_card_is_no_part_of_the_model(model) -> None:
    alone = model / "seniority"
    before = model_hash(alone), model_facts(alone)
    (alone / CARD).write_text("# A card")
    assert (model_hash(alone), model_facts(alone)) == before

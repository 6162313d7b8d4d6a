"""One encoder for both targets, exported and asked in a real ONNX session."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.runtime.export.conftest import STRANGE, TITLES

import metier
from metier.classifiers import Classifier, Model, load_classifier
from metier.classifiers.average import AverageClassifier
from metier.classifiers.bag_of_words import BagOfWordsClassifier
from metier.classifiers.exported.graph import EncoderGraph
from metier.classifiers.folders import model_name
from metier.classifiers.hybrid import HybridClassifier
from metier.classifiers.rules import RulesClassifier
from metier.classifiers.transformer.exported_weights import is_exported
from metier.errors import ModelError
from metier.runtime.export import tiers
from metier.runtime.export.original import learned_part
from metier.runtime.export.shared import SharedSettings, share_encoder
from metier.runtime.export.tiers import ExportSettings, export_model

TARGETS = ("department", "seniority")


@pytest.fixture(scope="module")
def shared(trained: Path, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("shared") / "tiers"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiers, "VARIATIONS", 300)
        found = export_model(
            trained,
            out,
            ExportSettings(
                titles=TITLES,
                generated=["Chief Rope Tester"],
                trim=True,
                shared=SharedSettings(layers=1, epochs=8, learning_rate=3e-3),
            ),
        )
    for target in TARGETS:
        assert found[target].parity.agreement >= 0.99
        assert 0 < (found[target].teacher_agreement or 0) <= 1
    return out


def test_both_targets_are_answered_from_one_encoder(trained, shared) -> None:
    files = sorted(path.parent.name for path in shared.rglob("model.onnx"))
    assert files == ["encoder"]
    for target in TARGETS:
        taught, teacher = (
            load_classifier(shared / "exact" / target),
            load_classifier(trained / target),
        )
        found = taught.predict_proba([*TITLES, *STRANGE])
        assert found.shape == (len(TITLES) + len(STRANGE), len(teacher.scale.labels))
        assert found.sum(axis=1) == pytest.approx(np.ones(len(found)))
        assert surprise(teacher, taught) < 0.9 * np.log(len(teacher.scale.labels))


def surprise(teacher: Classifier, taught: Classifier) -> float:
    """The cross-entropy, in nats, of what was taught against its teacher; log K if it knew nothing."""
    given, found = teacher.predict_proba(TITLES), taught.predict_proba(TITLES)
    return float(-(given * np.log(np.maximum(found, 1e-12))).sum(axis=1).mean())


def test_the_encoder_is_opened_once_and_asked_once(shared, monkeypatch) -> None:
    model = metier.load(shared)
    first, second = (model.classifiers[target].graph_ for target in TARGETS)
    assert first is second
    asked: list[int] = []
    answer = EncoderGraph._answer

    def counted(self, texts):
        asked.append(len(texts))
        return answer(self, texts)

    monkeypatch.setattr(EncoderGraph, "_answer", counted)
    many = [f"{title} {number}" for number, title in enumerate(TITLES)]
    for titles in (["Rope Tester"], many):
        model.predict(titles)
    assert asked == [1, len(many)]


def test_a_head_can_be_saved_alone(shared, tmp_path) -> None:
    head = load_classifier(shared / "exact" / "seniority")
    head.save(tmp_path / "alone")
    alone = load_classifier(tmp_path / "alone")
    assert is_exported(tmp_path / "alone")
    assert (alone.predict_proba(TITLES) == head.predict_proba(TITLES)).all()


def test_another_encoder_makes_another_model(shared, tmp_path) -> None:
    shutil.copytree(shared, tmp_path / "tiers")
    before = model_name(tmp_path / "tiers")
    manifest = tmp_path / "tiers" / "exact" / "seniority" / "classifier.json"
    content = json.loads(manifest.read_text())
    assert len(content["encoder"]) == 64
    manifest.write_text(json.dumps(content | {"encoder": "0" * 64}))
    assert model_name(tmp_path / "tiers") != before


def test_the_shared_encoder_stands_for_all_that_was_learned(trained, seniority, tmp_path) -> None:
    encoder = load_classifier(trained / "seniority")
    words = BagOfWordsClassifier(seniority).fit(TITLES, encoder.predict(TITLES).tolist())
    learned = average_of(words, encoder)
    assert learned_part(learned) is learned
    average = average_of(Model.rules().classifiers["seniority"], learned)
    assert learned_part(average) is learned
    Model({"seniority": average}).save(tmp_path / "average")
    export_model(
        tmp_path / "average",
        tmp_path / "out",
        ExportSettings(titles=TITLES, tiers=["exact"], shared=SharedSettings(layers=1, epochs=1)),
    )
    exported = load_classifier(tmp_path / "out" / "exact" / "seniority")
    assert [part.method for part in exported.parts] == ["rules", "exported"]


def test_the_rules_of_a_hybrid_are_not_learned(trained, seniority) -> None:
    encoder = load_classifier(trained / "seniority")
    hybrid = HybridClassifier(seniority, then="transformer").with_parts([encoder])
    assert learned_part(hybrid) is encoder
    assert learned_part(average_of(hybrid, RulesClassifier(seniority))) is encoder


def average_of(*parts: Classifier) -> AverageClassifier:
    members = [{"method": part.method} for part in parts]
    average = AverageClassifier(parts[0].scale, members=members)
    average.temperatures_ = (1.0,) * len(parts)
    return average.with_parts(parts)


def test_what_cannot_be_shared_is_a_sentence(trained) -> None:
    teachers = Model.load(trained).classifiers
    with pytest.raises(ModelError, match=r"The encoder has \d+ layers; it cannot keep 40"):
        share_encoder(teachers, TITLES[:5], SharedSettings(layers=40))

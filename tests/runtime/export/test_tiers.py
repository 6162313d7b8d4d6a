"""Exports of tiny transformers through the real exporter, in real ONNX sessions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.classifiers.stand_in import WordCounts, register
from tests.runtime.export.conftest import STRANGE, TITLES

import metier
from metier.classifiers import Model, load_classifier
from metier.classifiers.average import AverageClassifier
from metier.classifiers.folders import model_name
from metier.data import LabelledTitles, Role
from metier.errors import DataError, ModelError, RoleError, StudyError
from metier.runtime.export import encoder, tiers
from metier.runtime.export.graph import Precision
from metier.runtime.export.parity import Bounds, ParityError
from metier.runtime.export.tiers import ExportSettings, export_model


def validation(scale, role: Role = Role.VALIDATION) -> LabelledTitles:
    labels = [scale.labels[number % len(scale.labels)] for number in range(40)]
    return LabelledTitles(tuple(TITLES[:40]), tuple(labels), scale, role, "held out")


@pytest.fixture(scope="module")
def exported(trained: Path, tmp_path_factory, seniority) -> Path:
    """All three tiers of both targets, validated for one of them."""
    out = tmp_path_factory.mktemp("exported") / "tiers"
    with pytest.MonkeyPatch.context() as patch:
        # The word pieces of a tokeniser of 400 and few variations are soon distilled on.
        patch.setattr(tiers, "VARIATIONS", 300)
        found = export_model(
            trained,
            out,
            ExportSettings(
                titles=TITLES,
                generated=["Chief Rope Tester"],
                validation={"seniority": validation(seniority)},
            ),
        )
    assert found["seniority"].precision in Precision
    assert found["department"].parity.agreement >= 0.99
    return out


def test_the_exact_tier_answers_as_the_original(trained, exported) -> None:
    asked = [*TITLES, *STRANGE]
    for target in ("department", "seniority"):
        before = load_classifier(trained / target)
        after = load_classifier(exported / "exact" / target)
        same = before.predict(asked) == after.predict(asked)
        assert same.mean() >= 0.99
        found = after.predict_proba(asked)
        assert found.sum(axis=1) == pytest.approx(np.ones(len(asked)))
        assert after.predict_proba([]).shape == (0, len(after.scale.labels))


def test_a_title_is_answered_alike_in_any_company(exported) -> None:
    asked = [*TITLES, *STRANGE]
    for target in ("department", "seniority"):
        classifier = load_classifier(exported / "exact" / target)
        together = classifier.predict_proba(asked)
        backwards = classifier.predict_proba(asked[::-1])[::-1]
        assert (together == backwards).all()
        for row in (0, 50, len(asked) - 1):
            assert (classifier.predict_proba([asked[row]])[0] == together[row]).all()


def test_a_model_is_loaded_by_the_name_of_its_tier(exported) -> None:
    assert metier.load(exported).tier == "exact"
    by_tier = {tier: metier.load(exported, tier) for tier in ("exact", "fast", "cascade")}
    for tier in ("exact", "fast"):
        answers = by_tier[tier].predict(TITLES[:5])
        assert {each.tier for given in answers.values() for each in given} == {tier}
    handed = by_tier["cascade"].predict(TITLES)["seniority"]
    exact = by_tier["exact"].predict(TITLES)["seniority"]
    fast = by_tier["fast"].predict(TITLES)["seniority"]
    assert {each.tier for each in handed} == {"exact", "fast"}
    assert [each.label for each in handed] == [
        (exact if each.tier == "exact" else fast)[row].label for row, each in enumerate(handed)
    ]
    with pytest.raises(ModelError, match="has no tier 'quick'; it has: exact, fast, cascade"):
        metier.load(exported, "quick")


def test_what_an_export_came_to_is_written_without_titles(exported) -> None:
    text = (exported / "export.json").read_text(encoding="utf-8")
    content = json.loads(text)["targets"]
    assert content["seniority"]["temperature"] != 1
    assert content["department"]["temperature"] == 1
    assert 0 < content["seniority"]["threshold"] <= 1
    assert not [title for title in TITLES if len(title) > 5 and title in text]


def test_a_cascade_of_other_tiers_is_another_model(exported) -> None:
    names = {model_name(exported, tier) for tier in ("exact", "fast", "cascade")}
    assert len(names) == 3
    assert model_name(exported) == model_name(exported, "exact")


def test_predicting_imports_neither_torch_nor_transformers(exported) -> None:
    code = (
        "import sys, metier; answers = metier.load(sys.argv[1], 'cascade').predict(['CEO', 'x']); "
        "print(len(answers), [n for n in ('torch', 'transformers') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(exported)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "2 []"


def test_an_exported_classifier_can_be_saved_elsewhere_and_not_fitted(exported, tmp_path) -> None:
    classifier = load_classifier(exported / "exact" / "seniority")
    classifier.save(tmp_path / "copy")
    copy = load_classifier(tmp_path / "copy")
    assert (copy.predict_proba(TITLES) == classifier.predict_proba(TITLES)).all()
    with pytest.raises(StudyError, match="fit a transformer and export it"):
        classifier.fit(["CEO"], ["Junior"])


@pytest.mark.parametrize("name", ["model.onnx", "model.onnx.data", "tokenizer.json"])
def test_a_damaged_export_is_a_sentence(exported, tmp_path, name) -> None:
    load_classifier(exported / "exact" / "department").save(tmp_path)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:100])
    with pytest.raises(ModelError, match="is incomplete or damaged"):
        load_classifier(tmp_path)


def test_one_tier_alone_and_a_vocabulary_of_the_titles(trained, tmp_path, monkeypatch) -> None:
    found = export_model(
        trained / "department",
        tmp_path / "trimmed",
        ExportSettings(titles=TITLES, tiers=["exact"], precision=Precision.FLOAT32, trim=True),
    )
    assert found["department"].pieces_removed > 0
    assert found["department"].fast_agreement is None
    before = load_classifier(trained / "department")
    after = load_classifier(tmp_path / "trimmed" / "exact" / "department")
    assert after.predict_proba(TITLES) == pytest.approx(before.predict_proba(TITLES), abs=1e-4)
    assert after.predict_proba(STRANGE).sum(axis=1) == pytest.approx(np.ones(len(STRANGE)))
    assert metier.load(tmp_path / "trimmed").tier == "exact"


def test_int8_that_loses_parity_gives_way_to_float32(
    trained, exported, tmp_path, monkeypatch
) -> None:
    bounds = {Precision.INT8: Bounds(0.99, 1e-9), Precision.FLOAT32: Bounds(0.9, None)}
    monkeypatch.setattr(encoder, "bounds_of", bounds.__getitem__)

    def copied(original, folder, precision):
        load_classifier(exported / "exact" / "department").save(folder)
        return {"department": load_classifier(folder)}

    # A graph that is there already; writing one takes seconds.
    monkeypatch.setattr(encoder, "_write", copied)
    settings = ExportSettings(titles=TITLES[:50], tiers=["exact"])
    found = export_model(trained / "department", tmp_path / "a", settings)
    assert found["department"].precision is Precision.FLOAT32
    assert "int8 does not answer as the original" in found["department"].rejected
    strict = ExportSettings(titles=TITLES[:50], tiers=["exact"], precision=Precision.INT8)
    with pytest.raises(ParityError, match=r"of 50 titles .* The worst: '"):
        export_model(trained / "department", tmp_path / "b", strict)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"tiers": ["slow"]}, DataError, "no tier 'slow'; there are: exact, fast, cascade"),
        ({"tiers": ["cascade", "fast"]}, DataError, "'cascade' needs the tiers 'fast' and"),
        ({"hand_on": 1.5}, DataError, r"A share of 1\.5 cannot be handed on"),
        ({"titles": []}, DataError, "needs titles like those"),
    ],
)
def test_an_export_that_cannot_be_is_a_sentence(
    trained, tmp_path, settings, error, message
) -> None:
    given = ExportSettings(**({"titles": TITLES} | settings))
    with pytest.raises(error, match=message):
        export_model(trained, tmp_path / "out", given)
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_not_written_over(trained, tmp_path, seniority, monkeypatch) -> None:
    settings = ExportSettings(titles=TITLES)
    with pytest.raises(DataError, match="is there already"):
        export_model(trained, tmp_path, settings)
    with pytest.raises(DataError, match="there is no folder"):
        export_model(trained, tmp_path / "none" / "out", settings)
    with pytest.raises(ModelError, match="The rules have no encoder"):
        export_model(Path("rules"), tmp_path / "out", settings)
    register(monkeypatch)
    Model({"seniority": WordCounts(seniority).fit(["CEO"], ["Lead"])}).save(tmp_path / "words")
    with pytest.raises(ModelError, match="The method 'word-counts' has no encoder to export"):
        export_model(tmp_path / "words", tmp_path / "out", settings)
    development = ExportSettings(
        titles=TITLES, validation={"seniority": validation(seniority, Role.DEVELOPMENT)}
    )
    with pytest.raises(RoleError):
        export_model(trained, tmp_path / "out", development)
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.tmp").exists()


def test_an_average_asks_the_exported_encoder_in_place_of_its_own(
    trained, seniority, tmp_path
) -> None:
    encoder = load_classifier(trained / "seniority")
    rules = Model.rules().classifiers["seniority"]
    members = [{"method": "rules"}, {"method": "transformer"}]
    average = AverageClassifier(seniority, members=members)
    average.temperatures_ = (1.0, 2.0)
    average = average.with_parts([rules, encoder])
    Model({"seniority": average}).save(tmp_path / "average")
    settings = ExportSettings(titles=TITLES, tiers=["exact"], precision=Precision.FLOAT32)
    export_model(tmp_path / "average", tmp_path / "out", settings)
    # Nothing in the folder points outside of it.
    (tmp_path / "out").rename(tmp_path / "moved")
    exported = load_classifier(tmp_path / "moved" / "exact" / "seniority")
    assert [part.method for part in exported.parts] == ["rules", "exported"]
    asked = [*TITLES, *STRANGE]
    assert exported.predict_proba(asked) == pytest.approx(average.predict_proba(asked), abs=1e-4)
    assert len(list((tmp_path / "moved").rglob("model.onnx"))) == 1

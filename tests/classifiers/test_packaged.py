"""Models that ship with metier are found by name."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import metier
from metier.classifiers import Model, packaged
from metier.classifiers.folders import classifier_folders, model_name
from metier.classifiers.packaged import (
    DEFAULT_MODEL,
    is_packaged,
    is_packaged_rules,
    packaged_models,
    place_of,
)
from metier.classifiers.transformer.classifier import TransformerClassifier
from metier.errors import ModelError

needs_model = pytest.mark.skipif(
    DEFAULT_MODEL not in packaged_models(), reason="no model is packaged here"
)


@pytest.fixture
def tiny(tmp_path, monkeypatch) -> Path:
    """A packaged folder with one model, of rules."""
    Model.rules().save(tmp_path / "models" / "tiny")
    monkeypatch.setattr(packaged, "packaged_folder", lambda: tmp_path / "models")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "models" / "tiny"


def test_a_packaged_model_is_loaded_by_its_name(tiny) -> None:
    assert packaged_models() == ("tiny",)
    assert metier.load("tiny").predict(["CEO"])["seniority"][0].label == "Management"
    assert place_of(Path("tiny")) == tiny
    assert classifier_folders(Path("tiny")) == classifier_folders(tiny)
    assert model_name(Path("tiny")) == model_name(tiny)
    assert model_name(Path("tiny")).startswith("tiny@")


def test_a_folder_of_that_name_goes_before_it(tiny, tmp_path) -> None:
    Model({"seniority": Model.rules().classifiers["seniority"]}).save(tmp_path / "tiny")
    assert not is_packaged(Path("tiny"))
    assert list(metier.load("tiny").classifiers) == ["seniority"]


def test_an_unknown_name_says_which_there_are(tiny) -> None:
    for ask in (
        metier.load,
        lambda name: classifier_folders(Path(name)),
        lambda name: model_name(Path(name)),
    ):
        with pytest.raises(ModelError) as refused:
            ask("huge")
        assert str(refused.value) == (
            "There is no model folder 'huge', and no model of that name; packaged are: tiny, rules."
        )


def test_where_the_default_model_is_missing_a_sentence_says_so(tiny) -> None:
    with pytest.raises(ModelError, match="'open' comes with metier and is missing from this copy"):
        metier.load()


def test_the_default_model_answers_where_none_is_named(tiny) -> None:
    tiny.rename(tiny.with_name(DEFAULT_MODEL))
    [answer] = metier.load().predict(["CEO"])["seniority"]
    assert answer.label == "Management"
    assert model_name(Path(DEFAULT_MODEL)).startswith("open@")


def test_a_name_is_no_path_and_no_file(tiny, tmp_path) -> None:
    for path in (tmp_path / "elsewhere" / "tiny", Path("models") / "rules", Path()):
        assert not is_packaged(path)
        assert not is_packaged_rules(path)
    # A file of that name is no model.
    for name in ("tiny", "rules"):
        (tmp_path / name).write_text("", encoding="utf-8")
    assert place_of(Path("tiny")) == tiny
    assert is_packaged_rules(Path("rules"))


def test_the_rules_have_a_name_and_no_folder(tiny, tmp_path) -> None:
    with pytest.raises(ModelError, match="The packaged rules lie in no folder"):
        place_of(Path("rules"))
    (tmp_path / "rules").mkdir()
    assert place_of(Path("rules")) == Path("rules")


def test_a_model_is_called_the_same_wherever_it_is_installed(tiny, tmp_path, monkeypatch) -> None:
    before = model_name(Path("tiny"))
    shutil.copytree(tmp_path / "models", tmp_path / "site-packages" / "metier" / "models")
    monkeypatch.setattr(
        packaged, "packaged_folder", lambda: tmp_path / "site-packages" / "metier" / "models"
    )
    (tmp_path / "jobs").mkdir()
    monkeypatch.chdir(tmp_path / "jobs")
    assert model_name(Path("tiny")) == before


def test_a_missing_tier_is_said_of_the_name_that_was_asked_for(tiny) -> None:
    for ask in (metier.load, classifier_folders):
        with pytest.raises(ModelError, match=r"^The model 'tiny' has no tier 'fast'"):
            ask(Path("tiny"), "fast")


def test_there_may_be_no_packaged_models_at_all(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(packaged, "packaged_folder", lambda: tmp_path / "none")
    assert packaged_models() == ()
    assert list(metier.load("rules").classifiers) == ["department", "seniority"]


@needs_model
@pytest.mark.parametrize("tier", ["exact", "fast", "cascade"])
def test_the_shipped_model_answers_without_torch(tier) -> None:
    code = (
        "import sys, metier; "
        "answers = metier.load(tier=sys.argv[1]).predict(['Leiterin Einkauf DACH']); "
        "print(*(given[0].label for given in answers.values()), "
        "[n for n in ('torch', 'transformers') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tier], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "Purchasing Lead []"


@needs_model
def test_the_shipped_model_is_small_and_has_a_card(tmp_path) -> None:
    folder = place_of(Path(DEFAULT_MODEL))
    # A wheel is a ZIP archive: this is what it carries.
    archive = shutil.make_archive(str(tmp_path / "model"), "zip", folder)
    assert Path(archive).stat().st_size <= 25_000_000
    assert "Decisions about people" in (folder / "CARD.md").read_text(encoding="utf-8")


@needs_model
def test_a_training_starts_from_the_encoder_of_the_shipped_model(
    tmp_path, monkeypatch, department
) -> None:
    monkeypatch.setenv("METIER_CACHE", str(tmp_path))
    titles = ["Head of Sales", "Verkäuferin", "Strategic Buyer", "Einkäufer"] * 4
    labels = ["Sales", "Sales", "Purchasing", "Purchasing"] * 4
    started = TransformerClassifier(department, backbone=DEFAULT_MODEL, epochs=1)
    asked = ["Senior Buyer", "Sales Manager", "Acheteuse", "Vendeur"]
    found = started.fit(titles, labels).predict(asked)
    assert list(found) == ["Purchasing", "Sales"] * 2

"""Models that ship with metier are found by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import metier
from metier.classifiers import Model, packaged
from metier.classifiers.folders import classifier_folders, model_name
from metier.classifiers.packaged import DEFAULT_MODEL, is_packaged, packaged_models, place_of
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
    with pytest.raises(ModelError, match="no model of that name; packaged are: tiny, rules"):
        metier.load("huge")
    with pytest.raises(ModelError, match="no model folder 'open'"):
        metier.load()


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
def test_the_shipped_model_is_small_and_has_a_card() -> None:
    folder = place_of(Path(DEFAULT_MODEL))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert size <= 25_000_000
    assert "decisions about people" in (folder / "CARD.md").read_text(encoding="utf-8")

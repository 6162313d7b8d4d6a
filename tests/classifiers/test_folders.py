import json
from pathlib import Path

import pytest

from metier.classifiers import Model
from metier.classifiers.folders import (
    classifier_folders,
    is_packaged_rules,
    model_hash,
    model_hashes,
    page_hash,
)
from metier.classifiers.model import write_model_manifest
from metier.errors import ModelError
from metier.guidelines import load_guidelines
from tests.classifiers.stand_in import WordCounts, register


@pytest.fixture
def classifier(seniority, monkeypatch):
    register(monkeypatch)
    return WordCounts(seniority).fit(["Goatherd"], ["Professional"])


def test_each_kind_of_folder_leads_to_the_classifiers(classifier, tmp_path) -> None:
    Model({"seniority": classifier}).save(tmp_path / "m")
    place = tmp_path / "m" / "seniority"
    assert classifier_folders(tmp_path / "m") == {"seniority": place}
    assert classifier_folders(place) == {"seniority": place}
    (tmp_path / "run" / "model").mkdir(parents=True)
    write_model_manifest(tmp_path / "run" / "model", {"seniority": "../../m/seniority"})
    [found] = classifier_folders(tmp_path / "run").values()
    assert found.resolve() == place


def test_a_folder_without_a_model_is_refused(tmp_path) -> None:
    with pytest.raises(ModelError, match="holds no classifier"):
        classifier_folders(tmp_path)
    (tmp_path / "model.json").write_text(json.dumps({"targets": ["seniority"]}))
    with pytest.raises(ModelError, match=r"model\.json is broken"):
        classifier_folders(tmp_path)


def test_a_model_is_the_same_wherever_it_lies_and_another_when_a_file_is(
    classifier, tmp_path
) -> None:
    for name in ("a", "b"):
        Model({"seniority": classifier}).save(tmp_path / name)
    assert model_hashes(tmp_path / "a") == model_hashes(tmp_path / "b" / "seniority")
    before = model_hash(tmp_path / "a")
    (tmp_path / "a" / "seniority" / "counts.json").rename(tmp_path / "a" / "seniority" / "c.json")
    assert model_hash(tmp_path / "a") != before
    classifier.fit(["Goatherd"], ["Senior"]).save(tmp_path / "b" / "seniority")
    assert model_hashes(tmp_path / "b") != model_hashes(tmp_path / "a")


def test_the_packaged_rules_are_known_by_their_pages(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    hashes = model_hashes(Path("rules"))
    assert set(hashes) == {"department", "seniority"}
    page = load_guidelines("seniority")
    assert hashes["seniority"] == page_hash(page)
    assert page_hash(page.model_copy(update={"fallback": "Lead"})) != page_hash(page)
    assert is_packaged_rules(Path("rules"))
    (tmp_path / "rules").mkdir()
    assert not is_packaged_rules(Path("rules"))

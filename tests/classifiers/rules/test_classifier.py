import csv
import time
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from metier.classifiers import Model, load_classifier, method_class
from metier.classifiers.rules import RulesClassifier
from metier.errors import ModelError, StudyError
from metier.guidelines import Scale, load_guidelines, packaged_targets

LANGUAGES = sorted((Path(__file__).parents[2] / "guidelines" / "titles").glob("*.csv"))
# Done well, and at least for the common ranks and departments.
GOALS = {"seniority": 0.90, "department": 0.85}
COMMON_ONLY = {"ar", "zh", "ja", "ko"}
COMMON_GOAL = 0.80


@cache
def packaged_rules(target: str) -> RulesClassifier:
    """Return the rules of a packaged page, whose words are looked up once for all tests."""
    return RulesClassifier(load_guidelines(target).scale)


@pytest.mark.parametrize("target", packaged_targets())
@pytest.mark.parametrize("file", LANGUAGES, ids=lambda file: file.stem)
def test_rules_read_every_language(file: Path, target: str) -> None:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    rules = packaged_rules(target)
    given = rules.predict([row["title"] for row in rows])
    right = np.mean([label == row[target] for label, row in zip(given, rows, strict=True)])
    assert right >= (COMMON_GOAL if file.stem in COMMON_ONLY else GOALS[target])


def test_a_verdict_names_its_marker() -> None:
    rules = packaged_rules("seniority")
    lead, plain = rules.explain(["Head of Payroll", "Xylographer"])
    assert lead.label == "Lead"
    assert lead.marker is not None
    assert lead.marker.text.startswith("head of")
    assert lead.marker.language == "en"
    assert plain.label == "Professional"
    assert plain.marker is None
    assert rules.reasons(["Xylographer"]) == ["no marker"]


def test_the_confidence_is_what_the_page_states() -> None:
    rules = packaged_rules("seniority")
    probabilities = rules.predict_proba(["Head of Payroll", "Xylographer"])
    stated = load_guidelines("seniority").confidence
    np.testing.assert_allclose(probabilities.max(axis=1), [stated.plain, stated.fallback])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_no_marker_matches_inside_another_word() -> None:
    given = packaged_rules("department").predict(["Justitiar", "Titrator", "Sprinter", "Chrono"])
    assert list(given) == ["Other"] * 4


def test_saved_rules_answer_alike_without_the_page(department: Scale, tmp_path: Path) -> None:
    rules = RulesClassifier(department)
    rules.save(tmp_path / "rules")
    titles = ["Einkäuferin", "Sales Manager", "Nurse"]
    loaded = load_classifier(tmp_path / "rules")
    np.testing.assert_array_equal(loaded.predict_proba(titles), rules.predict_proba(titles))


def test_a_folder_without_its_page_is_refused(department: Scale, tmp_path: Path) -> None:
    RulesClassifier(department).save(tmp_path / "rules")
    (tmp_path / "rules" / "guidelines.json").write_text("{}")
    with pytest.raises(ModelError, match=r"guidelines\.json is missing or broken"):
        load_classifier(tmp_path / "rules")


@pytest.mark.parametrize("piece", ["x", "x ", "館", "社長", "leiter", "sales | "])
def test_however_long_a_title_is_it_is_answered_at_once(piece: str) -> None:
    rules = packaged_rules("seniority")
    rules.predict(["Xylographer"])
    title = piece * (1_000_000 // len(piece))
    started = time.perf_counter()
    assert rules.predict_proba([title, f"CEO {title}"]).shape == (2, 6)
    assert time.perf_counter() - started < 1
    assert rules.predict([f"CEO {title}", f"{title} CEO"])[0] == "Management"


def test_a_page_with_other_labels_is_refused(seniority: Scale) -> None:
    rules = RulesClassifier(Scale("seniority", ("Low", "High")), page="seniority")
    with pytest.raises(StudyError, match="has not the labels"):
        rules.check()


def test_the_rules_are_a_model_by_name() -> None:
    answers = Model.rules().predict(["Leiterin Einkauf DACH"], explain=True)
    assert answers["department"][0].label == "Purchasing"
    assert answers["seniority"][0].label == "Lead"
    assert answers["seniority"][0].reason
    assert method_class("rules") is RulesClassifier


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("Verkoopleider", "Lead"),
        ("Inkoopleider Benelux", "Lead"),
        ("Abteilungsleiterin", "Lead"),
        ("Projektleder", "Lead"),
        ("Assistant Director", "Director"),
        ("Chief Widget Integration Officer", "Management"),
        ("Senior工程师", "Senior"),
        ("副总裁助理", "Junior"),
        ("GF", "Management"),
        ("Stv. Leiterin Einkauf", "Lead"),
        ("Sr. Buyer", "Senior"),
    ],
)
def test_ranks_in_compounds_abbreviations_and_mixed_scripts(title: str, label: str) -> None:
    assert list(packaged_rules("seniority").predict([title])) == [label]


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("Employé.e de commerce", "Administrative"),
        ("Marketing/E-Commerce Manager", "Marketing"),
        ("Sales, Marketing & HR Specialist", "Sales"),
        ("Marketing总监", "Marketing"),
        ("Rechtsanwalt IT-Recht", "Other"),
        ("HR Consultant", "Consulting"),
    ],
)
def test_functions_by_order_head_noun_and_script(title: str, label: str) -> None:
    assert list(packaged_rules("department").predict([title])) == [label]

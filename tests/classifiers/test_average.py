import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from metier import errors
from metier.classifiers import load_classifier
from metier.classifiers.average import AverageClassifier
from metier.classifiers.bag_of_words import BagOfWordsClassifier
from metier.classifiers.registry import METHODS, Entry
from metier.classifiers.rules import RulesClassifier
from metier.errors import ModelError, StudyError
from metier.guidelines import Scale, load_guidelines
from metier.metrics import apply_temperature
from tests.classifiers.stand_in import WordCounts, register

TITLES = ["Rope Seller", "Kite Seller", "Rope Buyer", "Kite Buyer", "Buyer of Ink", "Seller of Ink"]
LABELS = ["Sales", "Sales", "Purchasing", "Purchasing", "Purchasing", "Sales"]
VALIDATION = (["Seller of Kites", "Buyer of Ropes", "Ink Seller"], ["Sales", "Purchasing", "Sales"])
ASKED = ["Seller", "Ink", "Glassblower", "部長"]
MEMBERS = [{"method": "rules"}, {"method": "word-counts", "smoothing": 0.1}]


@pytest.fixture(autouse=True)
def registered(monkeypatch) -> None:
    register(monkeypatch)


def test_without_validation_titles_probabilities_are_averaged_as_they_are(department) -> None:
    average = AverageClassifier(department, members=MEMBERS).fit(TITLES, LABELS)
    parts = [
        RulesClassifier(department).predict_proba(ASKED),
        WordCounts(department, smoothing=0.1).fit(TITLES, LABELS).predict_proba(ASKED),
    ]
    assert average.temperatures_ == (1, 1)
    np.testing.assert_allclose(average.predict_proba(ASKED), np.mean(parts, axis=0))
    weighted = AverageClassifier(department, members=MEMBERS, weights=[3, 1]).fit(TITLES, LABELS)
    expected = np.average(parts, axis=0, weights=[3, 1])
    np.testing.assert_allclose(weighted.predict_proba(ASKED), expected)
    assert average.predict_proba([]).shape == (0, 11)


def test_validation_titles_set_a_temperature_of_each_member(department: Scale) -> None:
    members = [{"method": "bag-of-words", "strength": 0.01}, *MEMBERS]
    average = AverageClassifier(department, members=members)
    average.fit(TITLES, LABELS, validation=VALIDATION)
    # So strong a penalty makes a regression timid.
    assert average.temperatures_[0] < 0.5
    lone = AverageClassifier(department, members=members[:1])
    lone.fit(TITLES, LABELS, validation=VALIDATION)
    timid = BagOfWordsClassifier(department, strength=0.01).fit(TITLES, LABELS)
    np.testing.assert_allclose(
        lone.predict_proba(ASKED),
        apply_temperature(timid.predict_proba(ASKED), lone.temperatures_[0]),
    )


def test_a_temperature_that_is_given_is_not_set_on_the_validation_titles(
    department: Scale, tmp_path
) -> None:
    average = AverageClassifier(department, members=MEMBERS, temperatures=[1, 2])
    average.fit(TITLES, LABELS, validation=VALIDATION)
    parts = [
        RulesClassifier(department).predict_proba(ASKED),
        apply_temperature(
            WordCounts(department, smoothing=0.1).fit(TITLES, LABELS).predict_proba(ASKED), 2
        ),
    ]
    np.testing.assert_allclose(average.predict_proba(ASKED), np.mean(parts, axis=0))
    average.save(tmp_path / "average")
    loaded = load_classifier(tmp_path / "average")
    assert isinstance(loaded, AverageClassifier)
    assert loaded.temperatures_ == (1, 2)
    assert loaded.get_params()["temperatures"] == [1, 2]


def test_a_member_has_no_say_in_what_it_does_not_cover(write, department: Scale) -> None:
    path = write("answers.csv", "title,department\nInk,Consulting\n")
    recorded = {"method": "recorded", "file": path}
    average = AverageClassifier(department, members=[*MEMBERS[1:], recorded], weights=[1, 2])
    average.fit(TITLES, LABELS, validation=VALIDATION)
    assert average.temperatures_[1] == 1
    words = AverageClassifier(department, members=MEMBERS[1:])
    words.fit(TITLES, LABELS, validation=VALIDATION)
    np.testing.assert_allclose(
        average.predict_proba(ASKED)[[0, 2]], words.predict_proba(ASKED)[[0, 2]]
    )
    assert average.predict(ASKED)[1] == "Consulting"
    assert average.covers(ASKED).all()
    alone = AverageClassifier(department, members=[recorded]).fit(TITLES, LABELS)
    assert alone.covers(ASKED).tolist() == [False, True, False, False]
    assert list(alone.predict(ASKED)) == ["Other", "Consulting", "Other", "Other"]


class PlacedWordCounts(WordCounts):
    method = "placed"

    def __init__(self, scale, *, seed: int = 0, work_folder: Path | None = None) -> None:
        super().__init__(scale, seed=seed)
        self.work_folder = work_folder


def test_members_get_page_seed_and_a_work_folder_of_their_own(
    department, tmp_path, monkeypatch
) -> None:
    monkeypatch.setitem(METHODS, "placed", Entry(__name__, "PlacedWordCounts"))
    page = load_guidelines("department").model_copy(update={"fallback": "Consulting"})
    members = [{"method": "placed", "seed": 7}, {"method": "placed"}, {"method": "substring"}]
    average = AverageClassifier(
        department, members=members, page=page, seed=3, work_folder=tmp_path
    ).fit(TITLES, LABELS)
    placed = average._members[:2]
    assert [member.seed for member in placed] == [7, 3]
    assert [member.work_folder.parent for member in placed] == [tmp_path, tmp_path]
    assert placed[0].work_folder != placed[1].work_folder
    assert list(average.predict(["Glassblower"])) == ["Consulting"]
    average.save(tmp_path / "model")
    params = load_classifier(tmp_path / "model").get_params()
    assert params["members"] == members
    assert params["page"].fallback == "Consulting"


def test_an_average_can_be_a_member(department: Scale) -> None:
    inner = {"method": "average", "members": MEMBERS[1:]}
    nested = AverageClassifier(department, members=[inner, *MEMBERS[1:]]).fit(TITLES, LABELS)
    alone = WordCounts(department, smoothing=0.1).fit(TITLES, LABELS)
    np.testing.assert_allclose(nested.predict_proba(ASKED), alone.predict_proba(ASKED))


def test_a_saved_one_answers_alike(department: Scale, tmp_path: Path) -> None:
    members = [{"method": "bag-of-words"}, {"method": "substring"}]
    average = AverageClassifier(department, members=members, weights=[2.0, 1.0])
    average.fit(TITLES, LABELS, validation=VALIDATION).save(tmp_path)
    loaded = load_classifier(tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(ASKED), average.predict_proba(ASKED))
    manifest = tmp_path / "classifier.json"
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(content | {"temperatures": None}))
    with pytest.raises(ModelError, match="holds no average"):
        load_classifier(tmp_path)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "lists at least one table"),
        ({"members": ["rules"]}, "Member 1 of the average is 'rules'; it must be a table"),
        ({"members": [{"strength": 1}]}, "it must be a table that names a method"),
        (
            {"members": [*MEMBERS, {"method": "rule"}]},
            r"Member 3 of the average \('rule'\): There is no method 'rule'",
        ),
        (
            {"members": [{"method": "bag-of-words", "strength": 0}]},
            r"Member 1 of the average \('bag-of-words'\): The strength is 0",
        ),
        (
            {"members": [{"method": "word-counts", "smooth": 0}]},
            "no parameter 'smooth'; did you mean 'smoothing'",
        ),
        ({"members": [{"method": "rules", "page": "department"}]}, "no parameter 'page'"),
        ({"members": MEMBERS, "weights": [1]}, r"\[1\]; they must be a list with one for each"),
        ({"members": MEMBERS, "weights": 0.5}, "0.5; they must be a list"),
        ({"members": MEMBERS, "temperatures": [1]}, r"The temperatures of the average are \[1\]"),
        (
            {"members": MEMBERS, "temperatures": [1, -2]},
            "A temperature of the average is -2; it must",
        ),
        ({"members": MEMBERS, "weights": [1, 0]}, "A weight of the average is 0; it must be above"),
    ],
)
def test_mistakes_name_the_member(department: Scale, given: dict, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        AverageClassifier(department, **given).check()


@pytest.mark.parametrize("kind", ["LabellingError", "BackboneError"])
def test_what_cannot_be_reached_keeps_its_type(department: Scale, kind: str) -> None:
    members = [*MEMBERS, {"method": "broken", "error": kind}]
    with pytest.raises(getattr(errors, kind), match=r"Member 3 .* \('broken'\): It is broken"):
        AverageClassifier(department, members=members).check()


def test_a_costly_member_makes_it_costly_and_is_not_asked_for_validation(
    department: Scale, tmp_path: Path
) -> None:
    assert not AverageClassifier(department, members=MEMBERS).is_costly
    average = AverageClassifier(department, members=[*MEMBERS, {"method": "costly"}])
    assert average.is_costly
    average.fit(TITLES, LABELS, validation=VALIDATION)
    assert average.temperatures_[1] != 1
    assert average.temperatures_[2] == 1
    assert average._members[2].asked == []
    average.save(tmp_path)
    assert load_classifier(tmp_path).is_costly
    inner = {"method": "average", "members": [{"method": "costly"}]}
    assert AverageClassifier(department, members=[inner]).is_costly


def test_it_is_cloned_with_its_members(department: Scale) -> None:
    assert clone(AverageClassifier(department, members=MEMBERS)).members == MEMBERS

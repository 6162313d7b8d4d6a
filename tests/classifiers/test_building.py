from pathlib import Path

import pytest

from metier import errors
from metier.classifiers.building import build, naming, portable
from metier.classifiers.rules import RulesClassifier
from metier.errors import ModelError, StudyError
from metier.guidelines import Scale
from tests.classifiers.stand_in import WordCounts, register

OWN = {"seed": 5, "page": "department", "work_folder": None}


@pytest.fixture(autouse=True)
def registered(monkeypatch) -> None:
    register(monkeypatch)


def test_a_method_gets_its_parameters_and_what_it_knows_of_the_caller_s(department: Scale) -> None:
    words = build("word-counts", department, {"smoothing": 2.0}, OWN)
    assert isinstance(words, WordCounts)
    assert (words.smoothing, words.seed) == (2.0, 5)
    rules = build("rules", department, {}, OWN)
    assert isinstance(rules, RulesClassifier)
    assert rules.page == "department"


@pytest.mark.parametrize(
    ("method", "parameters", "message"),
    [
        ("word-counts", {"smooth": 1}, "did you mean 'smoothing'"),
        ("word-counts", {"seed": 1}, "has no parameter 'seed'"),
        ("word-counts", {"scale": 1}, "has no parameter 'scale'"),
        ("rules", {"strength": 1}, "no parameter 'strength'; there are none"),
    ],
)
def test_a_name_that_is_no_parameter_is_refused(department, method, parameters, message) -> None:
    with pytest.raises(StudyError, match=message):
        build(method, department, parameters, OWN)


def test_a_method_that_is_none_is_refused(department: Scale) -> None:
    with pytest.raises(ModelError, match="There is no method 'words'"):
        build("words", department, {}, OWN)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("BackboneError", "BackboneError"),
        ("LabellingError", "LabellingError"),
        ("StudyError", "StudyError"),
        ("GuidelinesError", "StudyError"),
    ],
)
def test_a_mistake_is_named_and_what_cannot_be_reached_keeps_its_type(kind, told) -> None:
    with pytest.raises(errors.MetierError) as caught, naming("The inner method"):
        raise getattr(errors, kind)("It is broken.")
    assert type(caught.value).__name__ == told
    assert str(caught.value) == "The inner method: It is broken."


def test_what_is_not_installed_is_told_as_it_is() -> None:
    missing = errors.MissingExtraError("The inner method", "llm")
    with pytest.raises(errors.MissingExtraError) as caught, naming("Member 2"):
        raise missing
    assert caught.value is missing


def test_parameters_are_written_as_json_has_them() -> None:
    given = {"file": Path("a") / "b.csv", "members": ({"method": "rules"},), "weights": None}
    found = portable(given)
    assert found == {
        "file": str(Path("a") / "b.csv"),
        "members": [{"method": "rules"}],
        "weights": None,
    }
    with pytest.raises(TypeError):
        portable({"scale": object()})

import importlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from metier.classifiers import load_classifier, method_class
from metier.classifiers.registry import METHODS, Entry
from metier.errors import MissingExtraError, ModelError
from metier.guidelines import load_guidelines
from tests.classifiers.stand_in import WordCounts, register

SCALE = load_guidelines("seniority").scale
FITTED = WordCounts(SCALE).fit(["CEO", "Intern Sales"], ["Management", "Junior"])

TITLES = ["Rope Tester", "Chief Kite Tester", "Rope Tester Trainee", "Kite Tester, Senior"]
LABELS = ["Professional", "Management", "Junior", "Senior"]
RECORDED = "title,seniority\nrope tester,Professional\nkites,\n"
# Every method that needs neither an encoder nor a language model.
PARAMETERS = {
    "rules": {},
    "substring": {},
    "recorded": {"file": "answers.csv"},
    "bag-of-words": {"imbalance": "oversampling"},
    "hybrid": {"then": "bag-of-words", "then_parameters": {"features": "words"}},
    "distilled": {"teacher": "bag-of-words", "variations": 60, "buckets": 2048},
    "average": {
        "members": [{"method": "bag-of-words"}, {"method": "recorded", "file": "answers.csv"}]
    },
}


@pytest.fixture(params=PARAMETERS)
def classifier(request, write, monkeypatch):
    monkeypatch.chdir(write("answers.csv", RECORDED).parent)
    return method_class(request.param)(SCALE, **PARAMETERS[request.param])


def test_every_method_keeps_the_contract(classifier, tmp_path) -> None:
    assert METHODS[classifier.method].name == type(classifier).__name__
    classifier.check()
    assert classifier.fit(TITLES, LABELS, validation=(TITLES[:2], LABELS[:2])) is classifier
    asked = [*TITLES, "", "Glassblower", "部長", "\ud800", "a\x00b", "x" * 5_000]
    probabilities = classifier.predict_proba(asked)
    assert probabilities.shape == (len(asked), 6)
    assert probabilities.dtype == np.float64
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(asked)))
    assert (probabilities >= 0).all()
    assert (classifier.predict(asked) == classifier.classes_[probabilities.argmax(axis=1)]).all()
    assert classifier.predict_proba([]).shape == (0, 6)
    assert classifier.covers(asked).shape == (len(asked),)
    assert classifier.covers(asked).dtype == np.bool_
    reasons = classifier.reasons(asked)
    assert reasons is None or (len(reasons) == len(asked) and "" not in reasons)
    # A title is answered alike in any company.
    assert classifier.predict_proba(asked[1:2])[0] == pytest.approx(probabilities[1])
    classifier.save(tmp_path / "model")
    (tmp_path / "answers.csv").unlink()
    loaded = load_classifier(tmp_path / "model")
    assert (loaded.predict_proba(asked) == probabilities).all()
    assert (loaded.covers(asked) == classifier.covers(asked)).all()
    assert loaded.reasons(asked) == reasons


def test_a_method_set_to_other_parameters_and_fitted_is_as_good_as_new(write, classifier) -> None:
    path = write("others.csv", "title,seniority\nrope tester,Lead\nglassblower,Senior\n")
    page = load_guidelines("seniority")
    chinese = tuple(each for each in page.languages if each.language == "Chinese")
    changed = {
        "page": page.model_copy(update={"fallback": "Lead", "languages": chinese}),
        "file": path,
        "strength": 0.1,
        "members": [{"method": "substring"}, {"method": "recorded", "file": path}],
    }
    changed = {name: changed[name] for name in changed if name in classifier.parameter_names()}
    asked = [*TITLES, "", "Glassblower"]
    before = classifier.fit(TITLES, LABELS).predict_proba(asked)
    classifier.reasons(asked)
    again = classifier.set_params(**changed).fit(TITLES, LABELS)
    new = clone(classifier).fit(TITLES, LABELS)
    assert (again.predict_proba(asked) == new.predict_proba(asked)).all()
    assert (again.predict_proba(asked) != before).any()
    assert again.reasons(asked) == new.reasons(asked)
    assert (again.covers(asked) == new.covers(asked)).all()


def test_what_a_method_is_built_on_can_be_imported() -> None:
    for name in METHODS:
        kind = method_class(name)
        for module in kind.built_on:
            assert importlib.import_module(module).__name__ == module
            assert module != kind.__module__


def test_answers_cost_nothing_unless_a_method_says_otherwise(classifier) -> None:
    costly = {"recorded", "average"}  # The average asks a recorded member.
    assert classifier.is_costly == (classifier.method in costly)


def test_every_method_is_cloned(classifier) -> None:
    assert clone(classifier).get_params() == classifier.get_params()


def test_all_titles_are_covered_unless_a_method_says_otherwise() -> None:
    assert FITTED.covers(["CEO", ""]).tolist() == [True, True]
    assert FITTED.covers([]).shape == (0,)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=8))
def test_predict_agrees_with_predict_proba(titles) -> None:
    probabilities = FITTED.predict_proba(titles)
    assert probabilities.shape == (len(titles), 6)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(titles)))
    assert (FITTED.predict(titles) == FITTED.classes_[probabilities.argmax(axis=1)]).all()
    ranks = FITTED.predict_rank(titles)
    assert ((ranks >= 1) & (ranks <= 6)).all()


def test_labels_come_in_scale_order_even_if_unseen() -> None:
    assert tuple(FITTED.classes_) == SCALE.labels


def test_parameters_are_those_of_scikit_learn() -> None:
    copy = clone(WordCounts(SCALE, smoothing=3.0))
    assert copy.smoothing == 3.0
    assert copy.set_params(smoothing=2.0).get_params()["smoothing"] == 2.0
    with pytest.raises(ValueError, match="no parameter 'smoothness'"):
        copy.set_params(smoothness=1)


def test_labels_travel_with_the_classifier(tmp_path, monkeypatch) -> None:
    register(monkeypatch)
    FITTED.save(tmp_path)
    loaded = load_classifier(tmp_path)
    assert loaded.scale == SCALE
    assert (loaded.predict_proba(["CEO"]) == FITTED.predict_proba(["CEO"])).all()


def test_a_folder_of_another_format_is_refused(tmp_path) -> None:
    with pytest.raises(ModelError, match="holds no classifier"):
        load_classifier(tmp_path)
    FITTED.save(tmp_path)
    with pytest.raises(ModelError, match="There is no method 'word-counts'; there are: "):
        load_classifier(tmp_path)
    manifest = tmp_path / "classifier.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 99}))
    with pytest.raises(ModelError, match="format 99; this version of metier reads format 1"):
        load_classifier(tmp_path)


def test_a_missing_package_names_the_extra(tmp_path, monkeypatch) -> None:
    (tmp_path / "needs_more.py").write_text("import not_installed_anywhere")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(METHODS, "more", Entry("needs_more", "More", "train"))
    with pytest.raises(MissingExtraError, match=r"pip install 'metier\[train\]'"):
        method_class("more")

from pathlib import Path

import numpy as np
import pytest

from metier.classifiers import load_classifier
from metier.classifiers.hybrid import HybridClassifier
from metier.classifiers.rules import RulesClassifier
from metier.errors import LabellingError, ModelError, StudyError
from metier.guidelines import Scale
from tests.classifiers.stand_in import WordCounts, register

TITLES = ["Zzyx grumble", "Zzyx mumble", "Qwop grumble"]
LABELS = ["Senior", "Senior", "Director"]
# The first is decided by a marker, the others by none.
ASKED = ["CEO zzyx", "zzyx", "qwop"]


@pytest.fixture(autouse=True)
def registered(monkeypatch) -> None:
    register(monkeypatch)


@pytest.fixture
def hybrid(seniority: Scale) -> HybridClassifier:
    parameters = {"smoothing": 0.5}
    return HybridClassifier(seniority, then="word-counts", then_parameters=parameters)


def test_the_rules_answer_where_a_marker_decides_and_the_model_elsewhere(hybrid) -> None:
    found = hybrid.fit(TITLES, LABELS).predict_proba(ASKED)
    model = WordCounts(hybrid.scale, smoothing=0.5).fit(TITLES, LABELS)
    np.testing.assert_array_equal(found[:1], RulesClassifier(hybrid.scale).predict_proba(ASKED[:1]))
    np.testing.assert_array_equal(found[1:], model.predict_proba(ASKED[1:]))
    assert list(hybrid.predict(ASKED)) == ["Management", "Senior", "Director"]
    assert hybrid.predict_proba([]).shape == (0, 6)


def test_reasons_name_the_marker_or_what_the_model_says_if_it_says_any(hybrid, seniority) -> None:
    assert hybrid.fit(TITLES, LABELS).reasons(ASKED) == [
        *RulesClassifier(seniority).reasons(ASKED[:1]),
        None,
        None,
    ]
    listed = HybridClassifier(seniority, then="substring").fit(TITLES, LABELS)
    assert listed.reasons(["Zzyx mumbled"]) == ["no marker; substring: zzyx mumble"]


def test_recorded_answers_cover_what_the_rules_leave(write, seniority) -> None:
    path = write("answers.csv", "title,seniority\nqwop,Junior\n")
    hybrid = HybridClassifier(seniority, then="recorded", then_parameters={"file": path})
    assert hybrid.fit(TITLES, LABELS).covers(ASKED).tolist() == [True, False, True]
    assert hybrid.predict(ASKED)[2] == "Junior"


def test_it_is_costly_where_its_model_is(hybrid, seniority, tmp_path: Path) -> None:
    assert not hybrid.is_costly
    assert not hybrid.fit(TITLES, LABELS).is_costly
    costly = HybridClassifier(seniority, then="costly")
    assert costly.is_costly
    costly.fit(TITLES, LABELS, validation=(TITLES, LABELS)).save(tmp_path)
    assert costly.is_costly
    assert costly._model.asked == []
    assert load_classifier(tmp_path).is_costly


def test_a_saved_one_answers_alike(hybrid, tmp_path: Path) -> None:
    before = hybrid.set_params(then_parameters=None).fit(TITLES, LABELS).predict_proba(ASKED)
    hybrid.save(tmp_path)
    loaded = load_classifier(tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(ASKED), before)
    assert loaded.get_params()["then"] == "word-counts"
    (tmp_path / "model" / "classifier.json").unlink()
    with pytest.raises(ModelError, match="holds no classifier"):
        load_classifier(tmp_path)


def test_mistakes_name_the_method_after_the_rules(seniority: Scale) -> None:
    def check(**given: object) -> None:
        HybridClassifier(seniority, **given).check()

    with pytest.raises(StudyError, match=r"'word-count' after the rules: There is no method"):
        check(then="word-count")
    with pytest.raises(StudyError, match="has no parameter 'smoth'; did you mean 'smoothing'"):
        check(then="word-counts", then_parameters={"smoth": 1})
    with pytest.raises(StudyError, match="'bag-of-words' after the rules: The strength is 0"):
        check(then_parameters={"strength": 0})
    with pytest.raises(StudyError, match="then_parameters may not be 3"):
        check(then_parameters=3)
    with pytest.raises(LabellingError, match="'broken' after the rules: It is broken"):
        check(then="broken", then_parameters={"error": "LabellingError"})


def test_another_model_may_answer_in_place_of_its_own(hybrid, seniority) -> None:
    hybrid.fit(TITLES, LABELS)
    assert [part.method for part in hybrid.parts] == ["word-counts"]
    other = WordCounts(seniority).fit(["qwop"], ["Junior"])
    replaced = hybrid.with_parts([other])
    assert list(replaced.predict(ASKED[::2])) == ["Management", "Junior"]
    assert hybrid.predict(ASKED)[2] == "Director"
    with pytest.raises(ValueError, match="asks no other classifiers"):
        other.with_parts([])

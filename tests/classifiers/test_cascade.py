import numpy as np
import pytest

from metier.classifiers import Model, cascade, load_classifier
from metier.classifiers.cascade import CascadeClassifier, hand_on_threshold
from metier.classifiers.contract import read_manifest
from metier.errors import ModelError, StudyError
from tests.classifiers.stand_in import WordCounts, register

TITLES = ["CEO", "Intern Sales", "Nurse"]


@pytest.fixture
def fast(seniority) -> WordCounts:
    return WordCounts(seniority).fit(["CEO"] * 9, ["Management"] * 9)


@pytest.fixture
def exact(seniority) -> WordCounts:
    return WordCounts(seniority).fit(["CEO", "Intern", "Nurse"], ["Lead", "Junior", "Professional"])


@pytest.fixture
def both(fast, exact) -> CascadeClassifier:
    return CascadeClassifier.of(fast, exact, 0.5)


def test_unsure_titles_are_handed_on(both, fast, exact) -> None:
    found, tiers = both.predict_with_tiers(TITLES)
    assert tiers == ["fast", "exact", "exact"]
    assert (found[0] == fast.predict_proba(TITLES)[0]).all()
    assert (found[1:] == exact.predict_proba(TITLES)[1:]).all()
    assert (both.predict_proba(TITLES) == found).all()
    assert both.predict(TITLES).tolist() == ["Management", "Junior", "Professional"]
    assert both.predict_with_tiers([])[1] == []


def test_answers_say_their_tier(both) -> None:
    answers = Model({"seniority": both}).predict(TITLES)["seniority"]
    assert [answer.tier for answer in answers] == ["fast", "exact", "exact"]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.34, 0.5, 1.0])
def test_the_threshold_hands_on_the_share_that_was_asked_for(fast, seniority, share) -> None:
    titles = [" ".join(["CEO"] * times + ["x"] * 3) for times in range(10)]
    threshold = hand_on_threshold(fast, titles, share)
    handed_on = fast.predict_proba(titles).max(axis=1) < threshold
    assert handed_on.mean() == pytest.approx(np.ceil(share * 10) / 10)


def test_a_share_that_cannot_be_is_refused(fast) -> None:
    with pytest.raises(ValueError, match=r"a share of 1\.2"):
        hand_on_threshold(fast, TITLES, 1.2)
    with pytest.raises(ValueError, match="of 0 titles"):
        hand_on_threshold(fast, [], 0.1)


def test_it_is_read_again_and_the_exact_tier_only_when_it_is_needed(
    both, tmp_path, monkeypatch
) -> None:
    register(monkeypatch)
    both.save(tmp_path)
    opened = []
    monkeypatch.setattr(
        cascade, "load_classifier", lambda folder: opened.append(folder) or load_classifier(folder)
    )
    loaded = CascadeClassifier.load(tmp_path)
    assert loaded.predict(["CEO"]).tolist() == ["Management"]
    assert len(opened) == 1
    assert (loaded.predict_proba(TITLES) == both.predict_proba(TITLES)).all()
    assert len(opened) == 2


def test_it_may_lie_beside_its_classifiers_and_move_with_them(
    both, fast, exact, tmp_path, monkeypatch
) -> None:
    register(monkeypatch)
    home = tmp_path / "a"
    fast.save(home / "fast")
    exact.save(home / "exact")
    places = {"fast": home / "fast", "exact": home / "exact"}
    both.save_beside(home / "cascade" / "seniority", places, {"fast": "12", "exact": "34"})
    assert read_manifest(home / "cascade" / "seniority")[1]["hashes"] == {
        "fast": "12",
        "exact": "34",
    }
    home.rename(tmp_path / "b")
    loaded = load_classifier(tmp_path / "b" / "cascade" / "seniority")
    assert loaded.predict(TITLES).tolist() == both.predict(TITLES).tolist()


def test_what_is_no_cascade_is_refused(both, department, tmp_path, monkeypatch) -> None:
    register(monkeypatch)
    with pytest.raises(StudyError, match="A cascade is not fitted"):
        CascadeClassifier(both.scale).fit(TITLES, TITLES)
    with pytest.raises(ValueError, match="one target"):
        CascadeClassifier.of(both.fast_, WordCounts(department).fit([], []), 0.5)
    both.fast_.save(tmp_path)
    with pytest.raises(ModelError, match="holds no cascade"):
        CascadeClassifier.load(tmp_path)

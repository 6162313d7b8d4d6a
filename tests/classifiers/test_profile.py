import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.classifiers.profile import (
    LEVELS,
    observe,
    profile_of,
    profile_of_titles,
    read_profile,
    unknown_share,
    write_profile,
)
from metier.data import LabelledTitles, Role
from metier.errors import DataError, ModelError, RoleError
from tests.classifiers.stand_in import Costly, WordCounts

TITLES = ("Goatherd", "Deputy Goatherd", "Chief Goatherd", "Lighthouse Painter")
LABELS = ("Professional", "Lead", "Director", "Professional")


@pytest.fixture
def training(seniority):
    return LabelledTitles(TITLES, LABELS, seniority, Role.TRAINING, "list")


@pytest.fixture
def validation(seniority):
    titles = ("Chief Painter", "Deputy Organist", "n/a", "Goatherd")
    labels = ("Director", "Lead", "Professional", "Professional")
    return LabelledTitles(titles, labels, seniority, Role.VALIDATION, "held out")


@pytest.fixture
def classifier(seniority):
    return WordCounts(seniority, smoothing=0.1).fit(TITLES, LABELS)


def test_it_is_measured_on_validation_titles(classifier, training, validation) -> None:
    found = profile_of(classifier, training, validation)
    assert (found.measured_on, found.titles, found.measured) == ("validation", 4, 4)
    assert found.untitled == 0.25
    # Of five words of the three titles one is unknown.
    assert found.unknown_words == pytest.approx(1 / 5)
    assert set(found.words) == {"chief", "deputy", "goatherd", "lighthouse", "painter"}
    assert found.training_shares == training.shares
    assert list(found.predicted_shares) == list(classifier.scale.labels)
    assert sum(found.predicted_shares.values()) == pytest.approx(1)
    asked = classifier.predict_proba(["Chief Painter", "Deputy Organist", "Goatherd"]).max(axis=1)
    assert found.mean_confidence == pytest.approx(asked.mean())
    assert (found.confidence[0], found.confidence[-1]) == (asked.min(), asked.max())
    assert set(found.confidence) <= set(asked)


def test_without_validation_titles_it_says_so(classifier, training) -> None:
    found = profile_of(classifier, training, None)
    assert found.measured_on == "training"
    assert found.unknown_words is None


def test_a_costly_classifier_is_not_asked_for_titles_of_its_own(
    seniority, training, validation, tmp_path
) -> None:
    costly = Costly(seniority).fit(TITLES, LABELS)
    found = profile_of(costly, training, validation)
    free = profile_of(WordCounts(seniority).fit(TITLES, LABELS), training, validation)
    assert costly.asked == []
    assert (found.predicted_shares, found.mean_confidence, found.confidence) == ({}, None, ())
    for name in ("measured", "untitled", "words", "unknown_words", "training_shares"):
        assert getattr(found, name) == getattr(free, name)
    write_profile(tmp_path, found)
    assert read_profile(tmp_path) == found
    profile_of(costly, training, None)
    assert costly.asked == []
    nameless = LabelledTitles(("n/a",), ("Lead",), seniority, Role.VALIDATION, "held out")
    with pytest.raises(DataError, match="None of 1 rows holds a title"):
        profile_of(costly, training, nameless)


def test_of_titles_without_labels_one_half_gives_the_words(classifier) -> None:
    titles = ["Goatherd", "Organist", "Painter", "Sailor", "Rigger"]
    found = profile_of_titles(classifier, titles)
    assert found.measured_on == "reference"
    assert found.training_shares is None
    assert (found.titles, found.measured) == (2, 3)
    assert len(found.words) == 2
    assert found.unknown_words == 1
    assert profile_of_titles(classifier, titles * 100).unknown_words == 0


def test_roles_are_asked(classifier, training, validation, seniority) -> None:
    seen = LabelledTitles(TITLES, LABELS, seniority, Role.DEVELOPMENT, "CVs")
    with pytest.raises(RoleError, match="CVs is development data"):
        profile_of(classifier, seen, None)
    with pytest.raises(RoleError, match="CVs is development data"):
        profile_of(classifier, training, seen)


def test_rows_that_hold_no_title_are_not_asked(classifier) -> None:
    found = observe(classifier, ["", "Goatherd", "n/a", "Goatherd"])
    assert (found.rows, found.untitled, found.titles) == (4, 0.5, ("Goatherd", "Goatherd"))
    with pytest.raises(DataError, match="None of 2 rows holds a title"):
        observe(classifier, ["", "n/a"])


class OneTrade(WordCounts):
    """Answers titles of goatherds alone."""

    def covers(self, titles):
        return np.asarray(["Goatherd" in title for title in titles], dtype=np.bool_)

    def predict_proba(self, titles):
        if not self.covers(titles).all():
            raise ValueError("asked for what it cannot answer")
        return super().predict_proba(titles)


def test_titles_that_cannot_be_answered_are_left_out(seniority, validation) -> None:
    classifier = OneTrade(seniority).fit(TITLES, LABELS)
    rows = ["", "Goatherd", "Lighthouse Painter", "Lighthouse Painter", "Goatherd"]
    found = observe(classifier, rows)
    assert (found.rows, found.left_out, found.titles) == (3, 2, ("Goatherd", "Goatherd"))
    assert found.untitled == pytest.approx(1 / 3)
    assert sum(found.shares.values()) == pytest.approx(1)
    assert len(found.confidence) == 2
    assert profile_of_titles(classifier, ["Goatherd"] * 3 + ["Painter"]).measured <= 2
    with pytest.raises(DataError, match="None of 1 rows holds a title that the model can answer"):
        observe(classifier, ["Painter"])


@given(st.lists(st.sampled_from(TITLES), min_size=1, max_size=12))
def test_a_title_counts_as_often_as_it_has_rows(rows) -> None:
    from metier.guidelines import load_guidelines

    classifier = WordCounts(load_guidelines("seniority").scale).fit(TITLES, LABELS)
    found = observe(classifier, rows)
    predicted = list(classifier.predict(rows))
    assert found.shares == pytest.approx(
        {label: predicted.count(label) / len(rows) for label in classifier.scale.labels}
    )
    np.testing.assert_allclose(
        np.sort(found.confidence), np.sort(classifier.predict_proba(rows).max(axis=1))
    )


def test_words_are_folded_and_signs_are_none() -> None:
    assert unknown_share(["GOATHERD & Painter/Organist"], {"goatherd", "painter"}) == (
        pytest.approx(1 / 3)
    )
    assert unknown_share(["–"], set()) == 0


def test_what_is_written_is_read(classifier, training, validation, tmp_path) -> None:
    profile = profile_of(classifier, training, validation)
    write_profile(tmp_path, profile)
    assert read_profile(tmp_path) == profile
    assert [path.name for path in tmp_path.iterdir()] == ["profile.json"]
    assert len(profile.confidence) == len(LEVELS)


def test_a_missing_or_broken_profile_is_a_sentence(classifier, training, tmp_path) -> None:
    with pytest.raises(ModelError, match=r"has no profile .* train it again"):
        read_profile(tmp_path)
    profile = profile_of(classifier, training, None)
    write_profile(tmp_path, profile.model_copy(update={"confidence": (0.5,)}))
    with pytest.raises(ModelError, match=r"profile\.json is broken or of another version"):
        read_profile(tmp_path)

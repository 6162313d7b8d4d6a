from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.classifiers.stand_in import WordCounts

from metier.classifiers.profile import LEVELS, profile_of, profile_of_titles
from metier.data import LabelledTitles, Role
from metier.errors import DataError, ModelError
from metier.evaluation.drift import SignalName, Verdict, drift, quantile_distance, stability
from metier.guidelines import Scale

SCALE = Scale("risk", ("Low", "Middle", "High"), (1, 2, 3))
KINDS = {"Low": "Painter", "Middle": "Sailor", "High": "Rigger"}
PLACES = ("harbour", "tower", "bridge", "mill", "quay")


def stream(n: int, shares: tuple[float, float, float], seed: int) -> tuple[list[str], list[str]]:
    """Titles whose last word tells the label, and the labels."""
    random = np.random.default_rng(seed)
    labels = random.choice(SCALE.labels, size=n, p=shares).tolist()
    places = random.choice(PLACES, size=n)
    return [f"{p} {KINDS[label]}" for p, label in zip(places, labels, strict=True)], labels


EVEN = (0.4, 0.3, 0.3)


@pytest.fixture(scope="module")
def trained():
    titles, labels = stream(400, EVEN, 0)
    classifier = WordCounts(SCALE, smoothing=0.1).fit(titles, labels)
    training = LabelledTitles(tuple(titles), tuple(labels), SCALE, Role.TRAINING, "list")
    held_out = LabelledTitles(*map(tuple, stream(300, EVEN, 1)), SCALE, Role.VALIDATION, "held out")
    return classifier, profile_of(classifier, training, held_out), training


def signal(found, name: SignalName):
    return next(one for one in found.signals if one.name is name)


def test_titles_of_the_same_kind_are_stable(trained) -> None:
    classifier, profile, _ = trained
    found = drift(classifier, profile, stream(500, EVEN, 2)[0])
    assert found.verdict is Verdict.STABLE
    assert found.sentence == (
        "Stable: the 500 new titles look like the 300 validation titles; nothing has changed by "
        "more than size and chance allow."
    )
    assert found.total_variation < 0.1
    assert [share.label for share in found.labels] == list(SCALE.labels)
    assert found.labels[0].training == pytest.approx(profile.training_shares["Low"])


@pytest.mark.parametrize(
    ("shares", "verdict"),
    [((0.55, 0.3, 0.15), Verdict.WATCH), ((0.8, 0.1, 0.1), Verdict.WORRY)],
)
def test_another_mixture_of_labels_is_named(trained, shares, verdict) -> None:
    classifier, profile, _ = trained
    found = drift(classifier, profile, stream(600, shares, 3)[0])
    assert found.verdict is verdict
    assert f"{verdict.capitalize()}: what changed most is label shares: " in found.sentence
    assert signal(found, SignalName.LABELS).verdict is verdict
    moved = sum(abs(one.here - one.there) for one in found.labels) / 2
    assert found.total_variation == pytest.approx(moved)


def test_a_small_file_does_not_cry_wolf(trained) -> None:
    classifier, profile, _ = trained
    one_sided = drift(classifier, profile, ["mill Rigger"] * 2 + ["quay Sailor"] * 2)
    assert signal(one_sided, SignalName.LABELS).distance > 0.25
    assert one_sided.verdict is Verdict.STABLE
    assert "too few to tell" in one_sided.sentence
    alarms = [
        drift(classifier, profile, stream(25, EVEN, seed)[0]).verdict is not Verdict.STABLE
        for seed in range(60)
    ]
    assert sum(alarms) <= 3


def test_unknown_words_are_named_and_fewer_are_no_bad_news(trained) -> None:
    classifier, profile, _ = trained
    titles = stream(300, EVEN, 4)[0]
    found = drift(classifier, profile, [f"nocturnal {title}" for title in titles])
    words = signal(found, SignalName.WORDS)
    assert (words.there, words.here) == (0, pytest.approx(1 / 3))
    assert words.verdict is Verdict.WORRY
    assert (
        "33.3% of the words are unknown, against 0.0% of the words of the 300 validation titles ("
        in found.sentence
    )
    many = profile.model_copy(update={"unknown_words": 0.5})
    assert signal(drift(classifier, many, titles), SignalName.WORDS).verdict is Verdict.STABLE


def test_less_confidence_is_named(trained) -> None:
    classifier, profile, _ = trained
    titles = [title.split()[0] for title in stream(300, EVEN, 5)[0]]
    found = drift(classifier, profile, titles)
    confidence = signal(found, SignalName.CONFIDENCE)
    assert confidence.here < confidence.there
    assert confidence.verdict is Verdict.WORRY
    assert found.unsure > 0.9


def test_confidence_of_training_titles_is_shown_and_not_judged(trained) -> None:
    classifier, _, training = trained
    profile = profile_of(classifier, training, None)
    titles = [title.split()[0] for title in stream(300, EVEN, 5)[0]]
    found = drift(classifier, profile, titles)
    assert signal(found, SignalName.CONFIDENCE).verdict is None
    assert signal(found, SignalName.WORDS).verdict is None
    assert signal(found, SignalName.WORDS).distance is None
    assert found.compared_with == "training"
    assert found.sentence.endswith(
        "; unknown words and confidence were not judged, since the model has no validation titles."
    )


def test_rows_without_a_title_are_counted(trained) -> None:
    classifier, profile, _ = trained
    titles = stream(300, EVEN, 6)[0]
    found = drift(classifier, profile, titles + ["n/a"] * 150)
    assert signal(found, SignalName.UNTITLED).here == pytest.approx(1 / 3)
    assert found.verdict is Verdict.WORRY
    assert (
        "rows without a title: 33.3% of the rows hold none, against 0.0% of the 300 validation rows ("
        in (found.sentence)
    )
    assert signal(found, SignalName.LABELS).verdict is Verdict.STABLE
    with pytest.raises(DataError, match="None of 1 rows holds a title"):
        drift(classifier, profile, ["n/a"])


def test_one_title_is_spoken_of_as_one(trained) -> None:
    classifier, profile, _ = trained
    found = drift(classifier, profile, ["mill Rigger"])
    assert found.sentence == (
        "Stable: the new title looks like the 300 validation titles, but there are too few to "
        "tell any but a very large change from chance."
    )
    alone = profile_of_titles(classifier, ["mill Rigger", "quay Sailor"])
    against_one = drift(classifier, alone, stream(300, EVEN, 4)[0])
    assert "the 300 new titles look like the reference title, but" in against_one.sentence


class Forgetful(WordCounts):
    """Answers no title of a quay."""

    def covers(self, titles):
        return np.asarray(["quay" not in title for title in titles], dtype=np.bool_)


def test_what_the_model_cannot_answer_is_left_out_and_counted(trained) -> None:
    _, profile, training = trained
    classifier = Forgetful(SCALE, smoothing=0.1).fit(training.titles, training.labels)
    titles = [title for title in stream(300, EVEN, 4)[0] if "quay" not in title]
    alone, mixed = (drift(classifier, profile, each) for each in (titles, [*titles, "quay Boss"]))
    assert (alone.left_out, mixed.left_out) == (0, 1)
    assert mixed.model_copy(update={"left_out": 0}) == alone


def test_titles_of_a_better_time_can_be_compared_with(trained) -> None:
    classifier, _, _ = trained
    profile = profile_of_titles(classifier, stream(400, EVEN, 7)[0])
    assert drift(classifier, profile, stream(400, EVEN, 8)[0]).verdict is Verdict.STABLE
    found = drift(classifier, profile, stream(400, (0.1, 0.1, 0.8), 9)[0])
    assert found.verdict is Verdict.WORRY
    assert found.labels[0].training is None


def test_a_profile_of_other_labels_is_refused(trained, seniority) -> None:
    _, profile, _ = trained
    classifier = WordCounts(seniority).fit(["Goatherd"], ["Lead"])
    with pytest.raises(ModelError, match="The profile is of the target 'risk'"):
        drift(classifier, profile, ["Goatherd"])


def test_a_profile_without_answers_is_refused(trained) -> None:
    classifier, profile, _ = trained
    unasked = {"predicted_shares": {}, "confidence": (), "mean_confidence": None}
    with pytest.raises(ModelError, match=r"has no answers .* \(--reference\)"):
        drift(classifier, profile.model_copy(update=unasked), ["mill Rigger"])


SHARES = st.lists(st.floats(0.01, 1), min_size=3, max_size=3).map(
    lambda found: (np.asarray(found) / sum(found)).tolist()
)


@settings(max_examples=30)
@given(SHARES, SHARES, st.integers(1, 300), st.integers(1, 300))
def test_the_index_is_none_of_equals_and_the_same_both_ways(first, second, n, m) -> None:
    index, noise = stability(first, second, n, m)
    assert index >= 0
    assert noise >= 0
    assert stability(second, first, m, n)[0] == pytest.approx(index)
    assert stability(first, first, n, n)[0] == pytest.approx(0)


def test_the_index_is_that_of_a_hand() -> None:
    index, _ = stability((0.5, 0.5), (0.25, 0.75), 10**9, 10**9)
    by_hand = -0.25 * np.log(0.5) + 0.25 * np.log(1.5)
    assert index == pytest.approx(by_hand, abs=1e-6)


@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=60),
    st.lists(st.integers(0, 12), min_size=1, max_size=60),
)
def test_the_distance_is_that_of_smirnov_or_a_step_less(first, second) -> None:
    there, here = np.asarray(first) / 12, np.asarray(second) / 12
    points = np.arange(13) / 12
    true = max(abs((there <= p).mean() - (here <= p).mean()) for p in points)
    found = quantile_distance(np.quantile(there, LEVELS, method="inverted_cdf"), here)
    assert found <= true + 1e-9
    assert found >= true - 0.05 - 1e-9

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.classifiers.stand_in import WordCounts

from metier.classifiers.bag_of_words import BagOfWordsClassifier
from metier.classifiers.rules import RulesClassifier
from metier.evaluation.invariance import (
    ChangeRate,
    Kind,
    Variation,
    change_rates,
    gender_pairs,
    measure_invariance,
    variations,
    wilson_interval,
)
from metier.guidelines import load_guidelines
from metier.titles import title_key

LAWS = [kind for kind in Kind if kind.is_law]
TITLES = [
    "Leitende Gärtnerin",
    "Tulip Trader",
    "Chief Tulip Officer",
    "Élagueur / Fleuriste",
    "庭師",
]
LABELS = ["Lead", "Professional", "Management", "Professional", "Junior"]


def varied(kind: Kind, *titles: str) -> list[str]:
    return [one.varied for one in variations(titles) if one.kind is kind]


@given(st.lists(st.text(max_size=20), max_size=4))
@example(["ß", "ı", "ς", "İ", "가"])
def test_a_law_leaves_the_key_of_a_title(titles) -> None:
    found = variations(titles)
    assert len(set(found)) == len(found)
    for one in found:
        assert one.varied != one.base
        if one.kind.is_law:
            assert title_key(one.varied) == title_key(one.base)


def test_letters_that_no_reader_brings_back_are_not_varied() -> None:
    assert varied(Kind.UPPER, "Kapıcı") == []
    assert varied(Kind.UPPER, "Großgärtner") == ["GROSSGÄRTNER"]


def test_each_different_title_is_varied_once_where_it_changes() -> None:
    assert varied(Kind.LOWER, "Sower", "sower", "Sower") == ["sower"]
    assert varied(Kind.DECOMPOSED, "Sower", "Gärtner") == ["Ga\u0308rtner"]
    assert varied(Kind.FULL_WIDTH, "Sow 1") == ["Ｓｏｗ\u3000１"]


def test_additions_take_turns() -> None:
    places = varied(Kind.PLACE, "Sower", "Reaper")
    assert places == ["Sower – Wien", "Reaper Berlin"]


def test_a_title_with_both_genders_gets_no_note() -> None:
    assert varied(Kind.NOTE, "Gärtner (m/w/d)", "Gärtner:in") == []
    assert varied(Kind.NOTE, "Gärtner") == ["Gärtner (m/w/d)"]


def test_pairs_of_many_languages_differ_in_their_form() -> None:
    pairs = gender_pairs()
    assert len(pairs) >= 14
    for language, titles in pairs.items():
        assert len(set(titles)) >= 12, language
        assert all(title_key(first) != title_key(second) for first, second in titles)
        # A form that is masculine in one pair and feminine in another would be a mistake.
        assert {first for first, _ in titles}.isdisjoint(second for _, second in titles)


@pytest.mark.parametrize("target", ["seniority", "department"])
def test_pairs_cover_several_departments_and_ranks(target) -> None:
    page = load_guidelines(target)
    titles = [first for pairs in gender_pairs().values() for first, _ in pairs]
    found = RulesClassifier(page.scale, page=page).predict(titles)
    assert len(set(found)) >= len(page.labels) - 1


def test_rates_are_shares_of_each_kind() -> None:
    changes = [
        Variation(kind=Kind.UPPER, base="a", varied="A"),
        Variation(kind=Kind.PLACE, base="a", varied="a Berlin"),
        Variation(kind=Kind.PLACE, base="b", varied="b Berlin"),
    ]
    upper, place = change_rates(["x", "x", "x"], ["x", "y", "x"], changes)
    assert (upper.kind, upper.n, upper.changed, upper.rate) == (Kind.UPPER, 1, 0, 0)
    assert (place.kind, place.n, place.changed, place.rate) == (Kind.PLACE, 2, 1, 0.5)
    assert upper.law
    assert not place.law
    with pytest.raises(ValueError, match="zip"):
        change_rates(["x"], ["x"], changes)


def test_feminine_forms_are_counted_by_language_too() -> None:
    pairs = gender_pairs()
    changes = [one for one in variations(["Sower"]) if one.kind in (Kind.GENDER, Kind.UPPER)]
    german = {feminine for _, feminine in pairs["de"]}
    labels = ["y" if one.varied in german else "x" for one in changes]
    upper, gender = change_rates(["x"] * len(changes), labels, changes)
    assert upper.by_language == {}
    assert list(gender.by_language) == list(pairs)
    assert gender.by_language["de"] == (len(pairs["de"]),) * 2
    assert gender.by_language["fr"] == (0, len(pairs["fr"]))
    # A pair that two languages share counts in both.
    assert sum(n for _, n in gender.by_language.values()) >= gender.n
    assert ChangeRate.model_validate_json(gender.model_dump_json()) == gender


def test_a_language_without_covered_pairs_is_left_out() -> None:
    ((masculine, feminine), *_) = gender_pairs()["de"]
    change = Variation(kind=Kind.GENDER, base=masculine, varied=feminine)
    (found,) = change_rates(["x"], ["y"], [change])
    assert found.by_language == {"de": (1, 1)}


def test_rates_stored_without_languages_are_read() -> None:
    (found,) = change_rates(["x"], ["x"], [Variation(kind=Kind.UPPER, base="a", varied="A")])
    stored = found.model_dump(exclude={"by_language"})
    assert ChangeRate.model_validate(stored) == found


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_rate(counts) -> None:
    count, n = counts
    interval = wilson_interval(count, n)
    assert 0 <= interval.low <= count / n <= interval.high <= 1


def test_the_interval_is_wilsons() -> None:
    # Newcombe, Two-sided confidence intervals for the single proportion (1998), table I.
    for (count, n), (low, high) in {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }.items():
        interval = wilson_interval(count, n)
        assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize("target", ["seniority", "department"])
def test_laws_hold_for_rules(target) -> None:
    page = load_guidelines(target)
    found = measure_invariance(RulesClassifier(page.scale, page=page), TITLES)
    assert {one.kind: one.changed for one in found if one.law} == dict.fromkeys(LAWS, 0)


def test_laws_hold_for_bag_of_words(seniority) -> None:
    classifier = BagOfWordsClassifier(seniority).fit(TITLES, LABELS)
    found = measure_invariance(classifier, TITLES)
    assert {one.kind: one.changed for one in found if one.law} == dict.fromkeys(LAWS, 0)


class Recording(WordCounts):
    """Stores what it is asked, and covers no title of a place."""

    method = "recording"

    def covers(self, titles):
        return np.asarray(["Berlin" not in title and "Wien" not in title for title in titles])

    def predict_proba(self, titles):
        self.asked = list(titles)
        return super().predict_proba(titles)


def test_each_different_string_is_asked_once(seniority) -> None:
    classifier = Recording(seniority).fit(TITLES, LABELS)
    rates = {one.kind: one.n for one in measure_invariance(classifier, [*TITLES, *TITLES])}
    assert len(classifier.asked) == len(set(classifier.asked))
    assert rates[Kind.UPPER] == 4
    assert rates[Kind.PLACE] == len(TITLES) - 2


@settings(max_examples=5)
@given(st.integers(0, 1000))
def test_the_same_seed_draws_the_same_titles(seed) -> None:
    scale = load_guidelines("seniority").scale
    classifier = Recording(scale).fit(TITLES, LABELS)
    asked = []
    for titles in (TITLES, TITLES[::-1]):
        rates = measure_invariance(classifier, titles, limit=2, seed=seed)
        asked.append(classifier.asked)
        assert {one.kind: one.n for one in rates}[Kind.ORGANISATION] == 2
    assert asked[0] == asked[1]

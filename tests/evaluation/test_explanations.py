import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.classifiers.stand_in import WordCounts

from metier.classifiers.hybrid import HybridClassifier
from metier.classifiers.rules import RulesClassifier
from metier.evaluation.explanations import Explanation, ExplanationKind, explain
from metier.guidelines import load_guidelines

SCALE = load_guidelines("seniority").scale


class Recording(WordCounts):
    """Stores what it is asked, call by call, and covers no title that ends in "Rose"."""

    method = "recording"

    def covers(self, titles):
        return np.asarray([not title.endswith("Rose") for title in titles], dtype=bool)

    def predict_proba(self, titles):
        self.calls = [*getattr(self, "calls", []), list(titles)]
        return super().predict_proba(titles)


class Weighing(WordCounts):
    """Says what its words weigh."""

    method = "weighing"

    def contributions(self, titles, most):
        return [tuple((word, 1.0) for word in title.split()[:most]) for title in titles]


@pytest.fixture
def classifier() -> Recording:
    return Recording(SCALE).fit(
        ["chief", "chief", "trainee", "庭師"], ["Management"] * 2 + ["Junior"] * 2
    )


def test_rules_are_explained_by_their_marker() -> None:
    page = load_guidelines("seniority")
    rules = RulesClassifier(page.scale, page=page)
    (found,) = explain(rules, ["Tulip Trainee"])
    (verdict,) = rules.explain(["Tulip Trainee"])
    assert found.kind is ExplanationKind.MARKER
    assert found.parts == ((f"{verdict.marker.text} (en)", verdict.confidence),)
    assert found.line == f"Junior: {verdict.marker.text} (en)"


class Partly(Recording):
    """Says why where a title begins with "The"."""

    method = "partly"

    def reasons(self, titles):
        return ["an article" if title.startswith("The") else None for title in titles]


def test_titles_without_a_reason_are_explained_by_their_words() -> None:
    partly = Partly(SCALE).fit(["chief", "chief"], ["Management"] * 2)
    found = explain(partly, ["Chief Sower", "The Chief", "Chief Sower"])
    assert [one.reason.split()[0] for one in found] == ["Chief", "an", "Chief"]
    assert [one.kind for one in found[:2]] == [
        ExplanationKind.LEAVE_ONE_WORD_OUT,
        ExplanationKind.MARKER,
    ]
    assert partly.calls == [["Chief Sower", "The Chief", "Sower", "Chief"]]


def test_titles_without_a_reason_are_explained_by_contributions_if_there_are_any() -> None:
    class Both(Partly):
        contributions = Weighing.contributions

    found = explain(Both(SCALE).fit(["chief"], ["Management"]), ["Chief Sower", "The Chief"], 1)
    assert [one.line for one in found] == ["Management: Chief +1.00", "Management: an article"]


def test_a_hybrid_is_explained_by_its_marker_or_by_words() -> None:
    hybrid = HybridClassifier(SCALE, then_parameters={"features": "words"})
    hybrid.fit(["Zzyx", "Zzyx grumble", "Qwop"], ["Senior", "Senior", "Lead"])
    marked, worded = explain(hybrid, ["Trainee zzyx", "qwop mumble"])
    assert marked.kind is ExplanationKind.MARKER
    assert worded.kind is ExplanationKind.LEAVE_ONE_WORD_OUT
    assert worded.line.startswith("Lead: qwop +")


def test_contributions_explain_where_there_are_no_reasons() -> None:
    weighing = Weighing(SCALE).fit(["chief"], ["Management"])
    (found,) = explain(weighing, ["Chief Tulip Sower"], most=2)
    assert found.kind is ExplanationKind.NGRAM_WEIGHTS
    assert found.line == "Management: Chief +1.00, Tulip +1.00"


def test_the_word_that_decides_is_named_with_the_fall_of_the_probability(classifier) -> None:
    (found,) = explain(classifier, ["Chief Tulip Sower"])
    assert (found.label, found.kind) == ("Management", ExplanationKind.LEAVE_ONE_WORD_OUT)
    ((word, fall),) = found.parts
    assert word == "Chief"
    before, after = WordCounts.predict_proba(classifier, ["Chief Tulip Sower", "Tulip Sower"])
    assert fall == pytest.approx(before.max() - after[before.argmax()])
    assert found.line == f"Management: Chief {fall:+.2f}"


def test_a_lone_word_has_the_whole_probability(classifier) -> None:
    (found,) = explain(classifier, ["Chief"])
    assert found.parts == (("Chief", pytest.approx(3 / 8)),)


def test_a_title_where_no_word_counts_has_no_parts(classifier) -> None:
    (found,) = explain(classifier, ["Tulip Sower"])
    assert found.parts == ()
    assert found.line.endswith(": no part alone")


def test_signs_conjunctions_and_gender_notes_are_no_words(classifier) -> None:
    explain(classifier, ["Chief und Sower – (m/w/d)"])
    assert classifier.calls[-1][1:] == ["und Sower – (m/w/d)", "Chief und – (m/w/d)"]


def test_scripts_without_spaces_are_cut_into_pairs(classifier) -> None:
    explain(classifier, ["庭師花屋主"])
    assert classifier.calls[-1][1:] == ["花屋主", "庭師主", "庭師花屋"]


def test_long_titles_are_bounded(classifier) -> None:
    explain(classifier, [" ".join(f"tulip{place}" for place in range(200))])
    assert len(classifier.calls[-1]) == 31


def test_all_is_asked_in_one_call_each_string_once(classifier) -> None:
    titles = ["Chief Sower", "Chief Reaper", "Chief Sower"]
    found = explain(classifier, titles)
    assert [one.title for one in found] == titles
    assert len(classifier.calls) == 1
    assert sorted(classifier.calls[0]) == [
        "Chief",
        "Chief Reaper",
        "Chief Sower",
        "Reaper",
        "Sower",
    ]


def test_what_is_not_covered_is_not_asked(classifier) -> None:
    (found,) = explain(classifier, ["Rose Chief"])
    assert classifier.calls[-1] == ["Rose Chief", "Chief"]
    assert found.parts == ()


def test_nothing_to_explain_asks_nothing(classifier) -> None:
    assert explain(classifier, []) == []


@given(st.lists(st.text(max_size=30), max_size=3), st.integers(1, 4))
def test_parts_are_few_positive_and_in_order(titles, most) -> None:
    classifier = WordCounts(SCALE).fit(["a", "b c"], ["Management", "Junior"])
    for title, found in zip(titles, explain(classifier, titles, most), strict=True):
        weights = [weight for _, weight in found.parts]
        assert found.title == title
        assert len(weights) <= most
        assert weights == sorted(weights, reverse=True)
        assert all(0 < weight <= 1 for weight in weights)


def test_explanations_go_through_json() -> None:
    one = Explanation(title="Sower", label="Junior", kind="marker", parts=(("sower (en)", 0.9),))
    assert Explanation.model_validate_json(one.model_dump_json()) == one

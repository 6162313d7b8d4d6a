import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.classifiers.rules.matching import NO_MARKER, Matcher
from metier.guidelines import Guidelines
from metier.titles import fold


def label_of(page: Guidelines, title: str) -> str:
    matcher = Matcher(page)
    [number] = matcher.decide(fold([title]))
    return page.fallback if number == NO_MARKER else str(matcher.markers[number].label)


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("Engineer", "Member"),
        ("Director of Sales", "Head"),
        ("Managing Director", "Top"),  # the longer marker takes the word of the shorter
        ("Business Partner HR", "Member"),  # neutral words mean nothing
        ("Partner", "Top"),
        ("Head of Sales, Partner", "Top"),  # precedence, not order
        ("Assistant to the CEO", "Helper"),  # strong before plain
        ("Assistant Director", "Head"),
        ("Assistant Professor", "Member"),  # switched off by a word
        ("Assistant, medical school", "Member"),  # and by a prefix
        ("Vertriebsleiterin Nord", "Head"),  # a morpheme at the end of a compound
        ("Leitermacher", "Member"),  # and at no other place
        ("Geschaeftsfuehrerin", "Top"),  # two letters for an umlaut
        ("Student Director", "Head"),  # weak counts only alone
        ("Studentin", "Helper"),
        ("Associate", "Helper"),
        ("Associate Engineer", "Member"),  # tied to both ends
        ("Lead Engineer", "Head"),
        ("Engineer Lead", "Member"),
        ("Intern | CEO", "Top"),  # a strong marker rules its own role only
        ("Intern | Student", "Helper"),
        ("Internist", "Member"),
        ("株式会社社長", "Top"),
        ("副社長", "Helper"),
        ("営業部長", "Head"),
        ("Leadership Assistant", "Helper"),
        ("Internal CEO", "Top"),
        ("Studentin of Law", "Helper"),  # a phrase that begins with a word hides no part of it
    ],
)
def test_ranks_by_precedence(ranks: Guidelines, title: str, label: str) -> None:
    assert label_of(ranks, title) == label


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("Sales and Buying", "Sell"),  # the first-named
        ("Buying, Sales", "Buy"),
        ("Sales Consultant", "Advise"),  # a role noun before a subject
        ("Sales & Buyer", "Sell"),  # joined to a role noun
        ("Sales und Einkäufer", "Sell"),
        ("Sales Buyer", "Buy"),
        ("Sales/Buying Consultant", "Advise"),
        ("Engineer | Sales", "Sell"),
        ("Sales | Consultant", "Sell"),  # the first role with a marker
        ("Shop | Consultant", "Advise"),  # unless it is a weak one
        ("Vertriebsberater", "Advise"),  # the head of a compound
        ("Bezirksverkaufsleiter", "Sell"),  # a morpheme inside
        ("Sales Controller", "Rest"),
        ("Painter", "Rest"),
    ],
)
def test_areas_by_order_of_naming(areas: Guidelines, title: str, label: str) -> None:
    assert label_of(areas, title) == label


@given(
    st.lists(
        st.sampled_from(["sales", "|", "&", "consultant", "buyer", "shop", "社長", "and", "x"])
    )
)
def test_any_words_have_a_decision(words: list[str]) -> None:
    from tests.classifiers.rules.conftest import AREAS, RANKS

    for page in (AREAS, RANKS):
        matcher = Matcher(Guidelines.model_validate(page))
        [number] = matcher.decide(fold([" ".join(words)]))
        assert number == NO_MARKER or matcher.markers[number].label is not None

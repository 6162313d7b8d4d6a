import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.titles import normalise, title_key
from metier.titles.normal import _cleaned


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("  Head  of\tSales\n", "Head of Sales"),
        ("Ｓｅｎｉｏｒ Engineer", "Senior Engineer"),
        ("Geschäftsführer", "Geschäftsführer"),
        ("a\x00b", "a b"),
        ("\u00a0", ""),
        ("Nurse\ud800", "Nurse?"),
    ],
)
def test_normalise_cleans_spacing_and_compatibility_forms(title: str, expected: str) -> None:
    assert normalise(title) == expected


@given(st.text() | st.text(st.characters(max_codepoint=0x17F)))
def test_the_short_way_of_normalising_agrees_with_the_long_one(title: str) -> None:
    assert normalise(title) == _cleaned(title)


@given(st.text() | st.text(st.characters(max_codepoint=0x17F)))
def test_the_key_is_the_case_folded_title(title: str) -> None:
    assert title_key(title) == normalise(normalise(title).casefold())


@given(st.text())
def test_normalising_twice_changes_nothing(title: str) -> None:
    assert normalise(normalise(title)) == normalise(title)


@given(st.text())
def test_composed_and_decomposed_forms_are_the_same_title(title: str) -> None:
    assert normalise(unicodedata.normalize("NFD", title)) == normalise(title)


@given(st.text())
def test_the_key_of_a_key_is_itself(title: str) -> None:
    assert title_key(title_key(title)) == title_key(title)


@given(st.text(st.characters(categories=["Cs", "Lu", "Zs", "Mn"])))
def test_half_characters_keep_the_laws(title: str) -> None:
    assert normalise(normalise(title)) == normalise(title)
    assert title_key(title_key(title)) == title_key(title)
    assert normalise(unicodedata.normalize("NFD", title)) == normalise(title)
    normalise(title).encode("utf-8")


def test_equal_titles_differ_in_case_and_spacing_only() -> None:
    assert title_key("HEAD of  Sales") == title_key("head of sales")
    assert title_key("Head of Sales") != title_key("Head of Sale")

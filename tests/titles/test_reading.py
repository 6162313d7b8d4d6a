"""What an encoder is given of a title."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from metier.titles import LONGEST, encoder_text, normalise


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("HEAD OF PAYROLL", "Head OF Payroll"),
        ("GESCHÄFTSFÜHRERIN  (CEO)", "Geschäftsführerin (CEO)"),
        ("НАЧАЛЬНИК ОТДЕЛА", "Начальник Отдела"),
        ("CEO | CTO", "CEO | CTO"),
        ("Head of SALES", "Head of SALES"),
        ("部長", "部長"),
        ("", ""),
    ],
)
def test_capital_letters_all_through_are_read_as_usual_ones(title: str, expected: str) -> None:
    assert encoder_text(title) == expected


@given(st.text() | st.text(st.characters(categories=["Lu", "Zs"])))
def test_reading_twice_changes_nothing(title: str) -> None:
    assert encoder_text(encoder_text(title)) == encoder_text(title)


@given(st.text(st.characters(categories=["Ll", "Lu", "Zs"])))
def test_a_title_with_small_letters_is_only_normalised(title: str) -> None:
    read = normalise(title[:LONGEST])
    assume(not read.isupper())
    assert encoder_text(title) == read

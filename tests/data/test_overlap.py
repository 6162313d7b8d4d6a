import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.data import overlap

TITLES = st.lists(st.text("abc ", min_size=1, max_size=12), max_size=12)


def test_equal_titles_are_counted_by_row_and_by_title() -> None:
    found = overlap(["CEO", "ceo ", "Nurse", "Judge"], ["Ceo", "NURSE", "Cook"])
    assert (found.rows, found.titles, found.of_rows, found.of_titles) == (3, 2, 4, 3)


def test_near_titles_are_counted_on_request() -> None:
    titles = ["Crane Operators", "crane operators", "Crane Operator", "Cook"]
    found = overlap(titles, ["CRANE OPERATOR", "Clerk"], near=True)
    assert (found.rows, found.titles) == (1, 1)
    assert (found.near_rows, found.near_titles) == (2, 1)
    assert overlap(titles, ["Crane Operator"]).near_rows is None


def test_what_is_nearly_equal_is_nine_tenths_alike() -> None:
    # 2 · 9 of 20 characters are common, then 2 · 8.
    assert overlap(["abcdefghix"], ["abcdefghij"], near=True).near_rows == 1
    assert overlap(["abcdefghxx"], ["abcdefghij"], near=True).near_rows == 0


def test_without_rapidfuzz_near_titles_are_not_measured(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidfuzz", None)
    found = overlap(["Cook"], ["Cooks"], near=True)
    assert (found.near_rows, found.near_titles) == (None, None)


@pytest.mark.parametrize("pairs", [1, 7])
def test_many_titles_are_compared_a_part_at_a_time(monkeypatch, pairs) -> None:
    titles = [f"Keeper of the seventh tower {number}" for number in range(20)]
    whole = overlap(titles, ["Keeper of the seventh tower"], near=True)
    monkeypatch.setattr(sys.modules["metier.data.overlap"], "PAIRS", pairs)
    assert overlap(titles, ["Keeper of the seventh tower"], near=True) == whole
    assert whole.near_titles == 20


@given(TITLES, TITLES)
def test_a_title_is_equal_or_near_and_never_both(titles, others) -> None:
    found = overlap(titles, others, near=True)
    assert found.near_rows is not None
    assert found.near_titles is not None
    assert found.rows + found.near_rows <= found.of_rows
    assert found.titles + found.near_titles <= found.of_titles
    assert overlap(titles, titles, near=True).near_rows == 0

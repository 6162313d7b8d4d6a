import numpy as np
import pytest

from metier.runtime.export.graph import Precision
from metier.runtime.export.parity import Bounds, ParityError, bounds_of, parity

TITLES = ["CEO", "Buyer", "Nurse"]
BEFORE = np.asarray([[0.9, 0.1], [0.51, 0.49], [0.2, 0.8]])


def test_the_same_answers_are_in_parity() -> None:
    found = parity(TITLES, BEFORE, BEFORE, ["Lead", "Junior"])
    assert (found.agreement, found.difference) == (1, 0)
    found.require(bounds_of(Precision.FLOAT32), "It")


def test_another_label_is_worse_than_another_probability() -> None:
    after = np.asarray([[0.6, 0.4], [0.49, 0.51], [0.2, 0.8]])
    found = parity(TITLES, BEFORE, after, ["Lead", "Junior"])
    assert found.agreement == pytest.approx(2 / 3)
    assert found.difference == pytest.approx(0.3)
    assert [each.title for each in found.worst] == ["Buyer", "CEO", "Nurse"]
    with pytest.raises(ParityError) as raised:
        found.require(Bounds(0.99, None), "The export")
    assert str(raised.value).startswith("The export does not answer as the original: of 3 titles")
    assert "'Buyer' (Lead → Junior, 0.020); 'CEO' (Lead → Lead, 0.300)" in str(raised.value)


def test_a_probability_may_differ_by_so_much_where_that_is_bounded() -> None:
    found = parity(TITLES, BEFORE, BEFORE + np.asarray([0.03, -0.03]), ["Lead", "Junior"])
    found.require(Bounds(0.99, None), "It")
    with pytest.raises(ParityError, match=r"no probability may differ by more than 0\.02"):
        found.require(bounds_of(Precision.FLOAT32), "It")

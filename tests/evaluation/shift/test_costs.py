from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.evaluation.shift import Shift, ShiftCells, shift_costs
from metier.guidelines import Scale
from metier.metrics import score


@dataclass(frozen=True)
class Means:
    accuracy: float
    macro_f1: float


means = st.builds(Means, st.floats(0, 1), st.floats(0, 1))


def test_each_correction_is_worth_what_it_adds() -> None:
    cells = ShiftCells(
        as_trained=Means(0.5, 0.4),
        priors=Means(0.6, 0.4),
        labels=Means(0.7, 0.6),
        both=Means(0.75, 0.55),
    )
    found = shift_costs(cells)
    assert found.accuracy.priors_first == pytest.approx(0.1)
    assert found.accuracy.priors_second == pytest.approx(0.05)
    assert found.accuracy.labels_first == pytest.approx(0.2)
    assert found.accuracy.labels_second == pytest.approx(0.15)
    assert found.macro_f1.priors_second == pytest.approx(-0.05)
    assert found.macro_f1.both == pytest.approx(0.15)


@given(means, means, means, means)
def test_both_orders_add_up_to_the_same(as_trained, priors, labels, both) -> None:
    found = shift_costs(ShiftCells(as_trained, priors, labels, both))
    for gains in (found.accuracy, found.macro_f1):
        assert gains.priors_first + gains.labels_second == pytest.approx(gains.both)
        assert gains.labels_first + gains.priors_second == pytest.approx(gains.both)


def test_scores_are_cells_and_results_go_into_json() -> None:
    truth = np.asarray([0, 1, 1])
    scale = Scale("size", ("small", "large"))
    worse, better = score(truth, np.zeros(3, dtype=int), scale), score(truth, truth, scale)
    found = shift_costs(ShiftCells(worse, worse, better, better))
    assert found.accuracy.labels_first == pytest.approx(2 / 3)
    shift = Shift(costs=found)
    assert Shift.model_validate_json(shift.model_dump_json()) == shift

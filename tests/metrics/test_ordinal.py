import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.metrics import (
    distance_probabilities,
    expected_rank,
    fit_distance_temperature,
    soft_targets,
)

RANKS = np.arange(1.0, 7.0)
outputs = st.lists(st.floats(-50, 50), min_size=1, max_size=20).map(np.asarray)
temperatures = st.floats(0.05, 5)


@given(outputs, temperatures)
def test_rows_are_probabilities(values, tau) -> None:
    found = distance_probabilities(values, RANKS, tau)
    assert found.min() >= 0
    assert found.sum(axis=1) == pytest.approx(np.ones(len(values)))


@given(st.floats(-3, 10).filter(lambda r: abs(r * 2 - round(r * 2)) > 1e-6), temperatures)
def test_the_likeliest_label_is_the_cut_at_the_midpoints(value, tau) -> None:
    cut = int(np.digitize(value, [1.5, 2.5, 3.5, 4.5, 5.5]))
    assert distance_probabilities(np.asarray([value]), RANKS, tau).argmax() == cut


def test_a_midpoint_falls_to_the_lower_label() -> None:
    assert distance_probabilities(np.asarray([2.5]), RANKS, 1.0).argmax() == 1


def test_noisier_outputs_get_a_higher_temperature() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 6, 400)
    sharp, noisy = (
        fit_distance_temperature(RANKS[truth] + random.normal(0, sd, 400), truth, RANKS)
        for sd in (0.2, 1.2)
    )
    assert sharp < noisy


def test_soft_targets_peak_at_their_label_and_fall_with_distance() -> None:
    found = soft_targets(RANKS, 0.5)
    assert found.sum(axis=1) == pytest.approx(np.ones(6))
    assert (found.argmax(axis=1) == np.arange(6)).all()
    assert (np.diff(found[0]) < 0).all()
    assert soft_targets(RANKS, 0.01) == pytest.approx(np.eye(6))


def test_the_expected_rank_is_the_mean_under_the_probabilities() -> None:
    assert expected_rank(np.asarray([[0.5, 0, 0, 0, 0, 0.5]]), RANKS) == pytest.approx([3.5])

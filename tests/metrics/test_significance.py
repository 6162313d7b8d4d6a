import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.metrics import (
    accuracy,
    bootstrap_intervals,
    compared,
    compared_by,
    confusion_matrix,
    holm,
    intervals_over_seeds,
    macro_f1,
)
from metier.metrics.paired import paired_differences

RANDOM = np.random.default_rng(0)
TRUTH = RANDOM.integers(0, 3, 240)
GROUPS = np.arange(240) // 4


def answers(share: float, seed: int) -> np.ndarray:
    """Labels that are right in about a share of the rows."""
    random = np.random.default_rng(seed)
    return np.where(random.random(240) < share, TRUTH, random.integers(0, 3, 240))


def test_the_difference_is_that_of_the_means_over_seeds() -> None:
    first, second = [answers(0.5, 1), answers(0.5, 2)], [answers(0.6, seed) for seed in (3, 4, 5)]
    found = compared(TRUTH, first, second, GROUPS, 3, resamples=200)
    for difference, scored in ((found.accuracy, accuracy), (found.macro_f1, macro_f1)):
        means = [
            np.mean([scored(confusion_matrix(TRUTH, given, 3)) for given in each])
            for each in (first, second)
        ]
        assert difference.value == pytest.approx(means[1] - means[0])
        assert difference.interval.low < difference.value < difference.interval.high


def test_swapping_the_methods_swaps_the_sign() -> None:
    first, second = [answers(0.5, 1)], [answers(0.6, 2)]
    there = compared(TRUTH, first, second, GROUPS, 3).accuracy
    back = compared(TRUTH, second, first, GROUPS, 3).accuracy
    assert back.value == -there.value
    assert back.p_value == there.p_value
    assert back.interval.low == pytest.approx(-there.interval.high)


def test_one_seed_each_is_the_paired_comparison() -> None:
    first, second = answers(0.5, 1), answers(0.6, 2)
    found = compared(TRUTH, [first], [second], GROUPS, 3, resamples=1000, seed=7)
    paired = paired_differences(TRUTH, first, second, GROUPS, 3, resamples=1000, seed=7)
    assert paired.macro_f1.interval == found.macro_f1.interval
    assert paired.accuracy.model_dump() == found.accuracy.model_dump(exclude={"p_value"})


def test_equal_methods_do_not_differ_and_unequal_ones_do() -> None:
    same = compared(TRUTH, [TRUTH], [TRUTH], GROUPS, 3).accuracy
    assert (same.value, same.p_value) == (0, 1)
    better = compared(TRUTH, [answers(0.2, 1)], [answers(0.9, 2)], GROUPS, 3).accuracy
    # No draw lies on the other side, and no p-value is smaller than the draws can tell.
    assert better.p_value == 2 / 2001


@pytest.mark.parametrize("cvs", [1, 2, 3, 5, 8, 40])
def test_few_cvs_cannot_show_much(cvs: int) -> None:
    truth = np.zeros(3 * cvs, dtype=int)
    groups = np.arange(len(truth)) // 3
    found = compared(truth, [truth + 1], [truth], groups, 2, resamples=500)
    # No draw lies on the other side, and of one CV none can.
    assert found.accuracy.value == 1
    for test in (found.accuracy, found.macro_f1):
        assert test.p_value == pytest.approx(max(2 / 501, 2.0 ** (1 - cvs)))


@given(st.integers(1, 7), st.integers(0, 1000))
def test_no_p_value_is_below_that_of_all_flips_of_signs(cvs: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    truth, first, second = random.integers(0, 3, (3, 4 * cvs))
    groups = np.arange(4 * cvs) // 4
    p_value = compared(truth, [first], [second], groups, 3, resamples=50).accuracy.p_value
    gains = [(second == truth)[groups == cv].mean() for cv in range(cvs)]
    gains -= np.asarray([(first == truth)[groups == cv].mean() for cv in range(cvs)])
    flips = np.asarray(list(itertools.product([-1, 1], repeat=cvs))) @ gains
    exact = (np.abs(flips) >= abs(gains.sum()) - 1e-12).mean()
    assert 2.0 ** (1 - cvs) <= min(p_value, exact)
    assert p_value <= 1


def test_p_values_of_equally_good_methods_are_rarely_small() -> None:
    small = 0
    for trial in range(60):
        first, second = answers(0.5, 1000 + trial), answers(0.5, 2000 + trial)
        found = compared(TRUTH, [first], [second], GROUPS, 3, resamples=200)
        small += found.accuracy.p_value < 0.1
    assert small <= 15


def test_seeds_that_differ_widen_the_interval() -> None:
    steady, shaky = [answers(0.6, 1)] * 3, [answers(share, 1) for share in (0.3, 0.6, 0.9)]
    base = [answers(0.5, 9)]
    widths = [
        found.interval.high - found.interval.low
        for found in (compared(TRUTH, base, each, GROUPS, 3).accuracy for each in (steady, shaky))
    ]
    assert widths[1] > 1.5 * widths[0]


def test_intervals_of_one_seed_are_those_over_cvs() -> None:
    given = answers(0.6, 1)
    found = intervals_over_seeds(TRUTH, [given], GROUPS, 3, resamples=500)
    alone = bootstrap_intervals(TRUTH, given, GROUPS, 3, resamples=500)
    assert found.accuracy.interval == alone.accuracy
    assert found.macro_f1.interval == alone.macro_f1
    assert found.mae is None


def test_intervals_hold_the_mean_over_seeds_and_the_mean_error_of_ranks() -> None:
    predictions = [answers(0.5, 1), answers(0.7, 2)]
    ranks = np.asarray([0.0, 1.0, 3.0])
    found = intervals_over_seeds(TRUTH, predictions, GROUPS, 3, ranks=ranks, resamples=200)
    assert found.accuracy.value == pytest.approx(
        np.mean([(p == TRUTH).mean() for p in predictions])
    )
    errors = [np.abs(ranks[TRUTH] - ranks[given]).mean() for given in predictions]
    assert found.mae is not None
    assert found.mae.value == pytest.approx(np.mean(errors))
    for estimate in (found.accuracy, found.macro_f1, found.mae):
        assert estimate.interval.low < estimate.value < estimate.interval.high


def test_predictions_are_needed_and_must_match() -> None:
    with pytest.raises(ValueError, match="no predictions"):
        compared(TRUTH, [], [TRUTH], GROUPS, 3)
    with pytest.raises(ValueError, match="240 true labels and 3 predicted"):
        intervals_over_seeds(TRUTH, [TRUTH, TRUTH[:3]], GROUPS, 3)
    with pytest.raises(ValueError, match="no rows"):
        intervals_over_seeds(TRUTH[:0], [TRUTH[:0]], GROUPS[:0], 3)


def test_holm_by_hand() -> None:
    # 4 · .005, 3 · .01, then 2 · .03 = .06; .04 alone would fall below and is raised to .06.
    found = holm({"c": 0.03, "a": 0.005, "d": 0.04, "b": 0.01})
    assert found == pytest.approx({"c": 0.06, "a": 0.02, "d": 0.06, "b": 0.03})
    assert list(found) == ["c", "a", "d", "b"]
    assert holm({"a": 0.6, "b": 0.7}) == {"a": 1, "b": 1}
    assert holm({"alone": 0.2}) == {"alone": 0.2}
    assert holm({}) == {}


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1)))
def test_holm_never_lowers_and_keeps_the_order(p_values) -> None:
    found = holm(p_values)
    assert all(p_values[name] <= found[name] <= 1 for name in p_values)
    ordered = sorted(p_values, key=lambda name: p_values[name])
    assert [found[name] for name in ordered] == sorted(found.values())


def test_holm_takes_probabilities_alone() -> None:
    with pytest.raises(ValueError, match="'odd' is 2"):
        holm({"odd": 2})


def test_any_function_of_the_labels_f1_can_be_tested() -> None:
    truth = np.array([0, 0, 0, 1, 1, 1] * 20)
    first = np.zeros_like(truth)
    second = truth.copy()
    groups = np.arange(len(truth)) // 3
    by_label = [
        compared_by(lambda f1, k=k: f1[..., k], truth, [first], [second], groups, 2, resamples=200)
        for k in range(2)
    ]
    assert by_label[0].value == pytest.approx(1 - 2 / 3)
    assert by_label[1].value == pytest.approx(1)
    mean = compared_by(
        lambda f1: f1.mean(axis=-1), truth, [first], [second], groups, 2, resamples=200
    )
    assert mean == compared(truth, [first], [second], groups, 2, resamples=200).macro_f1

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.metrics import (
    abstention_threshold,
    answered_scores,
    apply_temperature,
    brier_score,
    expected_calibration_error,
    fit_temperature,
    log_loss,
    reliability,
    risk_coverage,
)

# Three sure rows of which one is wrong, two unsure ones of which one is right.
SURE = np.asarray([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.4, 0.6], [0.6, 0.4]])
TRUTH = np.asarray([0, 0, 0, 1, 1])


@st.composite
def distributions(draw: st.DrawFn) -> np.ndarray:
    k = draw(st.integers(2, 6))
    weight = st.one_of(st.just(0.0), st.floats(1e-9, 1.0))
    row = st.lists(weight, min_size=k, max_size=k).filter(any)
    rows = np.asarray(draw(st.lists(row, min_size=1, max_size=5)))
    return rows / rows.sum(axis=1, keepdims=True)


def drawn(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and labels drawn by them: perfectly calibrated."""
    random = np.random.default_rng(0)
    weights = np.exp(2 * random.normal(size=(rows, 4)))
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    chosen = (probabilities.cumsum(axis=1) < random.random((rows, 1))).sum(axis=1)
    return probabilities, np.minimum(chosen, 3)


@given(distributions(), st.floats(0.05, 20))
def test_a_temperature_keeps_arg_max_and_zeros(probabilities, temperature) -> None:
    found = apply_temperature(probabilities, temperature)
    assert (found.argmax(axis=1) == probabilities.argmax(axis=1)).all()
    assert (found[probabilities == 0] == 0).all()
    assert found.sum(axis=1) == pytest.approx(1)


def test_labels_that_differ_by_a_rounding_error_stay_in_order() -> None:
    above = np.nextafter(0.5, 1)
    found = apply_temperature(np.asarray([[1 - above, above]]), 20)
    assert found.argmax() == 1


@given(distributions(), st.floats(0.05, 20), st.randoms(use_true_random=False))
def test_the_order_of_labels_does_not_part_equal_confidences(
    probabilities, temperature, random
) -> None:
    orders = [random.sample(range(len(row)), len(row)) for row in probabilities]
    permuted = np.asarray([row[order] for row, order in zip(probabilities, orders, strict=True)])
    both = apply_temperature(np.vstack([probabilities, permuted]), temperature)
    n = len(probabilities)
    np.testing.assert_array_equal(both[:n].max(axis=1), both[n:].max(axis=1))
    truth = np.zeros(2 * n, dtype=int)
    apart = [risk_coverage(part, truth[:n]).confidence for part in (both[:n], both[n:])]
    assert apart[0] == apart[1] == risk_coverage(both, truth).confidence


def test_a_rounding_error_does_not_part_equal_confidences() -> None:
    sure = 0.1 + 0.2
    probabilities = np.asarray([[sure, 1 - sure, 0], [0, 0.3, 0.7], [0.3, 0.7, 0]])
    probabilities = np.vstack([probabilities, [[1 - 0.9, 0.9, 0], [0.9, 0.1, 0]]])
    truth = np.asarray([1, 2, 0, 1, 0])
    assert risk_coverage(probabilities, truth).confidence == (0.9, 0.7)
    threshold = abstention_threshold(probabilities, truth, accuracy=0.7)
    assert threshold == 0
    # A threshold that was not rounded is as good.
    assert answered_scores(probabilities, truth, np.nextafter(0.7, 1)).coverage == 1


def test_a_temperature_of_one_changes_nothing() -> None:
    assert apply_temperature(SURE, 1) == pytest.approx(SURE)


def test_a_temperature_divides_logits() -> None:
    logits = np.asarray([[2.0, 0.5, -1.0]])
    softmax, cooler = (np.exp(logits / t) / np.exp(logits / t).sum() for t in (1, 3))
    assert apply_temperature(softmax, 3) == pytest.approx(cooler)


def test_a_temperature_is_positive() -> None:
    with pytest.raises(ValueError, match="not positive"):
        apply_temperature(SURE, 0)


@pytest.mark.parametrize("distortion", [0.25, 1, 4])
def test_the_fitted_temperature_undoes_a_distortion(distortion) -> None:
    calibrated, truth = drawn(20_000)
    distorted = apply_temperature(calibrated, distortion)
    assert fit_temperature(distorted, truth) == pytest.approx(1 / distortion, rel=0.03)


@given(distributions(), st.integers(0, 10_000))
def test_the_fitted_temperature_is_allowed_and_no_worse_than_none(probabilities, seed) -> None:
    truth = np.random.default_rng(seed).integers(0, probabilities.shape[1], len(probabilities))
    temperature = fit_temperature(probabilities, truth)
    assert 0.05 <= temperature <= 20
    told = probabilities[np.arange(len(truth)), truth] > 0
    if told.any():
        after = log_loss(apply_temperature(probabilities, temperature)[told], truth[told])
        assert after <= log_loss(probabilities[told], truth[told]) + 1e-9


def test_labels_without_a_probability_do_not_set_the_temperature() -> None:
    timid, truth = np.asarray([[0.5, 0.3, 0.2, 0]] * 20), np.asarray([0] * 20)
    truth[:4] = 1
    alone = fit_temperature(timid, truth)
    assert alone < 1
    unseen = np.vstack([timid, timid[:1]]), np.append(truth, 3)
    assert fit_temperature(*unseen) == alone
    assert fit_temperature(timid[:1], np.asarray([3])) == 1
    # A label that never gets any probability is as good as none.
    assert fit_temperature(timid[:, :3], truth) == pytest.approx(alone)


def test_certain_mistakes_flatten_and_flat_probabilities_stay() -> None:
    sure = np.full((2, 2), 1e-9) + np.eye(2)
    assert fit_temperature(sure, np.asarray([1, 0])) > 19
    assert fit_temperature(np.full((3, 2), 0.5), np.asarray([1, 0, 0])) == 1


def test_bins_hold_the_rows_of_their_confidence() -> None:
    unsure, sure = reliability(SURE, TRUTH)
    assert (unsure.low, unsure.high, unsure.n) == (0.5, 0.6, 2)
    assert (sure.low, sure.high, sure.n) == (0.8, 0.9, 3)
    assert unsure.confidence == pytest.approx(0.6)
    assert unsure.accuracy == 0.5
    assert sure.accuracy == pytest.approx(2 / 3)


@given(distributions(), st.integers(1, 20))
def test_bins_part_all_rows(probabilities, bins) -> None:
    found = reliability(probabilities, np.zeros(len(probabilities), dtype=int), bins)
    assert sum(part.n for part in found) == len(probabilities)
    for part in found:
        assert part.low - 1e-12 <= part.confidence <= part.high + 1e-12


def test_calibration_error_is_the_mean_gap() -> None:
    assert expected_calibration_error(SURE, TRUTH) == pytest.approx(
        (2 * 0.1 + 3 * (0.9 - 2 / 3)) / 5
    )
    assert expected_calibration_error(np.eye(3), np.arange(3)) == 0
    calibrated, truth = drawn(20_000)
    assert expected_calibration_error(calibrated, truth) < 0.02
    assert expected_calibration_error(apply_temperature(calibrated, 0.3), truth) > 0.1


def test_brier_and_log_loss_punish_by_probability() -> None:
    assert brier_score(np.eye(2), np.asarray([0, 1])) == 0
    assert brier_score(np.eye(2), np.asarray([1, 0])) == 2
    assert brier_score(np.asarray([[0.8, 0.2]]), np.asarray([0])) == pytest.approx(0.08)
    assert log_loss(np.asarray([[0.8, 0.2]]), np.asarray([1])) == pytest.approx(-np.log(0.2))
    assert log_loss(np.eye(2), np.asarray([1, 0])) == pytest.approx(-np.log(1e-12))


def test_risk_is_that_of_the_rows_answered_so_far() -> None:
    found = risk_coverage(SURE, TRUTH)
    assert found.confidence == (0.9, 0.6)
    assert found.coverage == (0.6, 1)
    assert found.risk == pytest.approx((1 / 3, 2 / 5))
    assert found.area == pytest.approx(0.6 / 3 + 0.4 * 2 / 5)


def test_risk_rises_where_confidence_tells_right_from_wrong() -> None:
    telling = risk_coverage(*drawn(2000))
    assert telling.area < telling.risk[-1]


def test_the_threshold_is_the_lowest_that_suffices() -> None:
    probabilities = np.asarray([[0.95, 0.05], [0.85, 0.15], [0.75, 0.25], [0.65, 0.35]])
    truth = np.asarray([0, 1, 0, 1])
    assert abstention_threshold(probabilities, truth, accuracy=0.6) == 0.75
    assert abstention_threshold(probabilities, truth, accuracy=0.9) == 0.95
    assert abstention_threshold(probabilities, truth, accuracy=0.5) == 0
    assert abstention_threshold(probabilities, 1 - truth, accuracy=0.9) is None


@given(distributions(), st.integers(0, 10_000), st.floats(0.01, 1))
def test_a_threshold_keeps_its_promise_on_its_own_rows(probabilities, seed, wanted) -> None:
    truth = np.random.default_rng(seed).integers(0, probabilities.shape[1], len(probabilities))
    threshold = abstention_threshold(probabilities, truth, accuracy=wanted)
    if threshold is not None:
        reached = answered_scores(probabilities, truth, threshold).accuracy
        assert reached is not None
        assert reached >= wanted


def test_nothing_answered_has_no_accuracy() -> None:
    assert answered_scores(SURE, TRUTH, 0.7).coverage == 0.6
    nothing = answered_scores(SURE, TRUTH, 1.1)
    assert (nothing.coverage, nothing.accuracy) == (0, None)


@pytest.mark.parametrize(
    "measure", [fit_temperature, reliability, brier_score, log_loss, risk_coverage]
)
def test_rows_are_needed_and_must_match(measure) -> None:
    with pytest.raises(ValueError, match="0 true labels"):
        measure(np.empty((0, 2)), np.empty(0, dtype=int))
    with pytest.raises(ValueError, match="1 true labels and 5 rows"):
        measure(SURE, TRUTH[:1])


def test_impossible_wishes_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be wanted"):
        abstention_threshold(SURE, TRUTH, accuracy=1.5)
    with pytest.raises(ValueError, match="at least 1"):
        reliability(SURE, TRUTH, 0)

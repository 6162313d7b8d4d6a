import numpy as np

from metier.metrics import accuracy, bootstrap_intervals, confusion_matrix, macro_f1
from metier.metrics.paired import paired_differences


def test_differences_are_those_of_the_scores() -> None:
    random = np.random.default_rng(0)
    truth, first, second = (random.integers(0, 3, 60) for _ in range(3))
    found = paired_differences(truth, first, second, np.arange(60) // 3, 3)
    matrices = [confusion_matrix(truth, given, 3) for given in (first, second)]
    assert found.accuracy.value == accuracy(matrices[1]) - accuracy(matrices[0])
    assert found.macro_f1.value == macro_f1(matrices[1]) - macro_f1(matrices[0])
    assert found.accuracy.interval.low < found.accuracy.value < found.accuracy.interval.high


def test_equal_predictions_do_not_differ() -> None:
    truth = np.asarray([0, 1, 1, 0])
    given = np.asarray([0, 1, 0, 0])
    found = paired_differences(truth, given, given, np.asarray([0, 0, 1, 1]), 2)
    assert found.accuracy.value == found.accuracy.interval.low == found.accuracy.interval.high == 0


def test_pairing_narrows_the_interval() -> None:
    # The second is right wherever the first is, and on two rows more in every group.
    random = np.random.default_rng(1)
    truth = np.zeros(200, dtype=np.intp)
    first = (random.random(200) < 0.5).astype(np.intp)
    second = first.copy()
    second[np.flatnonzero(first)[::5]] = 0
    groups = np.arange(200) // 4
    found = paired_differences(truth, first, second, groups, 2).accuracy
    assert found.interval.low > 0
    # The errors of two independent differences would add up.
    apart = [bootstrap_intervals(truth, given, groups, 2).accuracy for given in (first, second)]
    unpaired = np.hypot(*(each.high - each.low for each in apart))
    assert found.interval.high - found.interval.low < 0.6 * unpaired

import numpy as np

from metier.metrics import bootstrap_intervals


def simulated(jobs_a_cv: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """100 CVs; a CV's jobs are all right or all wrong."""
    random = np.random.default_rng(0)
    right = np.repeat(random.random(100) < 0.7, jobs_a_cv)
    truth = np.repeat(random.integers(0, 2, 100), jobs_a_cv)
    return truth, np.where(right, truth, 1 - truth), np.repeat(np.arange(100), jobs_a_cv)


def width(jobs_a_cv: int) -> float:
    found = bootstrap_intervals(*simulated(jobs_a_cv), 2)
    return found.accuracy.high - found.accuracy.low


def test_an_interval_holds_the_score_and_repeats_itself() -> None:
    truth, predicted, cvs = simulated(1)
    found = bootstrap_intervals(truth, predicted, cvs, 2)
    assert found.accuracy.low < (truth == predicted).mean() < found.accuracy.high
    assert found == bootstrap_intervals(truth, predicted, cvs, 2)
    # The normal approximation: 2 · 1.96 · sqrt(.7 · .3 / 100).
    assert 0.15 < found.accuracy.high - found.accuracy.low < 0.21


def test_jobs_of_one_cv_that_agree_add_no_certainty() -> None:
    assert abs(width(10) - width(1)) < 0.01

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.metrics import em_priors, total_variation, with_priors


def shares(k: int) -> st.SearchStrategy[np.ndarray]:
    weights = st.lists(st.floats(0.05, 1), min_size=k, max_size=k)
    return weights.map(lambda row: np.asarray(row) / sum(row))


def sample(old: np.ndarray, new: np.ndarray, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn by new shares, and calibrated probabilities of one who knows the old ones.

    A title is a point, normally distributed around its label's corner.
    """
    random = np.random.default_rng(seed)
    labels = random.choice(len(new), rows, p=new)
    corners = 3 * np.eye(len(new))
    points = corners[labels] + random.normal(size=(rows, len(new)))
    logits = -((points[:, None] - corners) ** 2).sum(axis=2) / 2 + np.log(old)
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True), labels


@given(shares(3), shares(3), st.integers(0, 100))
def test_the_shifted_shares_are_found(old, new, seed) -> None:
    probabilities, labels = sample(old, new, 1500, seed)
    found = em_priors(probabilities, old)
    assert found.converged
    assert found.absent == ()
    assert found.priors.sum() == pytest.approx(1)
    assert total_variation(found.priors, np.bincount(labels, minlength=3) / 1500) < 0.05


def test_correcting_for_the_found_shares_makes_more_answers_right() -> None:
    old, new = np.asarray([0.8, 0.1, 0.1]), np.asarray([0.1, 0.1, 0.8])
    probabilities, labels = sample(old, new, 4000, 0)
    corrected = with_priors(probabilities, old, em_priors(probabilities, old).priors)
    right = [(each.argmax(axis=1) == labels).mean() for each in (probabilities, corrected)]
    assert right[1] > right[0] + 0.01


@given(shares(4), st.integers(0, 100))
def test_equal_shares_change_nothing(priors, seed) -> None:
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(4), size=5)
    assert with_priors(probabilities, priors, priors) == pytest.approx(probabilities)


@given(shares(4), shares(4), st.integers(0, 100))
def test_a_correction_can_be_taken_back(old, new, seed) -> None:
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(4), size=5)
    there = with_priors(probabilities, old, new)
    assert there.sum(axis=1) == pytest.approx(1)
    assert with_priors(there, new, old) == pytest.approx(probabilities)


def test_a_correction_by_hand() -> None:
    found = with_priors(np.asarray([[0.5, 0.5]]), np.asarray([0.5, 0.5]), np.asarray([0.2, 0.8]))
    assert found == pytest.approx(np.asarray([[0.2, 0.8]]))


def test_a_label_without_training_rows_is_named_and_stays_away() -> None:
    old = np.asarray([0.5, 0, 0.5])
    probabilities = np.asarray([[0.6, 0.3, 0.1], [0, 1, 0]])
    found = em_priors(probabilities, old)
    assert found.absent == (1,)
    assert found.priors[1] == 0
    corrected = with_priors(probabilities, old, np.asarray([0.2, 0.6, 0.2]))
    assert corrected[0] == pytest.approx([6 / 7, 0, 1 / 7])
    # Nothing is left of the second row: it stays.
    assert corrected[1].tolist() == [0, 1, 0]


def test_rounds_are_limited() -> None:
    old, new = np.asarray([0.9, 0.1]), np.asarray([0.1, 0.9])
    probabilities, _ = sample(old, new, 200, 0)
    found = em_priors(probabilities, old, most=1)
    assert (found.rounds, found.converged) == (1, False)


def test_impossible_shares_are_refused() -> None:
    probabilities = np.asarray([[0.5, 0.5]])
    with pytest.raises(ValueError, match="sum to 1"):
        em_priors(probabilities, np.asarray([0.5, 0.6]))
    with pytest.raises(ValueError, match="negative"):
        with_priors(probabilities, np.asarray([0.5, 0.5]), np.asarray([1.5, -0.5]))
    with pytest.raises(ValueError, match="shape"):
        em_priors(probabilities, np.asarray([0.2, 0.3, 0.5]))
    with pytest.raises(ValueError, match="no row"):
        em_priors(np.empty((0, 2)), np.asarray([0.5, 0.5]))
    with pytest.raises(ValueError, match="no row"):
        em_priors(np.asarray([[0.0, 1.0]]), np.asarray([1.0, 0.0]))


@given(shares(3), shares(3))
def test_total_variation_is_a_distance_below_one(first, second) -> None:
    assert total_variation(first, first) == 0
    assert total_variation(first, second) == total_variation(second, first) <= 1


def test_total_variation_of_disjoint_shares_is_one() -> None:
    assert total_variation(np.asarray([1, 0]), np.asarray([0, 1])) == 1

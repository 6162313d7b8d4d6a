import numpy as np
import pytest

from metier.evaluation.shift import (
    CovariateShift,
    covariate_shift,
    unknown_words,
    vector_distance,
)


def test_words_are_unknown_that_no_training_title_has() -> None:
    found = unknown_words(
        ["Leiter*in Einkauf", "Sales & Service"],
        ["Leiterin Einkauf", "leiter EINKAUF", "Sales / Logistik", "Sales + Service"],
    )
    # "leiterin" and "logistik"; signs are no words.
    assert (found.rows, found.of_rows) == (2, 4)
    assert (found.words, found.of_words) == (2, 6)
    assert found.row_share == 0.5
    assert found.word_share == pytest.approx(1 / 3)


def test_no_titles_have_no_unknown_words() -> None:
    assert unknown_words(["Dyer"], []).row_share == 0
    assert unknown_words([], ["Dyer"]).row_share == 1


def vectors(shift: float, rows: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, 8)) + shift


def test_draws_of_one_source_are_near_and_others_farther() -> None:
    here = vectors(1, 400, 0)
    same, near, far = (vector_distance(here, vectors(*each)) for each in SHIFTS)
    assert abs(same.energy) < 0.01
    assert same.energy < near.energy < far.energy < 4
    assert same.cosine < far.cosine
    assert far.cosine == pytest.approx(2, abs=0.01)


SHIFTS = [(1, 300, 1), (0.5, 300, 2), (-1, 300, 3)]


def test_lengths_do_not_count_and_order_does_not() -> None:
    here, there = vectors(1, 50, 0), vectors(0.2, 60, 1)
    found, longer = vector_distance(here, there), vector_distance(7 * here, there)
    back = vector_distance(there, here)
    assert longer.energy == pytest.approx(found.energy)
    assert back.energy == pytest.approx(found.energy)
    assert back.cosine == pytest.approx(found.cosine)


def test_the_energy_distance_by_hand() -> None:
    # Two points at a right angle against two at the opposite ends: √2, 2 and √2, 2 between.
    here = np.asarray([[1.0, 0], [0, 1]])
    found = vector_distance(here, -here)
    between = (2 + np.sqrt(2)) / 2
    assert found.energy == pytest.approx(2 * between - np.sqrt(2) - np.sqrt(2))
    assert found.cosine == pytest.approx(2)


def test_large_sets_are_drawn_from() -> None:
    here, there = vectors(1, 2500, 0), vectors(0.5, 2100, 1)
    found = vector_distance(here, there)
    assert found == vector_distance(here, there)
    assert found.energy == pytest.approx(vector_distance(here, there, seed=1).energy, abs=0.02)


def test_vectors_must_be_comparable() -> None:
    with pytest.raises(ValueError, match=r"\(1, 8\)"):
        vector_distance(vectors(0, 1, 0), vectors(0, 5, 0))
    with pytest.raises(ValueError, match="shapes"):
        vector_distance(np.ones((3, 2)), np.ones((3, 4)))


def test_all_is_measured_that_can_be() -> None:
    here = [f"Dyer {number}" for number in range(60)]
    there = [f"Weaver {number}" for number in range(60)]
    found = covariate_shift(here, there, vectors=(vectors(0, 9, 0), vectors(1, 9, 1)))
    assert found.domain_auc == pytest.approx(1)
    assert found.unknown_words.row_share == 1
    assert found.vectors is not None
    assert CovariateShift.model_validate_json(found.model_dump_json()) == found
    few = covariate_shift(here, there[:3])
    assert few.domain_auc is few.vectors is None


@pytest.mark.parametrize(("first", "second"), [(9, 1), (1, 9), (9, 0)])
def test_too_few_vectors_have_no_distance(first, second) -> None:
    given = (vectors(0, first, 0), vectors(1, second, 1))
    found = covariate_shift(["Dyer"] * 60, ["Weaver"], vectors=given)
    assert found.vectors is None
    assert found.unknown_words.row_share == 1

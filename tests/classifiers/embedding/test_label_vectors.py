import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from metier.classifiers.embedding.label_vectors import LabelVectors

UNIT = np.sqrt(0.5)
EAST, NORTH, BETWEEN = [1.0, 0.0], [0.0, 1.0], [UNIT, UNIT]


def test_a_centroid_is_the_mean_of_unit_vectors_normalised() -> None:
    found = LabelVectors.of(np.asarray([EAST, NORTH, NORTH]), np.asarray([2, 2, 0]), centre=False)
    assert list(found.labels) == [0, 2]
    np.testing.assert_allclose(found.vectors, [NORTH, BETWEEN])


def test_probabilities_are_the_softmax_of_cosines() -> None:
    found = LabelVectors.of(np.asarray([EAST, NORTH]), np.asarray([0, 2]), centre=False)
    [row] = found.probabilities(np.asarray([EAST]), 0.5, 4)
    np.testing.assert_allclose(row, np.asarray([np.exp(2), 0, 1, 0]) / (np.exp(2) + 1))


def test_centring_takes_away_what_all_labels_share() -> None:
    shared = 10.0
    texts = np.asarray([[shared, 1.0, 0.0], [shared, -1.0, 0.0]])
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    labels = np.asarray([0, 1])
    plain, centred = (LabelVectors.of(texts, labels, centre=centre) for centre in (False, True))
    assert plain.vectors[0] @ plain.vectors[1] > 0.9
    assert centred.vectors[0] @ centred.vectors[1] == pytest.approx(-1)


def test_how_many_titles_a_label_has_does_not_move_the_origin() -> None:
    few = LabelVectors.of(np.asarray([EAST, NORTH]), np.asarray([0, 1]), centre=True)
    many = LabelVectors.of(np.asarray([EAST] * 9 + [NORTH]), np.asarray([0] * 9 + [1]), centre=True)
    np.testing.assert_allclose(few.origin, many.origin)


def test_a_single_label_is_always_the_nearest() -> None:
    found = LabelVectors.of(np.asarray([EAST, EAST]), np.asarray([1, 1]), centre=True)
    np.testing.assert_array_equal(found.probabilities(np.asarray([NORTH]), 0.1, 2), [[0, 1]])
    assert found.fitted_temperature(np.asarray([NORTH]), np.asarray([0])) is None


def test_the_temperature_is_larger_where_more_answers_are_wrong() -> None:
    found = LabelVectors.of(np.asarray([EAST, NORTH]), np.asarray([0, 1]), centre=False)
    titles = np.asarray([EAST, EAST, EAST, EAST, BETWEEN, NORTH])
    few_wrong = found.fitted_temperature(titles, np.asarray([0, 0, 0, 1, 0, 1]))
    many_wrong = found.fitted_temperature(titles, np.asarray([0, 0, 1, 1, 0, 1]))
    assert few_wrong is not None
    assert many_wrong is not None
    assert 0 < few_wrong < many_wrong


def test_titles_of_labels_without_a_vector_do_not_set_the_temperature() -> None:
    found = LabelVectors.of(np.asarray([EAST, NORTH]), np.asarray([0, 2]), centre=False)
    titles, truth = np.asarray([EAST, EAST, NORTH]), np.asarray([0, 2, 2])
    with_unknown = found.fitted_temperature(np.vstack([titles, [BETWEEN]]), np.append(truth, 1))
    assert with_unknown == pytest.approx(found.fitted_temperature(titles, truth))
    assert found.fitted_temperature(np.asarray([BETWEEN]), np.asarray([1])) is None


def test_the_fitted_temperature_gives_the_share_that_is_right() -> None:
    found = LabelVectors.of(np.asarray([EAST, NORTH]), np.asarray([0, 1]), centre=False)
    titles = np.asarray([EAST] * 10)
    temperature = found.fitted_temperature(titles, np.asarray([0] * 9 + [1]))
    assert temperature is not None
    np.testing.assert_allclose(found.probabilities(titles, temperature, 2)[0, 0], 0.9, atol=1e-6)


@given(arrays(np.float64, (6, 3), elements=st.floats(-1, 1)), st.booleans())
def test_rows_sum_to_one_whatever_the_vectors(vectors: np.ndarray, centre: bool) -> None:
    found = LabelVectors.of(vectors, np.asarray([0, 0, 1, 1, 3, 3]), centre=centre)
    probabilities = found.probabilities(vectors, 0.01, 5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (probabilities[:, [2, 4]] == 0).all()

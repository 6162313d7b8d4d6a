import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from metier.guidelines import Scale
from metier.metrics import score

LABELS = ("a", "b", "c", "d")
PLAIN = Scale("plain", LABELS)
RANKED = Scale("ranked", LABELS, (1.0, 2.0, 4.0, 8.0))
answers = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)


@given(answers)
def test_the_scores_are_those_of_scikit_learn(rows) -> None:
    truth, predicted = (np.asarray(column) for column in zip(*rows, strict=True))
    found = score(truth, predicted, PLAIN)
    assert found.accuracy == pytest.approx(reference.accuracy_score(truth, predicted))
    for average, value in (("macro", found.macro_f1), ("weighted", found.weighted_f1)):
        expected = reference.f1_score(truth, predicted, average=average, zero_division=0)
        assert value == pytest.approx(expected)
    expected = reference.precision_recall_fscore_support(
        truth, predicted, labels=range(4), zero_division=0
    )
    for place, label in enumerate(found.per_label):
        values = (label.precision, label.recall, label.f1, label.support)
        assert values == pytest.approx([column[place] for column in expected])
    confusion = reference.confusion_matrix(truth, predicted, labels=range(4))
    assert np.asarray(found.confusion).tolist() == confusion.tolist()


def test_mae_is_measured_in_ranks_and_only_where_there_are_some() -> None:
    truth, predicted = np.asarray([0, 3, 1]), np.asarray([0, 2, 2])
    assert score(truth, predicted, RANKED).mae == pytest.approx((0 + 4 + 2) / 3)
    assert score(truth, predicted, PLAIN).mae is None


def test_no_rows_cannot_be_scored() -> None:
    with pytest.raises(ValueError, match="0 true labels"):
        score(np.asarray([], dtype=int), np.asarray([], dtype=int), PLAIN)

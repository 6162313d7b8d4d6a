import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.classifiers import load_classifier
from metier.classifiers.bag_of_words import BagOfWordsClassifier
from metier.classifiers.pipelines import oversampled_rows
from metier.errors import StudyError
from metier.guidelines import Scale

TITLES = ["Rope Seller", "Kite Seller", "Ink Seller", "Wax Seller", "Rope Buyer"]
LABELS = ["Sales"] * 4 + ["Purchasing"]


@given(st.lists(st.integers(0, 10), min_size=1, max_size=60), st.integers(0, 5))
def test_every_label_has_as_many_rows_as_the_most_frequent(labels, seed) -> None:
    given = np.asarray(labels)
    rows = oversampled_rows(given, seed)
    assert rows[: len(given)].tolist() == list(range(len(given)))
    found, counts = np.unique(given[rows], return_counts=True)
    assert found.tolist() == sorted(set(labels))
    assert set(counts) == {max(labels.count(label) for label in labels)}
    np.testing.assert_array_equal(rows, oversampled_rows(given, seed))


@pytest.mark.parametrize("features", ["words", "words+characters"])
def test_oversampling_lets_a_rare_label_speak_up(department: Scale, features, tmp_path) -> None:
    plain, repeated = (
        BagOfWordsClassifier(department, features=features, imbalance=way).fit(TITLES, LABELS)
        for way in ("none", "oversampling")
    )
    rare = department.labels.index("Purchasing")
    asked = ["Rope", "Buyer", "Candle"]
    assert (repeated.predict_proba(asked) > plain.predict_proba(asked))[:, rare].all()
    # The features see each title once.
    read = [each._pipeline[0].transform(asked).toarray() for each in (plain, repeated)]
    np.testing.assert_array_equal(*read)
    repeated.save(tmp_path)
    loaded = load_classifier(tmp_path)
    assert loaded.get_params()["imbalance"] == "oversampling"
    np.testing.assert_array_equal(loaded.predict_proba(asked), repeated.predict_proba(asked))


def test_another_way_to_meet_imbalance_is_refused(department: Scale) -> None:
    with pytest.raises(StudyError, match="may not be 'smote'; allowed: none, oversampling"):
        BagOfWordsClassifier(department, imbalance="smote").check()  # type: ignore[arg-type]

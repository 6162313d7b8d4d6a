from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from metier.classifiers import load_classifier
from metier.classifiers.bag_of_words import BagOfWordsClassifier
from metier.errors import DataError, ModelError, StudyError
from metier.guidelines import Scale

TITLES = ["Sales Manager", "Seller", "Head of Sales", "Buyer", "Senior Buyer", "Strategic Buyer"]
LABELS = ["Sales"] * 3 + ["Purchasing"] * 3


@pytest.mark.parametrize("features", ["words", "words+characters"])
def test_it_learns_words_and_answers_every_label(department: Scale, features: str) -> None:
    fitted = BagOfWordsClassifier(department, features=features).fit(TITLES, LABELS)
    assert list(fitted.predict(["Sales Rep", "BUYER"])) == ["Sales", "Purchasing"]
    probabilities = fitted.predict_proba(["Sales Rep", "", "部長"])
    assert probabilities.shape == (3, 11)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert probabilities[0, list(department.labels).index("Marketing")] == 0


@pytest.mark.parametrize("features", ["words", "words+characters"])
@pytest.mark.parametrize("title", ["Gießer", "Straßenwärter Süd", "Ιχθυοπώλης"])
def test_case_does_not_count_in_any_script(department: Scale, features: str, title: str) -> None:
    fitted = BagOfWordsClassifier(department, features=features)
    fitted.fit([*TITLES, title, title], [*LABELS, "Other", "Other"])
    written = fitted.predict_proba([title, title.upper(), title.lower()])
    np.testing.assert_allclose(written, written[[0, 0, 0]])
    given = [fitted.contributions([each], 3) for each in (title, title.upper())]
    assert given[0] == given[1]


def test_characters_read_what_words_do_not(department: Scale) -> None:
    with_characters = BagOfWordsClassifier(department).fit(TITLES, LABELS)
    assert list(with_characters.predict(["Buyers", "Sellers"])) == ["Purchasing", "Sales"]


def test_a_saved_one_answers_alike(department: Scale, tmp_path: Path) -> None:
    fitted = BagOfWordsClassifier(department).fit(TITLES, LABELS)
    fitted.save(tmp_path)
    loaded = load_classifier(tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(TITLES), fitted.predict_proba(TITLES))


def test_a_broken_folder_is_refused(department: Scale, tmp_path: Path) -> None:
    BagOfWordsClassifier(department).fit(TITLES, LABELS).save(tmp_path)
    (tmp_path / "model.skops").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="holds no classifier"):
        load_classifier(tmp_path)


def test_one_label_is_answered_always(department: Scale) -> None:
    fitted = BagOfWordsClassifier(department).fit(["Seller"], ["Sales"])
    assert list(fitted.predict(["Nurse"])) == ["Sales"]


def test_mistakes_are_sentences(department: Scale) -> None:
    with pytest.raises(StudyError, match="There are no features 'letters'"):
        BagOfWordsClassifier(department, features="letters").check()  # type: ignore[arg-type]
    with pytest.raises(StudyError, match="must be above 0"):
        BagOfWordsClassifier(department, strength=0).check()
    with pytest.raises(DataError, match="no titles at all"):
        BagOfWordsClassifier(department).fit([], [])


def test_it_is_cloned_with_its_parameters(department: Scale) -> None:
    assert clone(BagOfWordsClassifier(department, strength=3.0)).strength == 3.0

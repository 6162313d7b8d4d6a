from pathlib import Path

import numpy as np
import pytest

from metier.classifiers import load_classifier
from metier.classifiers.recorded import RecordedClassifier
from metier.errors import DataError, ModelError, StudyError
from metier.guidelines import Scale, load_guidelines

ROWS = "title,department\nSeller of Ropes,Sales\nKite Tester,\n"
ASKED = ["  seller of ROPES ", "Kite Tester", "Glassblower"]


@pytest.fixture
def recorded(write, department: Scale) -> RecordedClassifier:
    return RecordedClassifier(department, file=write("answers.csv", ROWS))


def test_a_recorded_title_has_its_label_and_any_other_the_fallback(recorded) -> None:
    assert not recorded.is_fitted
    assert list(recorded.predict(ASKED)) == ["Sales", "Other", "Other"]
    found = recorded.predict_proba(ASKED)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert found[0].max() > 0.99
    assert (found > 0).all()
    np.testing.assert_allclose(found[1:], 1 / 11, atol=1e-5)
    assert recorded.predict_proba([]).shape == (0, 11)


def test_what_was_asked_is_covered_whether_it_has_a_label_or_not(recorded) -> None:
    assert recorded.covers(ASKED).tolist() == [True, True, False]
    assert recorded.covers([]).shape == (0,)
    assert recorded.reasons(ASKED) == ["recorded", "recorded without a label", "not recorded"]


def test_the_fallback_is_that_of_the_page(recorded) -> None:
    page = load_guidelines("department").model_copy(update={"fallback": "Consulting"})
    other = RecordedClassifier(recorded.scale, file=recorded.file, page=page)
    assert list(other.predict(ASKED)) == ["Sales", "Consulting", "Consulting"]


def test_a_saved_one_needs_no_file(recorded, tmp_path: Path) -> None:
    before = recorded.fit([], []).predict_proba(ASKED)
    recorded.save(tmp_path / "model")
    Path(recorded.file).unlink()
    loaded = load_classifier(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict_proba(ASKED), before)
    np.testing.assert_array_equal(loaded.covers(ASKED), recorded.covers(ASKED))
    (tmp_path / "model" / "predictions.parquet").unlink()
    with pytest.raises(ModelError, match="holds no recorded predictions"):
        load_classifier(tmp_path / "model")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("title,seniority\nSeller of Ropes,Senior\n", "needs a column department"),
        ("title,department\nSeller of Ropes,Ropes\n", "Ropes"),
    ],
)
def test_a_file_without_the_target_is_refused(write, department, content, message) -> None:
    with pytest.raises(DataError, match=message):
        RecordedClassifier(department, file=write("answers.csv", content)).check()


def test_a_missing_file_is_refused(department: Scale, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="names the file of the recorded predictions"):
        RecordedClassifier(department).check()
    with pytest.raises(DataError, match="cannot be read"):
        RecordedClassifier(department, file=tmp_path / "none.csv").check()

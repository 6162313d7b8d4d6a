import json
import subprocess
import sys

import numpy as np
import pytest

from metier.classifiers import load_classifier
from metier.classifiers.distilled.classifier import DistilledClassifier
from metier.errors import DataError, ModelError, StudyError
from tests.classifiers.stand_in import WordCounts

TITLES = ["Rope Tester", "Chief Kite Tester", "Rope Tester Trainee", "Kite Tester, Senior"]
LABELS = ["Professional", "Management", "Junior", "Senior"]


@pytest.fixture
def teacher(seniority) -> WordCounts:
    return WordCounts(seniority).fit(TITLES, LABELS)


@pytest.fixture
def student(seniority) -> DistilledClassifier:
    return DistilledClassifier(seniority, variations=200, buckets=4096)


def test_it_answers_as_its_teacher(student, teacher) -> None:
    student.imitate(teacher, TITLES, further=["Chief", "Trainee"])
    asked = [*TITLES, "Chief Rope Tester", "Trainee", "senior kite tester"]
    assert (student.predict(asked) == teacher.predict(asked)).all()


def test_its_confidence_is_set_on_validation_titles(student, teacher) -> None:
    plain = student.imitate(teacher, TITLES).predict_proba(TITLES)
    assert student.temperature_ == 1
    set_on_doubt = student.imitate(teacher, TITLES, validation=(TITLES * 2, LABELS + LABELS[::-1]))
    assert set_on_doubt.temperature_ > 1
    flatter = set_on_doubt.predict_proba(TITLES)
    assert (flatter.argmax(axis=1) == plain.argmax(axis=1)).all()
    assert (flatter.max(axis=1) < plain.max(axis=1)).all()


def test_nothing_to_learn_from_is_a_sentence(student, teacher) -> None:
    with pytest.raises(DataError, match="no titles at all"):
        student.imitate(teacher, [])
    with pytest.raises(DataError, match="no titles at all"):
        student.set_params(teacher="bag-of-words").fit([], [])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"variations": -1}, "variations may not be -1; it is at least 0"),
        ({"repeats": 0}, "repeats may not be 0"),
        ({"buckets": "many"}, "buckets may not be 'many'"),
        ({"strength": 0}, "strength may not be 0"),
        ({"teacher_parameters": 3}, "it is a table of parameters of the method 'bag-of-words'"),
        ({"teacher_parameters": {"strenght": 1}}, "The teacher 'bag-of-words'.*'strength'"),
    ],
)
def test_a_parameter_that_is_not_allowed_is_a_sentence(seniority, parameters, message) -> None:
    given = {"teacher": "bag-of-words"} | parameters
    with pytest.raises(StudyError, match=message):
        DistilledClassifier(seniority, **given).check()


def test_a_damaged_folder_is_a_sentence(student, teacher, tmp_path) -> None:
    student.imitate(teacher, TITLES).save(tmp_path)
    weights = tmp_path / "weights.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="incomplete or damaged"):
        load_classifier(tmp_path)
    weights.write_bytes(whole)
    manifest = tmp_path / "classifier.json"
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(content | {"labels": content["labels"][:3], "ranks": [1, 2, 3]}))
    with pytest.raises(ModelError, match="incomplete or damaged"):
        load_classifier(tmp_path)


def test_predicting_imports_neither_torch_nor_scikit_learn(student, teacher, tmp_path) -> None:
    student.imitate(teacher, TITLES).save(tmp_path)
    code = (
        "import sys, metier; answers = metier.load(sys.argv[1]).predict(['Chief Kite Tester']); "
        "print(answers['seniority'][0].label, [name for name in "
        "('torch', 'transformers', 'sklearn', 'scipy', 'onnxruntime', 'polars') "
        "if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "Management []"


def test_rows_sum_to_one_whatever_the_title(student, teacher) -> None:
    student.imitate(teacher, TITLES)
    found = student.predict_proba(["", "a" * 1_000_000, "\x00", "\ud800", "部長", "|||"])
    assert found.sum(axis=1) == pytest.approx(np.ones(6))

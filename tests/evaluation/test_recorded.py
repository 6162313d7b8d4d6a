import pytest
from tests.conftest import job

from metier.data import Role, read_cvs
from metier.errors import DataError
from metier.evaluation.ledger import Ledger
from metier.evaluation.recorded import compare, judge_predictions
from metier.guidelines import Guidelines, LabelDefinition
from metier.prompting import Predictions

PAGE = Guidelines(
    target="risk",
    question="How much harm?",
    fallback="High",
    labels=(
        LabelDefinition(name="Low", definition="Time.", rank=1),
        LabelDefinition(name="High", definition="Lives.", rank=3),
    ),
)


@pytest.fixture
def cvs(write):
    path = write(
        "cvs.json",
        [
            [job("Clerk", risk="Low"), job("Nurse", risk="High")],
            [job("CLERK", risk="Low"), job("Baker", risk="Low", status="INACTIVE")],
        ],
    )
    return lambda role: read_cvs(path, role, [PAGE.scale])


@pytest.fixture
def noted(tmp_path):
    return {"ledger": Ledger(tmp_path / "ledger.jsonl"), "by": "a test"}


def predictions(name: str = "p", **labels: str | None) -> Predictions:
    return Predictions(name, {"risk": labels})


def test_titles_that_were_not_asked_are_left_out_and_counted(cvs, noted) -> None:
    judged = judge_predictions(
        predictions(clerk="Low", nurse="Low"), cvs(Role.DEVELOPMENT), PAGE, **noted
    )
    assert (judged.jobs, judged.left_out, judged.unlabelled) == (3, 1, 0)
    by_view = {each.view.value: each.scores for each in judged.judgements}
    assert by_view["all"].accuracy == pytest.approx(2 / 3)
    assert by_view["all"].mae == pytest.approx(2 / 3)


def test_titles_without_a_label_are_scored_as_the_fallback(cvs, noted) -> None:
    given = predictions(clerk=None, nurse=None, baker="Low")
    judged = judge_predictions(given, cvs(Role.DEVELOPMENT), PAGE, **noted)
    assert judged.unlabelled == 3
    assert {each.view.value: each.scores for each in judged.judgements}["all"].accuracy == 0.5


def test_two_predictions_are_compared_on_the_rows_of_both(cvs, noted) -> None:
    first = predictions("a", clerk="Low", nurse="Low", baker="Low")
    second = predictions("b", clerk="High", nurse="High")
    found = compare(first, second, cvs(Role.DEVELOPMENT), PAGE, **noted)
    assert found.rows == 3
    assert (found.only_first, found.only_second) == (2, 1)
    assert found.differences.accuracy.value == pytest.approx(-1 / 3)
    assert [each.title for each in found.disagreements] == ["Clerk", "Nurse"]


def test_titles_of_evaluation_data_are_not_shown(cvs, noted) -> None:
    first, second = predictions(clerk="Low"), predictions(clerk="High")
    assert compare(first, second, cvs(Role.EVALUATION), PAGE, **noted).disagreements == ()


def test_predictions_of_other_titles_are_refused(cvs, noted) -> None:
    with pytest.raises(DataError, match=r"No title of cvs\.json has a prediction for risk in p"):
        judge_predictions(predictions(other="Low"), cvs(Role.DEVELOPMENT), PAGE, **noted)


def test_what_is_judged_and_compared_is_written_down(cvs, noted) -> None:
    given = cvs(Role.DEVELOPMENT)
    first, second = predictions("a", clerk="Low"), predictions("b", clerk="High", nurse="High")
    judge_predictions(first, given, PAGE, **noted)
    compare(first, second, given, PAGE, **noted)
    lines = noted["ledger"].read()
    assert [line.name for line in lines] == ["a", "a", "b"]
    # The data is the file, however many of its titles were asked.
    assert {line.digest for line in lines} == {given.digest}
    assert lines[0].model == lines[1].model != lines[2].model

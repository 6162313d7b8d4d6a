from dataclasses import replace

import numpy as np
import pytest
from tests.classifiers.stand_in import WordCounts
from tests.conftest import job

from metier.data import LabelledTitles, Role, read_cvs
from metier.errors import DataError, RoleError
from metier.evaluation import View, judge, predictions_of, score_labelled
from metier.evaluation.ledger import Ledger


@pytest.fixture
def noted(tmp_path):
    """What ``judge`` needs to write down what it does."""
    return {
        "ledger": Ledger(tmp_path / "ledger.jsonl"),
        "model": "m1",
        "name": "a model",
        "by": "a test",
    }


def test_all_views_are_scored_on_the_same_answers(write, seniority, noted) -> None:
    content = [
        [job("CEO", seniority="Management"), job("Nurse", status="INACTIVE")],
        [job("CEO", seniority="Director")],
    ]
    cvs = read_cvs(write("c.json", content), Role.EVALUATION, [seniority])
    classifier = WordCounts(seniority).fit(["CEO", "Nurse"], ["Management", "Professional"])
    probabilities = predictions_of(classifier, cvs.titles)
    found = judge(probabilities, cvs, seniority, ["nurse"], **noted)
    scores = {judged.view: judged.scores for judged in found}
    assert {view: s.n for view, s in scores.items()} == {
        View.ACTIVE: 2,
        View.ALL: 3,
        View.NEW: 1,
        View.ONE: 2,
    }
    assert scores[View.ALL].accuracy == pytest.approx(2 / 3)
    assert scores[View.ACTIVE].mae == 0.5


def test_a_view_without_rows_is_left_out(write, seniority, noted) -> None:
    cvs = read_cvs(write("c.json", [[job(status="UNKNOWN")]]), Role.DEVELOPMENT, [seniority])
    found = judge(np.full((1, 6), 1 / 6), cvs, seniority, ["Nurse"], **noted)
    assert [judged.view for judged in found] == [View.ALL]


def test_unlabelled_cvs_are_not_scored(write, seniority, noted) -> None:
    cvs = read_cvs(write("c.json", [[job()]]), Role.UNLABELLED)
    with pytest.raises(RoleError, match="unlabelled data and may not be used to score"):
        judge(np.full((1, 6), 1 / 6), cvs, seniority, [], **noted)
    assert noted["ledger"].read() == []


@pytest.mark.parametrize("role", [Role.DEVELOPMENT, Role.EVALUATION])
def test_every_scoring_is_written_down(write, seniority, department, noted, role) -> None:
    cvs = read_cvs(write("c.json", [[job()], [job(status="UNKNOWN")]]), role, [seniority])
    judge(np.full((2, 6), 1 / 6), cvs, seniority, ["Nurse"], **noted)
    [line] = noted["ledger"].read()
    assert (line.data, line.digest, line.role) == ("c.json", cvs.digest, role)
    assert (line.target, line.model, line.name, line.by) == (
        "seniority",
        "m1",
        "a model",
        "a test",
    )
    assert line.views == (View.ACTIVE, View.ALL, View.ONE)
    assert line.metrics == ("accuracy", "macro F1", "MAE")


def test_the_ledger_knows_data_by_what_is_scored(write, seniority, department, noted) -> None:
    path = write("c.json", [[job()], [job("Cook")]])
    both = read_cvs(path, Role.DEVELOPMENT, [department, seniority])
    flat = np.full((2, 6), 1 / 6)
    judge(flat, read_cvs(path, Role.DEVELOPMENT, [seniority]), seniority, [], **noted)
    judge(flat, both, seniority, [], **noted)
    judge(flat[:1], replace(both, jobs=both.jobs[:1]), seniority, [], **noted, part_of=both)
    assert len({line.digest for line in noted["ledger"].read()}) == 1


def test_where_no_view_has_rows_nothing_is_written_down(write, seniority, noted) -> None:
    cvs = read_cvs(write("c.json", [[job(status="UNKNOWN")]]), Role.DEVELOPMENT, [seniority])
    flat = np.full((1, 6), 1 / 6)
    assert judge(flat, cvs, seniority, (), [View.ACTIVE, View.ONE], **noted) == []
    assert noted["ledger"].read() == []


def test_without_a_line_nothing_is_scored(write, seniority, noted, tmp_path) -> None:
    cvs = read_cvs(write("c.json", [[job()]]), Role.DEVELOPMENT, [seniority])
    closed = noted | {"ledger": Ledger(tmp_path / "c.json" / "ledger.jsonl")}
    with pytest.raises(DataError, match="without a line in it nothing is scored"):
        judge(np.full((1, 6), 1 / 6), cvs, seniority, [], **closed)


def test_a_labelled_set_is_scored_if_its_role_allows(seniority) -> None:
    classifier = WordCounts(seniority).fit(["CEO", "Cook"], ["Management", "Professional"])
    data = LabelledTitles(("CEO",), ("Management",), seniority, Role.EVALUATION, "test part")
    assert score_labelled(classifier, data).accuracy == 1

import numpy as np
import pytest
from tests.classifiers.stand_in import WordCounts
from tests.conftest import job

from metier.data import LabelledTitles, Role, read_cvs
from metier.errors import RoleError
from metier.evaluation import View, judge, predictions_of, score_labelled


def test_all_views_are_scored_on_the_same_answers(write, seniority) -> None:
    content = [
        [job("CEO", seniority="Management"), job("Nurse", status="INACTIVE")],
        [job("CEO", seniority="Director")],
    ]
    cvs = read_cvs(write("c.json", content), Role.EVALUATION, [seniority])
    classifier = WordCounts(seniority).fit(["CEO", "Nurse"], ["Management", "Professional"])
    found = judge(predictions_of(classifier, cvs.titles), cvs, seniority, ["nurse"])
    scores = {judged.view: judged.scores for judged in found}
    assert {view: s.n for view, s in scores.items()} == {
        View.ACTIVE: 2,
        View.ALL: 3,
        View.NEW: 1,
        View.ONE: 2,
    }
    assert scores[View.ALL].accuracy == pytest.approx(2 / 3)
    assert scores[View.ACTIVE].mae == 0.5


def test_a_view_without_rows_is_left_out(write, seniority) -> None:
    cvs = read_cvs(write("c.json", [[job(status="UNKNOWN")]]), Role.DEVELOPMENT, [seniority])
    found = judge(np.full((1, 6), 1 / 6), cvs, seniority, ["Nurse"])
    assert [judged.view for judged in found] == [View.ALL]


def test_unlabelled_cvs_are_not_scored(write, seniority) -> None:
    cvs = read_cvs(write("c.json", [[job()]]), Role.UNLABELLED)
    with pytest.raises(RoleError, match="unlabelled data and may not be used to score"):
        judge(np.full((1, 6), 1 / 6), cvs, seniority, [])


def test_a_labelled_set_is_scored_if_its_role_allows(seniority) -> None:
    classifier = WordCounts(seniority).fit(["CEO", "Cook"], ["Management", "Professional"])
    data = LabelledTitles(("CEO",), ("Management",), seniority, Role.EVALUATION, "test part")
    assert score_labelled(classifier, data).accuracy == 1

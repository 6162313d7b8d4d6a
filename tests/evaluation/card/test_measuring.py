"""The figures of a card, on small files and with a classifier of known answers."""

from __future__ import annotations

import numpy as np
import pytest
from tests.classifiers.stand_in import WordCounts
from tests.conftest import job

from metier.classifiers.recorded import RecordedClassifier
from metier.data import Role, read_cvs, read_held_out
from metier.evaluation import Ledger, View, judge, predictions_of
from metier.evaluation.card import Measured, card_figures

TITLES = """title,seniority,language
Chief Bell Founder,Management,en
Chief  bell founder,Management,en
Goatherd,Professional,de
Tower Warden,Lead,de
"""
CVS = [[job("Goatherd"), job("Tower Warden", seniority="Lead")], [job("Chief", status="INACTIVE")]]


@pytest.fixture
def classifier(seniority):
    return WordCounts(seniority).fit(
        ["Chief", "Goatherd", "Warden"], ["Management", "Professional", "Professional"]
    )


@pytest.fixture
def measure(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")

    def of(classifier, **measured):
        return card_figures(
            {classifier.scale.target: classifier},
            Measured(**measured),
            ledger=ledger,
            models={classifier.scale.target: "m1"},
            name="a model",
            by="a test",
        ).targets[0]

    of.ledger = ledger
    return of


def test_titles_are_scored_closely(measure, classifier, write, seniority) -> None:
    titles = read_held_out(write("t.csv", TITLES), [seniority])
    [data] = measure(classifier, titles=[titles]).data
    assert (data.kind, data.rows, data.different, data.seen) == ("titles", 4, 3, False)
    assert [view.heading for view in data.views] == ["all titles"]
    assert data.views[0].scores.accuracy == 0.75
    assert data.views[0].intervals.accuracy.low < 0.75 <= data.views[0].intervals.accuracy.high
    assert data.known is None
    found = {each.scores.label: each for each in data.details.labels}
    assert found["Lead"].scores.recall == 0.0
    assert found["Lead"].recall.low == 0.0
    assert 0 < found["Lead"].recall.high < 1
    assert found["Junior"].recall is None
    languages = {each.name: (each.n, each.accuracy.value) for each in data.details.languages}
    assert languages == {"de": (2, 0.5), "en": (2, 1.0)}
    [confusion] = data.details.confusions
    assert (confusion.label, confusion.predicted, confusion.rows) == ("Lead", "Professional", 1)
    assert confusion.examples == ("Tower Warden",)
    assert sum(each.n for each in data.details.calibration.bins) == 4
    assert measure.ledger.read() == []


def test_titles_of_the_training_are_counted_and_the_new_ones_scored_apart(
    measure, classifier, write, seniority
) -> None:
    titles = read_held_out(write("t.csv", TITLES), [seniority])
    [data] = measure(classifier, titles=[titles], seen_titles=["CHIEF bell founder"]).data
    assert data.known == 2
    assert {view.heading: view.scores.n for view in data.views} == {
        "all titles": 4,
        "new titles": 2,
    }


@pytest.mark.parametrize("role", [Role.DEVELOPMENT, Role.EVALUATION])
@pytest.mark.parametrize("seen", [None, ["goatherd"]])
def test_cvs_are_judged_in_views_and_written_down(
    measure, classifier, write, seniority, tmp_path, role, seen
) -> None:
    cvs = read_cvs(write("c.json", CVS), role, [seniority])
    [data] = measure(classifier, cvs=cvs, seen_titles=seen).data
    views = [view for view in View if seen or view is not View.NEW]
    expected = judge(
        predictions_of(classifier, cvs.titles),
        cvs,
        seniority,
        seen or (),
        views,
        ledger=Ledger(tmp_path / "other.jsonl"),
        model="m1",
        name="a model",
        by="a test",
    )
    assert [(each.heading, each.scores, each.intervals) for each in data.views] == [
        (each.view.heading, each.scores, each.intervals) for each in expected
    ]
    assert data.seen is (role is Role.DEVELOPMENT)
    [line] = measure.ledger.read()
    assert (line.role, line.views, line.by) == (role, tuple(views), "a test")
    # No title of a CV is ever kept, whatever its role.
    assert data.details.confusions
    assert all(not each.examples for each in data.details.confusions)
    assert "Warden" not in data.model_dump_json()


def test_confusions_of_cvs_and_of_titles_are_in_the_same_order(measure, seniority, write) -> None:
    random = np.random.default_rng(0)
    labels = [str(each) for each in random.choice(seniority.labels, 60)]
    names = [f"word{number}" for number in range(60)]
    classifier = WordCounts(seniority).fit(
        names, [str(each) for each in random.choice(seniority.labels, 60)]
    )
    rows = "".join(f"{name},{label},en\n" for name, label in zip(names, labels, strict=True))
    titles = read_held_out(write("t.csv", "title,seniority,language\n" + rows), [seniority])
    jobs = [[job(name, seniority=label)] for name, label in zip(names, labels, strict=True)]
    cvs = read_cvs(write("c.json", jobs), Role.DEVELOPMENT, [seniority])
    of_titles, of_cvs = (
        [(each.label, each.predicted, each.rows) for each in data.details.confusions]
        for data in measure(classifier, titles=[titles], cvs=cvs).data
    )
    assert of_titles == of_cvs
    assert len(of_cvs) == 10


def test_rows_that_cannot_be_answered_are_not_scored(measure, write, seniority) -> None:
    file = write("r.csv", "title,seniority\nGoatherd,Professional\nTower Warden,Lead\n")
    recorded = RecordedClassifier(seniority, file=file).fit((), ())
    titles = read_held_out(write("t.csv", TITLES), [seniority])
    cvs = read_cvs(write("c.json", CVS), Role.EVALUATION, [seniority])
    target = measure(recorded, titles=[titles], cvs=cvs)
    of_titles, of_cvs = target.data
    assert (of_titles.views, of_titles.details, of_titles.unanswered) == ((), None, 2)
    assert of_titles.not_scored == ("all titles",)
    assert [view.heading for view in of_cvs.views] == ["ACTIVE jobs", "one job a CV"]
    assert of_cvs.details is None
    # A record is asked for nothing but what is to be answered.
    assert target.invariance is None


def test_without_data_nothing_is_measured(measure, classifier) -> None:
    target = measure(classifier)
    assert target.data == ()
    assert target.invariance is None

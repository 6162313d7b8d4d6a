import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from metier.classifiers.distilled import scoring, training
from metier.classifiers.distilled.scoring import Scorer
from metier.classifiers.distilled.training import fit_weights

TITLES = [
    "Head of Sales",
    "Sales Intern",
    "Chef de projet",
    "Project Manager",
    "Krankenpfleger",
    "",
]
LABELS = np.asarray([0, 0, 1, 1, 2, 2])


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(fit_weights(TITLES, LABELS, 4, buckets=512, strength=10.0, seed=0))


def test_scores_are_those_of_the_regression(scorer) -> None:
    counted = training._counts(TITLES, 512)
    features = np.hstack(
        [
            training._normalised(each, training._inverse_frequencies(each)).toarray()
            for each in counted
        ]
    )
    model = LogisticRegression(C=10.0, max_iter=300).fit(features, LABELS)
    found = scorer.scores(TITLES)
    # The penalised optimum is the same but for what sixteen bits and the solver's patience lose.
    assert found[:, :3] == pytest.approx(model.decision_function(features), abs=0.02)


def test_a_label_that_never_occurs_is_out_of_the_question(scorer) -> None:
    assert (scorer.scores(["CEO", ""])[:, 3] == -np.inf).all()


@pytest.mark.parametrize("labels", [[0, 0, 0, 0, 0, 0], [0, 0, 0, 2, 2, 2]])
def test_one_label_or_two_are_fitted_as_well(labels) -> None:
    found = fit_weights(TITLES, np.asarray(labels), 3, buckets=64, strength=10.0, seed=0)
    assert Scorer(found).scores(TITLES).argmax(axis=1).tolist() == labels


def test_the_same_scores_in_parts_and_in_threads(scorer, monkeypatch) -> None:
    titles = [f"{TITLES[number % 5]} {number}" for number in range(300)]
    whole = scorer.scores(titles)
    monkeypatch.setattr(scoring, "AT_ONCE", 7)
    assert (scorer.scores(titles) == whole).all()
    monkeypatch.setenv("METIER_THREADS", "1")
    assert (scorer.scores(titles) == whole).all()


@given(st.lists(st.text(max_size=40), max_size=5))
def test_a_title_is_scored_alike_in_any_company(scorer, titles) -> None:
    together = scorer.scores(titles)
    assert together.shape == (len(titles), 4)
    for title, row in zip(titles, together, strict=True):
        assert (scorer.scores([title])[0] == row).all()


def test_words_are_forgotten_where_there_is_no_room(scorer, monkeypatch) -> None:
    titles = [f"{TITLES[number % 5]} word{number}" for number in range(200)]
    whole = Scorer(scorer.weights).scores(titles)
    monkeypatch.setattr(scoring, "KEPT", 8)
    short = Scorer(scorer.weights)
    for start in range(0, 200, 3):
        assert (short.scores(titles[start : start + 3]) == whole[start : start + 3]).all()
        assert len(short._known[0]) <= 8

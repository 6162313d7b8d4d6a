import pytest

from metier.prompting import Key, ModelSpec, render_prompt
from metier.prompting.answers import StoredAnswer
from metier.prompting.plan import Question, Voter
from metier.prompting.replies import TitleAnswer
from metier.prompting.votes import Ballot, count_votes

QUESTION = Question("ceo", "CEO")


def ballot(label: str | None, model: str = "a:m", reason: str | None = None) -> Ballot:
    voter = Voter(ModelSpec(model), Key(model, "p", "s"))
    if label is None and reason is None:
        return Ballot(voter, None, "not asked")
    labels = {} if label is None else {"risk": label}
    return Ballot(voter, StoredAnswer(TitleAnswer(labels, reason), "2026-01-01", 10.0, 2.0))


@pytest.fixture
def prompt(risk):
    return render_prompt([risk])


def test_a_single_answer_has_nothing_to_agree_with(prompt) -> None:
    row = count_votes(prompt, QUESTION, [ballot("Low")])
    assert row.labels == {"risk": "Low"}
    assert row.confidence == {"risk": None}
    assert row.is_labelled(["risk"])


def test_agreement_is_the_confidence(prompt) -> None:
    row = count_votes(prompt, QUESTION, [ballot("Low"), ballot("High"), ballot("High", "b:m")])
    assert row.labels == {"risk": "High"}
    assert row.confidence["risk"] == pytest.approx(2 / 3)
    assert row.model == "a:m + b:m"
    assert (row.input_tokens, row.output_tokens) == (30, 6)


def test_of_equally_many_the_voter_asked_first_wins(prompt) -> None:
    row = count_votes(prompt, QUESTION, [ballot("High"), ballot("Low")])
    assert row.labels == {"risk": "High"}
    assert row.confidence == {"risk": 0.5}


def test_a_missing_vote_agrees_with_nobody(prompt) -> None:
    row = count_votes(prompt, QUESTION, [ballot("Low"), ballot(None), ballot(None, reason="bad")])
    assert row.labels == {"risk": "Low"}
    assert row.confidence["risk"] == pytest.approx(1 / 3)
    assert row.reason == "not asked; bad"
    assert row.unasked == 1


def test_without_a_vote_there_is_no_label(prompt) -> None:
    row = count_votes(prompt, QUESTION, [ballot(None)])
    assert row.labels == {}
    assert not row.is_labelled(["risk"])
    assert row.reason == "not asked"
    assert row.time is None

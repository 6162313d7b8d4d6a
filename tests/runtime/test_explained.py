import pytest
from tests.classifiers.stand_in import Costly, WordCounts

from metier.classifiers import Model
from metier.runtime import answers_of

TITLES = ["Head of Sales", "Buyer"]


@pytest.fixture
def counted(seniority) -> Model:
    """A method that gives no reasons of its own."""
    fitted = WordCounts(seniority).fit(
        ["Head", "Head of Sales", "Buyer"], ["Lead"] * 2 + ["Senior"]
    )
    return Model({"seniority": fitted})


def test_every_method_can_be_explained(counted) -> None:
    answers = answers_of(counted, TITLES, with_reasons=True)["seniority"]
    assert [answer.label for answer in answers] == ["Lead", "Senior"]
    assert answers[0].reason.startswith("Head +")


def test_a_methods_own_reason_goes_first() -> None:
    answers = answers_of(Model.rules(), TITLES, with_reasons=True)["seniority"]
    assert answers[0].reason.startswith("head of")


class Partly(WordCounts):
    """Says of one title why, and less sure than an explanation would."""

    def reasons(self, titles):
        return ["so it is" if title == "Buyer" else None for title in titles]


def test_only_missing_reasons_are_filled(seniority) -> None:
    fitted = Partly(seniority).fit(["Head of Sales", "Buyer"], ["Lead", "Senior"])
    answers = answers_of(Model({"seniority": fitted}), TITLES, with_reasons=True)["seniority"]
    assert answers[0].reason.startswith("Head +")
    assert answers[1].reason == "so it is"


def test_a_costly_model_is_asked_for_the_titles_alone(seniority) -> None:
    costly = Costly(seniority).fit(["Head of Sales", "Buyer"], ["Lead", "Senior"])
    answers = answers_of(Model({"seniority": costly}), TITLES, with_reasons=True)["seniority"]
    assert [answer.reason for answer in answers] == [None, None]
    assert costly.asked == TITLES


def test_without_reasons_nothing_more_is_asked(counted) -> None:
    assert answers_of(counted, TITLES) == counted.predict(TITLES)

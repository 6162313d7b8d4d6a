import pytest
from tests.classifiers.stand_in import WordCounts

from metier.classifiers import Model
from metier.classifiers.cascade import CascadeClassifier
from metier.runtime.answering import Answerer

TITLES = ["CEO", "n/a", None, "CEO", "Intern Sales"]


@pytest.fixture
def model(seniority) -> Model:
    return Model(
        {"seniority": WordCounts(seniority).fit(["CEO", "Intern"], ["Management", "Junior"])}
    )


def test_titles_are_answered_in_order_as_columns(model) -> None:
    answerer = Answerer(model, "m@1234")
    found = answerer.answer(TITLES)
    assert list(found) == list(answerer.columns)
    assert found["seniority"] == ["Management", None, None, "Management", "Junior"]
    assert found["seniority_confidence"][1] is None
    assert 0 < found["seniority_confidence"][0] <= 1
    assert found["status"] == ["title", "placeholder", "empty", "title", "title"]
    assert found["tier"] == [None] * 5
    assert found["model"] == ["m@1234"] * 5


def test_no_titles_are_empty_columns(model) -> None:
    found = Answerer(model, "m").answer([])
    assert all(len(column) == 0 for column in found.values())


def test_on_request_there_is_a_reason(model) -> None:
    answerer = Answerer(model, "m", explain=True)
    found = answerer.answer(TITLES)
    assert list(found) == list(answerer.columns)
    assert found["seniority_reason"][0].startswith("CEO")
    assert found["seniority_reason"][1] is None


def test_the_tier_is_the_most_exact_that_was_asked(seniority, department) -> None:
    fast = WordCounts(seniority).fit(["CEO"] * 9, ["Management"] * 9)
    exact = WordCounts(seniority).fit(["Intern"], ["Junior"])
    sales = WordCounts(department).fit(["Sales"], ["Sales"])
    model = Model(
        {
            "seniority": CascadeClassifier.of(fast, exact, 0.5),
            "department": CascadeClassifier.of(sales, sales, 0.0),
        }
    )
    assert Answerer(model, "m").answer(TITLES)["tier"] == ["fast", None, None, "fast", "exact"]
    whole = Model({"seniority": fast}, tier="fast")
    assert Answerer(whole, "m").answer(["CEO", ""])["tier"] == ["fast", None]

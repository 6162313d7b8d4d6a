import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.classifiers import Answer, Model
from metier.classifiers.answers import AnswerMemory
from tests.classifiers.stand_in import Costly, WordCounts


def answer(label: str) -> tuple[Answer, ...]:
    return (Answer(label, 1.0, None),)


def test_the_memory_forgets_the_oldest_generation() -> None:
    memory = AnswerMemory(room=4)
    memory.keep({"a": answer("A"), "b": answer("B")})
    memory.keep({"c": answer("C")})
    assert set(memory.recall("abc")) == {"a", "b", "c"}
    memory.keep({"d": answer("D"), "e": answer("E")})
    assert set(memory.recall("abcde")) == {"c", "d", "e"}
    memory.keep({letter: answer(letter) for letter in "fghij"})
    assert set(memory.recall("abcdefghij")) == {"d", "e", "i", "j"}


@given(st.lists(st.lists(st.integers(0, 30), max_size=8), max_size=20), st.integers(1, 20))
def test_the_memory_never_holds_more_than_it_has_room_for(batches, room) -> None:
    memory = AnswerMemory(room)
    everything = [str(number) for number in range(31)]
    for batch in batches:
        memory.keep({str(number): answer(str(number)) for number in batch})
        known = memory.recall(everything)
        assert len(known) <= room
        assert all(given[0].label == title for title, given in known.items())


@pytest.fixture
def costly(seniority) -> Costly:
    return Costly(seniority).fit(["CEO", "Intern"], ["Management", "Junior"])


def test_each_title_is_asked_once(costly) -> None:
    model = Model({"seniority": costly})
    first = model.predict(["CEO", "Intern", "CEO", "  CEO ", "ＣＥＯ"])
    assert costly.asked == ["CEO", "Intern"]
    assert [each.label for each in first["seniority"]] == [
        "Management",
        "Junior",
        "Management",
        "Management",
        "Management",
    ]
    assert model.predict(["Intern"])["seniority"] == [first["seniority"][1]]
    assert costly.asked == ["CEO", "Intern"]


def test_an_enormous_title_is_cut_before_it_is_asked(costly) -> None:
    model = Model({"seniority": costly})
    model.predict(["CEO " * 300_000, "e\u0301" * 500_000])
    assert max(map(len, costly.asked)) <= 1_000


def test_answers_with_reasons_are_not_kept(costly) -> None:
    model = Model({"seniority": costly})
    model.predict(["CEO"], explain=True)
    model.predict(["CEO"])
    assert costly.asked == ["CEO", "CEO"]


def test_a_model_may_be_asked_from_several_threads(seniority) -> None:
    classifier = WordCounts(seniority).fit(["CEO", "Intern"], ["Management", "Junior"])
    model = Model({"seniority": classifier})
    model._memory.room = 50
    wrong = []

    def ask(start: int) -> None:
        for number in range(start, start + 300):
            titles = [f"CEO {number % 70}", f"Intern {number % 70}"]
            labels = [each.label for each in model.predict(titles)["seniority"]]
            if labels != ["Management", "Junior"]:
                wrong.append(labels)

    workers = [threading.Thread(target=ask, args=(7 * number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong
    assert len(model._memory.recall([f"CEO {number}" for number in range(70)])) <= 50

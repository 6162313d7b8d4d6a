import os
import threading

import pytest

from metier.classifiers.threads import in_threads, threads
from metier.errors import ModelError


def test_the_variable_sets_the_number(monkeypatch) -> None:
    monkeypatch.setenv("METIER_THREADS", "3")
    assert threads() == 3
    monkeypatch.setenv("METIER_THREADS", "")
    assert 1 <= threads() <= (os.cpu_count() or 1)


@pytest.mark.parametrize("wish", ["0", "-1", "two", "1.5"])
def test_what_is_no_number_of_threads_is_a_sentence(monkeypatch, wish) -> None:
    monkeypatch.setenv("METIER_THREADS", wish)
    with pytest.raises(ModelError, match=f"METIER_THREADS is '{wish}'; it takes a number"):
        threads()


def test_results_come_in_order_from_as_many_threads(monkeypatch) -> None:
    monkeypatch.setenv("METIER_THREADS", "2")
    both = threading.Barrier(2, timeout=30)

    def work(part: int) -> tuple[int, str]:
        both.wait()
        return part, threading.current_thread().name

    found = in_threads(work, range(4))
    assert [part for part, _ in found] == [0, 1, 2, 3]
    assert len({name for _, name in found}) == 2
    assert in_threads(work, []) == []


def test_one_thread_is_no_other_thread(monkeypatch) -> None:
    monkeypatch.setenv("METIER_THREADS", "1")
    names = in_threads(lambda _: threading.current_thread().name, range(3))
    assert set(names) == {threading.current_thread().name}


def test_work_within_work_does_not_wait_for_itself(monkeypatch) -> None:
    monkeypatch.setenv("METIER_THREADS", "2")

    def outer(part: int) -> list[int]:
        return in_threads(lambda inner: 10 * part + inner, range(3))

    assert in_threads(outer, range(4)) == [
        [10 * part + inner for inner in range(3)] for part in range(4)
    ]

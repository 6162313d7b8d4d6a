import pytest

from metier.data import domain_auc
from metier.errors import DataError


def numbered(word: str, count: int = 80) -> list[str]:
    return [f"{word} {number}" for number in range(count)]


def test_strangers_are_told_apart_whichever_comes_first() -> None:
    assert domain_auc(numbered("Manager"), numbered("Leiter")) == pytest.approx(1)
    assert domain_auc(numbered("Leiter"), numbered("Manager")) == pytest.approx(1)


def test_the_same_seed_gives_the_same_figure() -> None:
    here, there = numbered("Manager"), numbered("Manager", 60)
    assert domain_auc(here, there, seed=3) == domain_auc(here, there, seed=3)


def test_repetitions_do_not_make_up_for_different_titles() -> None:
    with pytest.raises(DataError, match="1 distinct titles"):
        domain_auc(["Manager", "MANAGER"] * 100, numbered("Leiter"))

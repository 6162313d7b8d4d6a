from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from metier.data import LabelledTitles, Role
from metier.errors import DataError, RoleError
from metier.guidelines import Guidelines, Scale
from metier.metrics import confusion_matrix
from metier.synthesis import Conflict, agreement, answered_by_rules
from metier.synthesis.agreement import cohen_kappa
from tests.synthesis.test_repair import PAGE

SCALE = Scale("size", ("Small", "Middle", "Large"))


def source(*rows: tuple[str, str]) -> LabelledTitles:
    titles, labels = zip(*rows, strict=True)
    return LabelledTitles(titles, labels, SCALE, Role.PSEUDO_LABELLED, "source")


def test_sources_are_compared_on_the_titles_they_share() -> None:
    first = source(("Ant", "Small"), ("Dog", "Middle"), ("Cow", "Large"), ("Cat", "Middle"))
    second = source(("cat", "Small"), ("dog ", "Small"), ("Cow", "Large"), ("Elk", "Large"))
    (pair,) = agreement({"a": first, "b": second})
    assert (pair.first, pair.second, pair.titles) == ("a", "b", 3)
    assert pair.agreement == pytest.approx(1 / 3)
    # Chance: Middle 2/3 · 0 + Large 1/3 · 1/3 + Small 0 · 2/3.
    assert pair.kappa == pytest.approx((1 / 3 - 1 / 9) / (1 - 1 / 9))
    assert pair.conflicts == (
        Conflict("Dog", "Middle", "Small"),
        Conflict("Cat", "Middle", "Small"),
    )
    assert pair.confusions == {("Middle", "Small"): 2}


def test_every_two_sources_are_a_pair() -> None:
    one = source(("Ant", "Small"))
    pairs = agreement({"a": one, "b": one, "c": one})
    assert [(pair.first, pair.second) for pair in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]


def test_a_title_counts_once_with_its_most_frequent_label() -> None:
    often = source(("Dog", "Small"), ("dog", "Middle"), ("DOG", "Middle"))
    (pair,) = agreement({"a": often, "b": source(("Dog", "Middle"))})
    assert (pair.titles, pair.agreement) == (1, 1.0)


def test_without_common_titles_there_are_no_figures() -> None:
    (pair,) = agreement({"a": source(("Ant", "Small")), "b": source(("Elk", "Large"))})
    assert (pair.titles, pair.agreement, pair.kappa, pair.conflicts) == (0, None, None, ())


def test_kappa_is_not_defined_where_chance_would_agree_always() -> None:
    same = source(("Ant", "Small"), ("Bee", "Small"))
    assert agreement({"a": same, "b": same})[0].kappa is None


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=30))
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    first, second = np.asarray(pairs, dtype=np.intp).T
    found = cohen_kappa(confusion_matrix(first, second, 3))
    if found is None:
        assert len({*first, *second}) == 1
    else:
        assert found == pytest.approx(cohen_kappa_score(first, second))


def test_the_rules_are_a_source() -> None:
    page = Guidelines.model_validate(PAGE)
    data = LabelledTitles(
        ("Bauleiter", "Clerk"), ("Top", "Member"), page.scale, Role.TRAINING, "list.csv"
    )
    answered = answered_by_rules(data, page)
    assert answered.labels == ("Head", "Member")
    assert (answered.role, answered.source) == (Role.TRAINING, "rules")


def test_sources_that_cannot_be_compared_are_refused() -> None:
    one = source(("Ant", "Small"))
    with pytest.raises(DataError, match="two sources or more; there are 1"):
        agreement({"a": one})
    with pytest.raises(DataError, match="b has labels of the target 'weight'"):
        agreement({"a": one, "b": replace(one, scale=replace(SCALE, target="weight"))})
    with pytest.raises(RoleError, match="b is evaluation data"):
        agreement({"a": one, "b": replace(one, role=Role.EVALUATION)})

import sys

import numpy as np
import pytest

from metier.data import LabelledTitles, Role
from metier.errors import DataError, MissingExtraError
from metier.guidelines import Scale
from metier.synthesis.out_of_fold import deal_into_folds, suggest_labels

SCALE = Scale("trade", ("Sea", "Wood", "Rare"))
FIELDS = [f"{name} {number}" for name in ("North", "East", "South", "West") for number in range(5)]


def listed(*rows: tuple[str, str]) -> LabelledTitles:
    sea = [(f"Sailor {field}", "Sea") for field in FIELDS]
    wood = [(f"Carpenter {field}", "Wood") for field in FIELDS]
    titles, labels = zip(*sea, *wood, *rows, strict=True)
    return LabelledTitles(titles, labels, SCALE, Role.TRAINING, "trades.csv")


def test_a_label_unlike_that_of_similar_titles_is_found() -> None:
    judged = suggest_labels(listed(("Sailor Harbour", "Wood")))
    assert list(judged.suggestions) == [40]
    found = judged.suggestions[40]
    assert found.label == "Sea"
    assert found.probability > 0.8 > 0.2 > found.of_given


def test_the_same_seed_gives_the_same_figures() -> None:
    data = listed(("Sailor Harbour", "Wood"))
    assert suggest_labels(data, seed=7) == suggest_labels(data, seed=7)


def test_a_label_with_fewer_titles_than_folds_is_not_judged() -> None:
    judged = suggest_labels(listed(("Sailor Harbour", "Rare"), ("sailor  harbour", "Rare")))
    assert judged.unjudged == ("Rare",)
    assert judged.suggestions == {}


def test_a_list_of_too_few_titles_is_refused() -> None:
    few = LabelledTitles(("Sailor", "Joiner"), ("Sea", "Wood"), SCALE, Role.TRAINING, "few.csv")
    with pytest.raises(DataError, match=r"few\.csv: a model of 5 folds needs two labels of 5"):
        suggest_labels(few)


def test_a_missing_package_names_the_extra(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "cleanlab.filter", None)
    with pytest.raises(MissingExtraError, match=r"metier\[train\]"):
        suggest_labels(listed())


def test_folds_share_out_each_label_and_keep_equal_titles_together() -> None:
    keys = [f"t{i}" for i in range(30)] * 2
    labels = ["Sea"] * 20 + ["Wood"] * 10 + ["Sea"] * 30
    folds = deal_into_folds(keys, labels, folds=5, seed=1)
    assert (folds[:30] == folds[30:]).all()
    assert np.bincount(folds[20:30]).tolist() == [2] * 5
    assert np.bincount(folds).tolist() == [12] * 5
    assert (folds != deal_into_folds(keys, labels, folds=5, seed=2)).any()

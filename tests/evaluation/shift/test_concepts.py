import pytest

from metier.data import LabelledTitles, Role
from metier.errors import DataError, RoleError
from metier.evaluation.shift import concept_shift
from metier.guidelines import Scale

COLOURS = Scale("colour", ("red", "green", "blue"))


def labelled(
    rows: list[tuple[str, str]], role: Role = Role.TRAINING, scale: Scale = COLOURS
) -> LabelledTitles:
    titles, labels = zip(*rows, strict=True)
    return LabelledTitles(titles, labels, scale, role, f"{role}.csv")


TRAINING = labelled(
    [("Dyer", "red"), ("Dyer", "red"), ("dyer", "blue"), ("Weaver", "green"), ("Baker", "red")]
)
JUDGED = [
    ("Weaver", "red"),
    ("DYER", "green"),
    ("Dyer", "green"),
    ("Dyer", "red"),
    ("Dyer", "blue"),
    ("baker", "red"),
    ("Smith", "red"),
]


def test_titles_in_common_are_counted_and_those_labelled_otherwise_listed() -> None:
    found = concept_shift(TRAINING, labelled(JUDGED, Role.DEVELOPMENT))
    assert (found.titles, found.rows) == (3, 6)
    assert (found.different_titles, found.different_rows) == (2, 4)
    assert [tuple(each.model_dump().values()) for each in found.listing] == [
        ("DYER", "red", "green", 2),
        ("DYER", "red", "blue", 1),
        ("Weaver", "green", "red", 1),
    ]


def test_titles_of_evaluation_data_are_counted_and_not_shown() -> None:
    found = concept_shift(TRAINING, labelled(JUDGED, Role.EVALUATION))
    assert found.different_rows == 4
    assert found.listing == ()


def test_a_set_agrees_with_itself() -> None:
    data = labelled([("Dyer", "red"), ("Weaver", "green")])
    found = concept_shift(data, data)
    assert (found.rows, found.different_rows, found.listing) == (2, 0, ())


def test_sets_must_have_labels_of_one_target() -> None:
    with pytest.raises(RoleError, match="score"):
        concept_shift(TRAINING, labelled(JUDGED, Role.UNLABELLED))
    size = Scale("size", ("small", "large"))
    with pytest.raises(DataError, match="'size'"):
        concept_shift(TRAINING, labelled([("Dyer", "small")], scale=size))

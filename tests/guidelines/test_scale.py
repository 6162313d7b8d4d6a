import pytest

from metier.guidelines import Scale


def test_the_nearest_label_ignores_case(department: Scale) -> None:
    assert department.nearest("sales") == "Sales"
    assert department.nearest("Informatics Technology") == "Information Technology"


def test_a_target_without_order_has_no_ranks(department: Scale) -> None:
    with pytest.raises(ValueError, match="not ordinal"):
        _ = department.rank_array


def test_indices_follow_the_scale(seniority: Scale) -> None:
    assert seniority.indices(["Junior", "Director"]).tolist() == [0, 5]

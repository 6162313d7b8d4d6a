from dataclasses import replace

import pytest

from metier.classifiers import fit
from metier.data import LabelledTitles, Role
from metier.errors import DataError, RoleError
from metier.guidelines import Scale
from tests.classifiers.stand_in import WordCounts


@pytest.fixture
def data(seniority: Scale) -> LabelledTitles:
    return LabelledTitles(
        ("CEO", "Intern"), ("Management", "Junior"), seniority, Role.TRAINING, "l"
    )


def test_fittable_sets_are_joined(data, seniority) -> None:
    pseudo = replace(data, titles=("Cook", "Cook"), role=Role.PSEUDO_LABELLED)
    fitted = fit(WordCounts(seniority), [data, pseudo], replace(data, role=Role.VALIDATION))
    assert fitted.counts_["cook Junior"] == fitted.counts_["ceo Management"] == 1


@pytest.mark.parametrize("role", [Role.VALIDATION, Role.DEVELOPMENT, Role.EVALUATION])
def test_other_roles_are_not_fitted(data, seniority, role) -> None:
    with pytest.raises(RoleError, match=f"l is {role} data and may not be used to fit"):
        fit(WordCounts(seniority), [data, replace(data, role=role)])


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.VALIDATION])
def test_only_validation_data_stops_a_training(data, seniority, role) -> None:
    with pytest.raises(RoleError, match="stop a training"):
        fit(WordCounts(seniority), [data], replace(data, role=role))


def test_labels_of_another_target_are_refused(data, department) -> None:
    with pytest.raises(DataError, match="the classifier is for 'department'"):
        fit(WordCounts(department), [data])


def test_nothing_to_validate_on_is_a_sentence(data, seniority) -> None:
    with pytest.raises(DataError, match="no title is left to validate on"):
        fit(WordCounts(seniority), [data], data.take([], Role.VALIDATION))


def test_one_label_is_nothing_to_learn(data, seniority) -> None:
    with pytest.raises(DataError, match="at least two labels"):
        fit(WordCounts(seniority), [data.take([0])])

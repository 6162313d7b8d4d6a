import pytest

from metier.data import Role, read_cvs, read_label_list, read_pseudo_labels, sample_file
from metier.errors import DataError


def test_the_sample_has_the_flaws_of_curated_lists(seniority, department) -> None:
    ranks = read_label_list(sample_file("curated-seniority.csv"), seniority)
    assert "Professional" not in ranks.labels
    departments = read_label_list(sample_file("curated-department.csv"), department)
    assert departments.shares["Marketing"] > 0.35
    assert departments.shares["Other"] < 0.02


def test_every_unlabelled_title_has_a_pseudo_label(seniority, department) -> None:
    titles = set(read_cvs(sample_file("unlabelled-cvs.json"), Role.UNLABELLED).titles)
    for scale in (seniority, department):
        pseudo = read_pseudo_labels(sample_file("pseudo-labels.csv"), scale)
        assert set(pseudo.titles) == titles
        assert set(pseudo.labels) == set(scale.labels)


def test_the_labelled_cvs_have_every_label(seniority, department) -> None:
    cvs = read_cvs(sample_file("labelled-cvs.json"), Role.DEVELOPMENT, [seniority, department])
    for scale in (seniority, department):
        assert set(cvs.labelled(scale).labels) == set(scale.labels)


def test_an_unknown_sample_file_names_the_known_ones() -> None:
    with pytest.raises(DataError, match=r"labelled-cvs\.json"):
        sample_file("cvs.json")

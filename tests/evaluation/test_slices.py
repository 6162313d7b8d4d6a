import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import job

from metier.data import CVs, Job, Role, Status, read_cvs
from metier.evaluation.slices import (
    FEW_CVS,
    SMALL,
    GenderForm,
    gender_forms,
    score_slices,
    slices_of,
)


def cvs_of(*titles: str) -> CVs:
    jobs = tuple(
        Job(cv, 0, title, "", None, None, Status.ACTIVE, {}) for cv, title in enumerate(titles)
    )
    return CVs(jobs, Role.UNLABELLED, "cvs.json")


def slices(*titles: str, seen=()) -> dict[str, dict[str, list[int]]]:
    return slices_of(cvs_of(*titles), seen, ["en"] * len(titles))


def test_languages_come_with_the_most_frequent_first() -> None:
    found = slices_of(cvs_of("a", "b", "c", "d"), (), ["unsure", "de", "de", "ar"])["language"]
    assert list(found.items()) == [("de", [1, 2]), ("ar", [3]), ("unsure", [0])]


def test_a_known_title_occurs_in_training_but_for_case_and_spacing() -> None:
    found = slices("Gardener", "gardener", "Florist", seen=["GARDENER "])
    assert found["novelty"] == {"new": [2], "known": [0, 1]}


def test_length_counts_words_and_keeps_other_scripts_apart() -> None:
    found = slices(
        "Gardener",
        "Head - Gardener (m/w/d)",
        "Sower & Reaper",
        "Gardener of tulips and of roses",
        "Gardener of tulips, of roses, of lilies",
        "庭師",
    )
    assert found["length"] == {
        "1 word": [0],
        "2–3 words": [1, 2],
        "4–6 words": [3],
        "7 words or more": [4],
        "script without spaces": [5],
    }


def test_roles_are_several_joined_or_one() -> None:
    found = slices(
        "Gardener | Florist",
        "Gardener / Florist",
        "Gärtner und Florist",
        "Tulips & Roses",
        "R&D Gardener",
        "24/7 Gardener",
        "Gardener |",
        "Gärtner/in",
    )
    assert found["roles"] == {"one": [4, 5, 6, 7], "joined": [2, 3], "several": [0, 1]}


@pytest.mark.parametrize(
    ("title", "form"),
    [
        ("Gärtner (m/w/d)", GenderForm.NOTE),
        ("Jardinier H/F", GenderForm.NOTE),
        ("Gardener (f|m|x)", GenderForm.NOTE),
        ("Gärtnerin (all genders)", GenderForm.NOTE),
        ("Gardener (m, w, d)", GenderForm.NOTE),
        ("Gardener [f,m]", GenderForm.NOTE),
        ("Head of M, D and W", GenderForm.NONE),
        ("Gardener W, D", GenderForm.NONE),
        ("Gärtner*in", GenderForm.BOTH),
        ("Gärtner/-innen", GenderForm.BOTH),
        ("Gärtner(in)", GenderForm.BOTH),
        ("Jardinero/a", GenderForm.BOTH),
        ("Cultivateur·rice", GenderForm.BOTH),
        ("Köchin/Koch", GenderForm.BOTH),
        ("Koch / Köchin", GenderForm.BOTH),
        ("Gärtnerin", GenderForm.FEMININE),
        ("Gartenärztin", GenderForm.FEMININE),
        ("Cultivatrice de tulipes", GenderForm.FEMININE),
        ("Sembradora", GenderForm.FEMININE),
        ("Fleuriste, première jardinière", GenderForm.FEMININE),
        ("Gärtner", GenderForm.NONE),
        ("Chef de filière tulipes", GenderForm.NONE),
        ("Beatrice Tulip Trader", GenderForm.NONE),
        ("Sower at Pandora", GenderForm.NONE),
        ("Tulip Admin, Berlin", GenderForm.NONE),
        ("Tulips/Roses", GenderForm.NONE),
        ("S/4 Gardener", GenderForm.NONE),
    ],
)
def test_gender_is_told_by_form(title, form) -> None:
    assert gender_forms([title]) == [form]


@given(st.lists(st.text(max_size=30), max_size=12))
def test_each_dimension_parts_all_rows(titles) -> None:
    found = slices(*titles)
    # CVs of one active job each: here the view of one job a CV holds all rows, too.
    for by_name in found.values():
        assert sorted(row for rows in by_name.values() for row in rows) == list(range(len(titles)))
        assert all(by_name.values())


def test_one_job_a_cv_is_that_of_the_view(write) -> None:
    content = [[job("Sower", startDate="2019"), job("Reaper", startDate="2021")]]
    cvs = read_cvs(write("c.json", content), Role.UNLABELLED)
    assert slices_of(cvs, (), ["en", "en"])["jobs"] == {"one job a CV": [1]}


def test_each_job_needs_a_language() -> None:
    with pytest.raises(ValueError, match="1 languages of 2 jobs"):
        slices_of(cvs_of("a", "b"), (), ["en"])


def test_a_slice_is_scored_as_the_mean_over_seeds(seniority) -> None:
    truth = np.asarray([0, 1, 2, 3])
    right, wrong = truth, np.asarray([0, 1, 0, 0])
    (found,) = score_slices(
        truth, [right, wrong], np.asarray([0, 0, 1, 1]), seniority, {"length": {"short": [1, 2]}}
    )
    assert (found.dimension, found.name, found.n, found.cvs) == ("length", "short", 2, 2)
    assert found.accuracy.value == pytest.approx(0.75)
    assert found.accuracy.interval.low <= 0.75 <= found.accuracy.interval.high
    # Of the labels 0, 1 and 2 the second seed has one right.
    assert found.macro_f1.value == pytest.approx((1 + 1 / 3) / 2)


def test_small_slices_are_flagged_and_stay(seniority) -> None:
    truth = np.zeros(SMALL, dtype=np.intp)
    groups = np.arange(SMALL)
    parts = {"length": {"all": range(SMALL), "most": range(SMALL - 1), "none": ()}}
    found = score_slices(truth, [truth], groups, seniority, parts)
    assert {one.name: one.small for one in found} == {"all": False, "most": True}


def test_slices_of_few_cvs_are_small_however_many_rows_they_have(seniority) -> None:
    truth = np.zeros(2 * SMALL, dtype=np.intp)
    groups = np.concatenate([np.arange(SMALL) % FEW_CVS, np.arange(SMALL) % (FEW_CVS - 1)])
    parts = {"length": {"enough": range(SMALL), "few": range(SMALL, 2 * SMALL)}}
    enough, few = score_slices(truth, [truth], groups, seniority, parts)
    assert (enough.cvs, enough.small) == (FEW_CVS, False)
    assert (few.cvs, few.small) == (FEW_CVS - 1, True)


def test_predictions_of_other_rows_are_refused(seniority) -> None:
    truth = np.zeros(3, dtype=np.intp)
    with pytest.raises(ValueError, match="2 predictions or groups of 3 rows"):
        score_slices(truth, [truth[:2]], truth, seniority, {"length": {"all": [0, 1, 2]}})
    with pytest.raises(ValueError, match="no predictions"):
        score_slices(truth, [], truth, seniority, {"length": {"all": [0, 1, 2]}})

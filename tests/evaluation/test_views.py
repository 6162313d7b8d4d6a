import numpy as np
import pytest
from tests.conftest import job

from metier.data import Role, read_cvs
from metier.evaluation import VIEWS, View, covered_views, rows_of_view


@pytest.fixture
def cvs(write):
    content = [
        [
            job("CEO", startDate="2015"),
            job("Nurse", startDate="2019-04"),
            job("Cook", startDate="2021-01", status="INACTIVE"),
        ],
        [job("ceo", startDate=None), job("Judge", startDate=None)],
        [job("Pilot", status="UNKNOWN", startDate=None)],
    ]
    return read_cvs(write("c.json", content), Role.UNLABELLED)


@pytest.mark.parametrize(
    ("view", "rows"),
    [
        (View.ACTIVE, [0, 1, 3, 4]),
        (View.ALL, [0, 1, 2, 3, 4, 5]),
        (View.NEW, [0, 4, 5]),
        (View.ONE, [1, 3]),
    ],
)
def test_each_view_counts_its_rows(cvs, view, rows) -> None:
    assert rows_of_view(view, cvs, ["NURSE", "cook "]) == rows


@pytest.mark.parametrize(
    ("missing", "views"),
    [
        ([], list(VIEWS)),
        ([2], [View.ACTIVE, View.NEW, View.ONE]),
        ([0], [View.ONE]),
        ([1], [View.NEW]),
        ([5], [View.ACTIVE, View.ONE]),
        (range(6), []),
    ],
)
def test_a_view_is_covered_if_every_job_of_it_is(cvs, missing, views) -> None:
    covered = np.ones(6, dtype=np.bool_)
    covered[list(missing)] = False
    # Titles that come one by one are there for every view.
    assert covered_views(covered, cvs, iter(["NURSE", "cook "])) == views


def test_only_the_views_asked_for_are_covered(cvs) -> None:
    covered = np.ones(6, dtype=np.bool_)
    assert covered_views(covered, cvs, (), [View.ONE, View.ALL]) == [View.ONE, View.ALL]
    with pytest.raises(ValueError, match="coverage of 5 of 6 jobs"):
        covered_views(covered[:5], cvs, ())


def test_the_benchmark_has_the_rows_that_its_readme_names(benchmark_data) -> None:
    cvs = read_cvs(benchmark_data / "linkedin-cvs-development.json", Role.UNLABELLED)
    assert len(rows_of_view(View.ALL, cvs, [])) == 1034
    assert len(rows_of_view(View.ACTIVE, cvs, [])) == 249

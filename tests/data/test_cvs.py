from pathlib import Path

import polars as pl
import pytest
from tests.conftest import job

from metier.data import Role, Status, read_cvs, read_titles
from metier.errors import DataError, RoleError


def test_jobs_keep_their_place_in_the_file(write, seniority) -> None:
    cvs = read_cvs(
        write("c.json", [[job("A"), job("B")], [], [job("C")]]), Role.DEVELOPMENT, [seniority]
    )
    assert [(j.cv, j.number, j.title) for j in cvs.jobs] == [(0, 0, "A"), (0, 1, "B"), (2, 0, "C")]
    assert cvs.jobs[0].labels == {"seniority": "Professional"}


def test_unlabelled_cvs_need_no_labels(write) -> None:
    bare = {"position": "Nurse", "status": "UNKNOWN"}
    cvs = read_cvs(write("c.json", [[bare]]), Role.UNLABELLED)
    assert cvs.jobs[0].status is Status.UNKNOWN
    assert cvs.titles == ("Nurse",)


def test_a_date_may_be_a_year_alone(write) -> None:
    assert (
        read_cvs(write("c.json", [[job(startDate="2007")]]), Role.UNLABELLED).jobs[0].start
        == "2007"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[[{"position": }]]', "line 1, column 16: broken JSON"),
        ("{}", "a list of CVs is expected, found an object"),
        ("[7]", "CV 1: a list of jobs is expected, found a number"),
        ('[["Nurse"]]', "CV 1, job 1: an object is expected, found text"),
        ("[]", "holds no jobs"),
        ([[job(), job(position=None)]], "CV 1, job 2, field 'position': None is not text"),
        ([[job(position=" ")]], "field 'position': the title is empty"),
        ([[job(status="PAUSED")]], "field 'status': 'PAUSED' is not allowed; allowed: ACTIVE"),
        ([[job(startDate="05/2020")]], "field 'startDate': '05/2020' is no date"),
        ([[job(endDate="2020-13")]], "field 'endDate': '2020-13' is no date"),
        ([[job(seniority=None)]], "field 'seniority': there is no label"),
        ([[job(seniority="Boss")]], "field 'seniority': 'Boss' is no label"),
    ],
)
def test_a_broken_file_names_the_job_and_the_field(write, seniority, content, message) -> None:
    with pytest.raises(DataError, match=message):
        read_cvs(write("c.json", content), Role.DEVELOPMENT, [seniority])


def test_parquet_holds_a_row_a_job(tmp_path: Path, seniority) -> None:
    path = tmp_path / "c.parquet"
    rows = [job("A") | {"cv": 7}, job("B") | {"cv": 9}, job("C") | {"cv": 7}]
    pl.DataFrame(rows).write_parquet(path)
    cvs = read_cvs(path, Role.DEVELOPMENT, [seniority])
    assert [(j.cv, j.title) for j in cvs.jobs] == [(0, "A"), (0, "C"), (1, "B")]


@pytest.mark.parametrize("role", [Role.TRAINING, Role.PSEUDO_LABELLED, Role.VALIDATION])
def test_cvs_are_never_training_data(write, role) -> None:
    with pytest.raises(RoleError, match="never fitted"):
        read_cvs(write("c.json", [[job()]]), role)


def test_titles_are_read_from_any_file(write) -> None:
    assert read_titles(write("a.csv", "text,label\nA,x\n")) == ("A",)
    assert read_titles(write("b.csv", "title,seniority\nB,x\n")) == ("B",)
    assert read_titles(write("c.json", [[job("C")]])) == ("C",)
    with pytest.raises(DataError, match="needs a column text, title or position; it has: name"):
        read_titles(write("d.csv", "name\nD\n"))


def test_the_digest_is_that_of_what_is_scored_and_not_of_the_file(write, seniority) -> None:
    def digest(name: str, *cvs: list[dict[str, object]]) -> str:
        return read_cvs(write(name, list(cvs)), Role.DEVELOPMENT, [seniority]).digest

    first = digest("a.json", [job("Cook"), job("Judge")])
    assert digest("b.json", [job("Cook"), job("Judge", startDate="1999")]) == first
    assert digest("c.json", [job("Cook")], [job("Judge")]) != first
    assert digest("d.json", [job("Cook"), job("Judge", seniority="Senior")]) != first
    assert digest("e.json", [job("Judge"), job("Cook")]) != first

"""Comparing sources of labels on the command line."""

from __future__ import annotations

import polars as pl
import pytest

from metier.errors import DataError
from tests.cli.test_repair import LIST, run

PSEUDO = (
    "title,department,seniority\nmanaging director,Other,Management\nPraktikantin,Other,Junior\n"
)


def agreement(*words: object) -> str:
    return run("agreement", *words, "--target", "seniority")


def test_every_two_sources_are_compared_and_their_conflicts_listed(write, tmp_path) -> None:
    first, second = write("l.csv", LIST), write("p.csv", PSEUDO)
    lines = agreement(first, second, "rules", "--conflicts", tmp_path / "c.csv").splitlines()
    assert lines[0].split() == ["seniority", "titles", "agreement", "kappa", "conflicts"]
    assert lines[1].split()[2:] == ["p.csv", "2", "0.500", "0.333", "1"]
    assert lines[2].split()[2:] == ["rules", "3", "0.333", "0.250", "2"]
    assert lines[3].split()[2:] == ["rules", "2", "1.000", "1.000", "0"]
    assert [line.split() for line in lines if line.startswith("Director")] == [
        ["Director", "Management", "1"]
    ] * 2
    found = pl.read_csv(tmp_path / "c.csv")
    assert found.columns == ["title", "first", "second", "first_label", "second_label"]
    assert found.row(0) == ("Managing Director", "l.csv", "p.csv", "Director", "Management")
    assert found.height == 3


def test_files_of_one_name_are_called_by_their_paths(write) -> None:
    first, second = write("old/l.csv", LIST), write("new/l.csv", LIST)
    assert agreement(first, second).splitlines()[1].startswith(f"{first} / {second} ")


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (["rules"], "name a file beside them"),
        (["rules", "rules"], "'rules' is named twice"),
        (["none.csv", "rules"], r"none\.csv cannot be read"),
    ],
)
def test_sources_that_cannot_be_compared_are_refused(sources, message) -> None:
    with pytest.raises(DataError, match=message):
        agreement(*sources)

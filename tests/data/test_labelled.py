from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from metier.data import (
    LabelledTitles,
    Role,
    find_contradictions,
    join,
    read_curated,
    read_label_list,
    read_labelled,
    read_pseudo_labels,
    settle_contradictions,
)
from metier.errors import DataError, RoleError
from metier.guidelines import Scale


def test_a_label_list_is_training_data(write, seniority: Scale) -> None:
    data = read_label_list(write("l.csv", "text,label\nCEO,Management\nIntern,Junior\n"), seniority)
    assert (data.titles, data.labels) == (("CEO", "Intern"), ("Management", "Junior"))
    assert data.role is Role.TRAINING


def test_pseudo_labels_are_read_one_target_at_a_time(write, seniority, department) -> None:
    path = write("p.csv", "title,department,seniority\nCEO,Other,Management\n")
    assert read_pseudo_labels(path, seniority).labels == ("Management",)
    assert read_pseudo_labels(path, department).labels == ("Other",)
    assert read_pseudo_labels(path, department).role is Role.PSEUDO_LABELLED


def test_parquet_lists_read_the_same(tmp_path: Path, seniority: Scale) -> None:
    path = tmp_path / "l.parquet"
    pl.DataFrame({"text": ["CEO"], "label": ["Management"]}).write_parquet(path)
    assert read_label_list(path, seniority).labels == ("Management",)
    pl.DataFrame({"text": [7], "label": ["Management"]}).write_parquet(path)
    with pytest.raises(DataError, match="row 1, field 'text': 7 is not text"):
        read_label_list(path, seniority)


def test_an_unknown_label_names_place_and_nearest_label(write, seniority: Scale) -> None:
    path = write("l.csv", "text,label\nCEO,Management\nIntern,junior\n")
    with pytest.raises(
        DataError, match=r"line 3, field 'label': 'junior' .* did you mean 'Junior'"
    ):
        read_label_list(path, seniority)


def test_an_empty_title_names_its_place(write, seniority: Scale) -> None:
    with pytest.raises(DataError, match="line 2, field 'text': the value is empty"):
        read_label_list(write("l.csv", "text,label\n ,Junior\n"), seniority)


def test_either_kind_of_list_is_told_by_its_columns(write, seniority: Scale) -> None:
    listed = write("l.csv", "text,label\nCEO,Management\n")
    pseudo = write("p.csv", "title,seniority\nCEO,Management\n")
    assert read_labelled(listed, seniority).role is Role.TRAINING
    assert read_labelled(pseudo, seniority).role is Role.PSEUDO_LABELLED
    with pytest.raises(DataError, match="no column 'text'; it has: name"):
        read_labelled(write("x.csv", "name\nCEO\n"), seniority)
    with pytest.raises(RoleError, match="never fitted"):
        read_labelled(write("cvs.json", [[]]), seniority)


def labelled(seniority: Scale, *rows: tuple[str, str]) -> LabelledTitles:
    titles, labels = zip(*rows, strict=True)
    return LabelledTitles(titles, labels, seniority, Role.TRAINING, "list")


def test_a_contradictory_title_is_given_its_most_frequent_label(seniority: Scale) -> None:
    data = labelled(
        seniority,
        ("Analyst", "Junior"),
        ("analyst ", "Professional"),
        ("Analyst", "Professional"),
        ("CEO", "Management"),
    )
    settled, found = settle_contradictions(data)
    assert settled.labels == ("Professional", "Professional", "Professional", "Management")
    assert len(settled) == len(data)
    assert [(c.title, c.counts, c.kept) for c in found] == [
        ("Analyst", {"Professional": 2, "Junior": 1}, "Professional")
    ]
    assert find_contradictions(settled) == []


def test_of_equally_frequent_labels_the_first_wins(seniority: Scale) -> None:
    settled, _ = settle_contradictions(labelled(seniority, ("Lead", "Lead"), ("lead", "Senior")))
    assert settled.labels == ("Lead", "Lead")


def test_the_strictest_role_holds_for_joined_sets(seniority: Scale) -> None:
    data = labelled(seniority, ("CEO", "Management"))
    joined = join([data, replace(data, role=Role.EVALUATION, source="test")])
    assert joined.titles == ("CEO", "CEO")
    assert joined.role is Role.EVALUATION
    assert joined.source == "list and test"
    with pytest.raises(DataError, match="no labelled data"):
        join([])


def test_shares_name_every_label(seniority: Scale) -> None:
    shares = labelled(seniority, ("CEO", "Management"), ("Intern", "Junior")).shares
    assert list(shares) == list(seniority.labels)
    assert shares["Professional"] == 0
    assert shares["Junior"] == 0.5


def test_rows_that_a_labelling_run_could_not_label_are_left_out(write, seniority) -> None:
    text = "title,seniority,status\nCEO,Management,labelled\nX,,unlabelled\nY,Junior,unlabelled\n"
    assert read_pseudo_labels(write("p.csv", text), seniority).titles == ("CEO", "Y")
    with pytest.raises(DataError, match="line 2, field 'seniority': the value is empty"):
        read_pseudo_labels(write("q.csv", "title,seniority,status\nX,,labelled\n"), seniority)
    with pytest.raises(DataError, match="field 'seniority': no title was labelled"):
        read_pseudo_labels(write("r.csv", "title,seniority,status\nX,,unlabelled\n"), seniority)


def test_a_curated_list_may_hold_several_targets(write, seniority: Scale, department) -> None:
    path = write("w.csv", "title,department,seniority,language\nCEO,Other,Management,en\n")
    assert read_curated(path, department).labels == ("Other",)
    assert read_curated(path, seniority).role is Role.TRAINING
    listed = write("l.csv", "text,label\nCEO,Management\n")
    assert read_curated(listed, seniority).titles == ("CEO",)

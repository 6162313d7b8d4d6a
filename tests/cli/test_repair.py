"""Repairing lists and comparing sources on the command line."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from metier.cli.main import app
from metier.data import read_label_list, read_pseudo_labels
from metier.errors import DataError, RoleError

LIST = 'text,label\nManaging Director,Director\n"Account, Manager",Senior\nPraktikantin,Junior\n'


def run(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    if isinstance(done.exception, Exception):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def repair(path: Path, out: Path, *words: object) -> str:
    return run("repair", path, "--target", "seniority", "--out", out, *words)


def test_a_repaired_list_takes_the_place_of_the_list(write, tmp_path, seniority) -> None:
    out, changes = tmp_path / "repaired.csv", tmp_path / "changes.csv"
    shown = repair(write("l.csv", LIST), out, "--no-model", "--changes", changes)
    assert shown.splitlines()[0].split() == ["was", "is", "by", "rows"]
    assert ["Senior", "Professional", "rules", "1"] in [line.split() for line in shown.splitlines()]
    assert f"3 rows, 2 changed, 0 doubtful and left as they were: {out}" in shown
    data = read_label_list(out, seniority)
    assert data.titles == ("Managing Director", "Account, Manager", "Praktikantin")
    assert data.labels == ("Management", "Professional", "Junior")
    frame = pl.read_csv(out)
    assert frame.columns == ["text", "label", "was", "changed_by", "reason"]
    assert frame["was"].to_list() == ["Director", "Senior", "Junior"]
    assert frame["changed_by"].to_list() == ["rules", "rules", None]
    assert frame["reason"][2] is None
    listed = pl.read_csv(changes)
    assert listed.columns == [*frame.columns, "confidence"]
    assert listed["text"].to_list() == ["Managing Director", "Account, Manager"]


def test_the_model_is_asked_unless_it_is_left_out(write, tmp_path) -> None:
    titles = [(f"{word} {n}", label) for word, label in ROWS for n in range(8)]
    path = write("l.csv", "text,label\n" + "".join(f"{t},{label}\n" for t, label in titles))
    shown = repair(path, tmp_path / "out.csv", "--min-probability", "0.6")
    assert f"{len(titles)} rows" in shown
    few = write("few.csv", LIST)
    with pytest.raises(DataError, match="Repair it by the rules alone"):
        repair(few, tmp_path / "out.csv")


ROWS = [("Praktikant Einkauf", "Junior"), ("Head of Sales", "Lead"), ("Nurse", "Professional")]


def test_repaired_pseudo_labels_stay_pseudo_labels(write, tmp_path, seniority) -> None:
    path = write("p.csv", "title,department,seniority\nManaging Director,Other,Director\n")
    repair(path, tmp_path / "out.csv", "--no-model")
    assert read_pseudo_labels(tmp_path / "out.csv", seniority).labels == ("Management",)


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("l.csv", "is read or written already"),
        ("none/out.csv", "there is no folder"),
        ("out.xlsx", r"let its name end in \.csv"),
    ],
)
def test_what_cannot_be_written_is_told_before_the_work(write, tmp_path, out, message) -> None:
    path = write("l.csv", LIST)
    with pytest.raises(DataError, match=message):
        repair(path, tmp_path / out)
    assert path.read_text(encoding="utf-8") == LIST


def test_human_labels_of_cvs_are_not_repaired(write, tmp_path) -> None:
    with pytest.raises(RoleError, match="never fitted"):
        repair(write("cvs.json", "[]"), tmp_path / "out.csv")

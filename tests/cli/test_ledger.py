"""``metier ledger``: what was scored, and how often."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import run
from tests.conftest import job

CVS = [[job("Goatherd"), job("Tower Warden")], [job("Chief Bell Founder")]]


@pytest.fixture
def path(tmp_path: Path, monkeypatch) -> Path:
    path = tmp_path / "ledger.jsonl"
    monkeypatch.setenv("METIER_LEDGER", str(path))
    return path


def test_what_is_evaluated_is_counted_whatever_the_files_name(path, write) -> None:
    assert f"No scoring is written in {path}" in run(["ledger"]).stdout
    for name in ("a.json", "b.json"):
        done = run(["evaluate", str(write(name, CVS)), "--model", "rules"])
        assert done.returncode == 0, done.stderr
    rows = [line.split() for line in run(["ledger"]).stdout.splitlines()]
    assert rows[0][0] == "data"
    assert [row[0:3] for row in rows[1:3]] == [["a.json", "=", "b.json"]] * 2
    assert [row[4:8] for row in rows[1:3]] == [
        ["development", "department", "2", "1"],
        ["development", "seniority", "2", "1"],
    ]
    lines = run(["ledger", "--list"]).stdout.splitlines()
    assert sum("metier evaluate" in line for line in lines) == 4


def test_some_cvs_may_be_asked_for(path, write) -> None:
    cvs = write("a.json", CVS)
    other = write("b.json", CVS[:1])
    run(["evaluate", str(cvs), "--model", "rules"])
    assert "seniority" in run(["ledger", "--cvs", str(cvs), "--target", "seniority"]).stdout
    assert f"No scoring of {other} is written" in run(["ledger", "--cvs", str(other)]).stdout
    bare = write("c.json", [[{"position": "Goatherd", "status": "UNKNOWN"}]])
    asked = run(["ledger", "--cvs", str(bare)])
    assert asked.returncode == 2
    assert "there is no label" in asked.stderr
    assert run(["ledger", "--target", "seniority"]).returncode == 2


def test_recorded_predictions_are_written_down(path, write) -> None:
    cvs = write("a.json", CVS)
    given = write("p.csv", "title,seniority\nGoatherd,Professional\n")
    command = ["label", "--evaluate", str(cvs), "--target", "seniority", "--predictions"]
    done = run([*command, str(given)])
    assert done.returncode == 0, done.stderr
    [line] = map(json.loads, path.read_text().splitlines())
    assert (line["name"], line["by"]) == ("p.csv", "metier label --evaluate")


def test_without_a_ledger_nothing_is_scored(tmp_path, write, monkeypatch) -> None:
    monkeypatch.setenv("METIER_LEDGER", str(write("file", "") / "ledger.jsonl"))
    done = run(["evaluate", str(write("a.json", CVS)), "--model", "rules"])
    assert done.returncode == 2
    assert "nothing is scored" in done.stderr
    assert "accuracy" not in done.stdout

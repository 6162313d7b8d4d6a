"""``metier evaluate``: the views of which every job can be answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metier.classifiers import Model, packaged
from metier.classifiers.folders import model_hashes
from metier.classifiers.recorded import RecordedClassifier
from tests.cli.conftest import run
from tests.conftest import job

CVS = [[job("Goatherd"), job("Tower Warden", status="INACTIVE")], [job("Chief Bell Founder")]]


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch) -> Path:
    path = tmp_path / "ledger.jsonl"
    monkeypatch.setenv("METIER_LEDGER", str(path))
    return path


@pytest.fixture
def recorded(write, tmp_path, seniority):
    """Return a function that writes a model which answers some titles alone."""

    def of(*titles: str) -> Path:
        rows = "".join(f"{title},Professional\n" for title in titles)
        file = write("recorded.csv", f"title,seniority\n{rows}")
        folder = tmp_path / "model"
        RecordedClassifier(seniority, file=file).fit((), ()).save(folder)
        return folder

    return of


def test_views_with_jobs_that_the_model_cannot_answer_are_left_out(
    ledger, write, recorded, tmp_path
) -> None:
    model, out = recorded("Goatherd", "Chief Bell Founder"), tmp_path / "scores.json"
    command = ["evaluate", str(write("c.json", CVS)), "--model", str(model), "--out", str(out)]
    done = run(command)
    assert done.returncode == 0, done.stderr
    assert (
        "seniority: not scored are all jobs: the model cannot answer 1 of the 3 jobs, and scores "
        "over fewer jobs would not compare with those of other models."
    ) in done.stdout
    scores = json.loads(out.read_text())["seniority"]
    assert [each["view"] for each in scores] == ["active", "one"]
    [line] = map(json.loads, ledger.read_text().splitlines())
    assert line["views"] == ["active", "one"]


def test_a_model_that_covers_no_view_is_not_scored(ledger, write, recorded, tmp_path) -> None:
    model, out = recorded("Goatherd"), tmp_path / "scores.json"
    command = ["evaluate", str(write("c.json", CVS)), "--model", str(model), "--out", str(out)]
    done = run([*command, "--seen", str(write("seen.csv", "title\nGoatherd\n"))])
    assert done.returncode == 0, done.stderr
    assert "not scored are ACTIVE jobs, all jobs, new titles, one job a CV:" in done.stdout
    assert "macro F1" not in done.stdout
    assert json.loads(out.read_text()) == {"seniority": []}
    assert not ledger.exists()


def test_a_model_that_answers_everything_is_scored_in_all_views(ledger, write, recorded) -> None:
    model = recorded("Goatherd", "Chief Bell Founder", "Tower Warden")
    done = run(["evaluate", str(write("c.json", CVS)), "--model", str(model)])
    assert done.returncode == 0, done.stderr
    assert "cannot answer" not in done.stdout
    assert json.loads(ledger.read_text())["views"] == ["active", "all", "one"]


def test_what_is_read_is_not_written_over(ledger, write) -> None:
    cvs = write("c.json", CVS)
    seen = write("seen.csv", "title\nGoatherd\n")
    before = cvs.read_text()
    for out in (cvs, seen):
        done = run(
            ["evaluate", str(cvs), "--model", "rules", "--seen", str(seen), "--out", str(out)]
        )
        assert done.returncode == 2
        assert f"{out.name} is read already; choose another file to write." in done.stderr
    assert cvs.read_text() == before
    assert not ledger.exists()


def test_a_packaged_model_is_scored_under_its_name(ledger, write, tmp_path, monkeypatch) -> None:
    rules = Model.rules().classifiers["seniority"]
    Model({"seniority": rules}).save(tmp_path / "packaged" / "tiny")
    monkeypatch.setattr(packaged, "packaged_folder", lambda: tmp_path / "packaged")
    monkeypatch.chdir(tmp_path)
    done = run(["evaluate", str(write("c.json", CVS)), "--model", "tiny"])
    assert done.returncode == 0, done.stderr
    line = json.loads(ledger.read_text())
    assert line["name"] == "tiny"
    assert line["model"] == model_hashes(Path("tiny"))["seniority"]

"""``metier drift``: new titles against those of the training."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metier.classifiers import Model, packaged
from metier.classifiers.recorded import RecordedClassifier
from tests.cli.conftest import run

TITLES = [
    f"{rank}{role}"
    for rank in ("", "Senior ", "Deputy ", "Junior ")
    for role in ("Goatherd", "Bell Founder", "Tower Warden", "Ferry Pilot", "Quay Sweeper")
]
RANKS = {"Senior": "Senior", "Deputy": "Lead", "Junior": "Junior"}


def csv(titles: list[str], column: str = "title") -> str:
    return "".join(f"{line}\n" for line in [column, *titles])


def labelled(titles: list[str]) -> str:
    return csv([f"{t},{RANKS.get(t.split()[0], 'Professional')}" for t in titles], "text,label")


@pytest.fixture
def old(write) -> Path:
    return write("old.csv", csv(TITLES * 10))


def test_a_stream_like_the_reference_is_stable(write, old, tmp_path) -> None:
    new = write("new.csv", csv(TITLES * 7))
    out = tmp_path / "drift.json"
    command = ["drift", "rules", str(new), "--reference", str(old), "--fail-on", "watch"]
    done = run([*command, "--json", str(out)])
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Stable: the 140 new titles look like the 100 reference titles") == 2
    content = json.loads(out.read_text())
    assert content["seniority"]["verdict"] == "stable"
    assert content["seniority"]["labels"][0]["label"] == "Junior"


def test_another_stream_is_a_worry_and_fails_on_request(write, old) -> None:
    new = write("new.csv", csv(["Junior Goatherd", "Junior Ferry Pilot"] * 60))
    command = ["drift", "rules", str(new), "--reference", str(old)]
    done = run(command)
    assert done.returncode == 0, done.stderr
    assert "Worry: what changed most is label shares: Junior rose from" in done.stdout
    assert run([*command, "--fail-on", "worry"]).returncode == 1


def test_a_column_may_hold_rows_without_a_title(write, old) -> None:
    new = write("new.csv", csv([f"{title},1" for title in TITLES * 5 + [""] * 100], "job,id"))
    reference = write("then.csv", csv([f"{title},1" for title in TITLES * 5], "job,id"))
    command = ["drift", "rules", str(new), "--reference", str(reference), "--column", "job"]
    done = run(command)
    assert done.returncode == 0, done.stderr
    assert "50.0% of the rows hold none" in done.stdout


def test_titles_that_a_model_cannot_answer_are_counted(write, tmp_path, seniority) -> None:
    file = write("recorded.csv", csv([f"{title},Senior" for title in TITLES], "title,seniority"))
    model = tmp_path / "recorded"
    RecordedClassifier(seniority, file=file).fit((), ()).save(model)
    new = write("new.csv", csv([*TITLES, "Net Mender", "Net Mender"]))
    done = run(["drift", str(model), str(new), "--reference", str(file)])
    assert done.returncode == 0, done.stderr
    assert "New titles left out, since the model cannot answer them: 2." in done.stdout
    assert "the 20 new titles look like" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rules", "old.csv"], "The rules were trained on no titles: name some to compare with"),
        (["none", "old.csv"], "There is no model folder 'none'"),
        (["tiny", "old.csv"], "has no profile of the titles that it was trained on"),
        (["rules", "none.csv", "--reference", "old.csv"], "none.csv cannot be read"),
        (["rules", "old.csv", "--reference", "one.csv"], "The reference holds one title"),
        (["rules", "a.json", "--reference", "old.csv", "--column", "x"], "has no columns"),
        (["rules", "old.csv", "--reference", "old.csv", "--json", "no/x"], "there is no folder"),
    ],
)
def test_a_mistake_is_one_sentence(write, old, tmp_path, monkeypatch, words, message) -> None:
    monkeypatch.chdir(tmp_path)
    Model.rules().save(tmp_path / "packaged" / "tiny")
    monkeypatch.setattr(packaged, "packaged_folder", lambda: tmp_path / "packaged")
    write("one.csv", csv(["Goatherd"]))
    done = run(["drift", *words])
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_trained_model_knows_its_titles(write, tmp_path, tiny_backbone) -> None:
    out = tmp_path / "m"
    given = write("list.csv", labelled(TITLES * 3))
    command = ["train", str(given), "--target", "seniority", "--epochs", "1", "--out", str(out)]
    done = run([*command, "--backbone", str(tiny_backbone)])
    assert done.returncode == 0, done.stderr
    profile = json.loads((out / "seniority" / "profile.json").read_text())
    assert profile["measured_on"] == "validation"
    assert "goatherd" in profile["words"]
    new = write("new.csv", csv(TITLES))
    compared = run(["drift", str(out), str(new)])
    assert compared.returncode == 0, compared.stderr
    assert "training labels  validation answers" in compared.stdout
    (out / "seniority" / "profile.json").unlink()
    bare = run(["drift", str(out), str(new)])
    assert bare.returncode == 2
    assert "has no profile" in bare.stderr
    assert run(["drift", str(out), str(new), "--reference", str(given)]).returncode == 0

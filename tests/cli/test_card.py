"""``metier card``: every section, and figures that agree with those of ``metier evaluate``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from metier.data import sample_file
from metier.metrics import Scores
from metier.studies.formats import figure, range_of
from tests.cli.conftest import run
from tests.conftest import job

TITLES = """title,department,seniority,language
Leiterin | Einkauf,Sales,Lead,de
Goatherd,Other,Professional,en
"""
DATA = "# Titles\n\nNothing was *fitted*.\n\n```\n# no heading\n```\n"
SECTIONS = [
    "## The model",
    "## Intended use",
    "## Not for",
    "## Data it was trained on",
    "## Figures",
    "## Limits",
    "## The command that makes this card",
]


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path, monkeypatch) -> Path:
    path = tmp_path / "ledger.jsonl"
    monkeypatch.setenv("METIER_LEDGER", str(path))
    return path


def test_a_card_has_every_section_and_is_the_same_again(write, tmp_path) -> None:
    out = tmp_path / "CARD.md"
    command = ["card", "rules", "--titles", str(write("t.csv", TITLES)), "--name", "My *rules*"]
    command += ["--data", str(write("d.md", DATA)), "--out", str(out)]
    done = run(command)
    assert done.returncode == 0, done.stderr
    text = out.read_text()
    assert [line for line in text.splitlines() if line.startswith("## ")] == SECTIONS
    assert text.startswith("# My \\*rules\\*\n")
    assert "### Titles\n\nNothing was *fitted*.\n\n```\n# no heading\n```\n" in text
    for needed in (
        "hiring, pay, promotion, credit",
        "By label:",
        "By language, as the file names it:",
        "expected calibration error",
        "most frequent confusions",
        "#### seniority: invariance",
        "| Sales | Purchasing | 1 | Leiterin \\| Einkauf |",
        f"metier card rules --titles {tmp_path / 't.csv'} --name 'My *rules*'",
    ):
        assert needed in text
    assert "development CVs" not in text
    assert run(command).returncode == 0
    assert out.read_text() == text


@pytest.mark.parametrize("role", ["development", "evaluation"])
def test_figures_agree_with_those_of_evaluate(tmp_path, ledger, role) -> None:
    given = ["--role", role, "--seen", str(sample_file("pseudo-labels.csv"))]
    cvs, out, scores = sample_file("labelled-cvs.json"), tmp_path / "c.md", tmp_path / "s.json"
    done = run(["evaluate", str(cvs), "--model", "rules", *given, "--out", str(scores)])
    assert done.returncode == 0, done.stderr
    done = run(["card", "rules", "--cvs", str(cvs), *given, "--out", str(out)])
    assert done.returncode == 0, done.stderr
    text = out.read_text()
    headings = {
        "active": "ACTIVE jobs",
        "all": "all jobs",
        "new": "new titles",
        "one": "one job a CV",
    }
    for judgements in json.loads(scores.read_text()).values():
        assert len(judgements) == 4
        for judged in judgements:
            found, between = Scores(**judged["scores"]), judged["intervals"]
            cells = [
                headings[judged["view"]],
                str(found.n),
                figure(found.accuracy),
                range_of(**between["accuracy"]),
                figure(found.macro_f1),
                range_of(**between["macro_f1"]),
                figure(found.mae),
            ]
            assert f"| {' | '.join(cells)} |" in text
    assert ("development CVs: their figures are seen" in text) is (role == "development")
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    by = {(line["target"], line["model"], line["digest"], *line["views"]) for line in lines}
    assert len(lines) == 4
    assert len(by) == 2


def test_no_title_of_a_cv_stands_in_a_card(write, tmp_path) -> None:
    cvs = write("c.json", [[job("Leiterin Glockenguss")], [job("Goatherd", seniority="Lead")]])
    out = tmp_path / "c.md"
    assert run(["card", "rules", "--cvs", str(cvs), "--out", str(out)]).returncode == 0
    assert "| Lead | Professional | 1 |" in out.read_text()
    assert "Glockenguss" not in out.read_text()
    assert "Goatherd" not in out.read_text()


def test_a_card_lies_in_the_models_folder_by_itself(write, tmp_path, seniority) -> None:
    from metier.classifiers import Model
    from metier.classifiers.rules import RulesClassifier
    from metier.guidelines import load_guidelines

    page = load_guidelines("seniority")
    Model({"seniority": RulesClassifier(page.scale, page=page)}).save(tmp_path / "mine")
    done = run(["card", str(tmp_path / "mine")])
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "mine" / "CARD.md").read_text()
    assert text.startswith("# mine\n")
    assert "nothing was measured" in text
    assert [line for line in text.splitlines() if line.startswith("## ")] == SECTIONS


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "'rules' is no folder that a card could lie in: say where to write it (--out)"),
        (["--out", "card.csv"], "let its name end in .md"),
        (["--out", "nowhere/card.md"], "there is no folder nowhere"),
        (["--data", "d.md", "--out", "d.md"], "d.md is read already"),
        (["--role", "training", "--out", "c.md"], "'training' is no role of annotated CVs"),
    ],
)
def test_mistakes_are_told_before_anything_is_scored(
    write, tmp_path, monkeypatch, ledger, given, message
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(["card", "rules", "--cvs", str(write("c.json", [[job()]])), *given])
    assert done.returncode == 2
    assert message in done.stderr
    assert not ledger.exists()


def test_a_missing_package_is_told_before_anything_is_scored(
    write, tmp_path, monkeypatch, ledger
) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    cvs = write("c.json", [[job()]])
    done = run(["card", "rules", "--cvs", str(cvs), "--out", str(tmp_path / "c.md")])
    assert done.returncode == 2
    assert "pip install 'metier[train]'" in done.stderr
    assert not ledger.exists()

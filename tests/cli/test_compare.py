"""``metier compare``: two runs side by side."""

from __future__ import annotations

import json
import re

import pytest

from metier.data import Role
from tests.cli.conftest import run
from tests.studies.crafted_runs import TRUTH, craft_run, wrong

PROFESSIONALS = [row for row, label in enumerate(TRUTH) if label == "Professional"]


@pytest.fixture
def runs(tmp_path):
    """Two runs of four rows: one lost, one hardly changed, one kept, one alone."""
    kept = {"rules": {1: wrong([0], "Senior")}, "probe": {1: wrong([])}}
    before = {**kept, "words": {1: wrong([])}, "old": {1: wrong([])}}
    after = {**kept, "words": {1: wrong(PROFESSIONALS[:16])}, "probe": {1: wrong([1])}}
    return [
        str(craft_run(tmp_path / name, given, plan={"seeds": [seed]}))
        for seed, (name, given) in enumerate([("before", before), ("after", after)])
    ]


def test_every_row_is_told_with_its_verdict(runs) -> None:
    done = run(["compare", *runs])
    assert done.returncode == 0, done.stderr
    assert done.stdout.index("seeds: [0] → [1]") < done.stdout.index("seniority, all jobs")
    verdicts = {line.split()[0]: line for line in done.stdout.splitlines() if "macro F1" in line}
    assert verdicts["words"].endswith("worse by more than noise")
    assert verdicts["probe"].endswith("not distinguishable")
    assert verdicts["rules"].endswith("the same answers")
    assert re.search(r"words +40 +0 +16 +0\n", done.stdout)
    assert "seniority, old: in" in done.stdout
    assert (
        "The same answers: 1; not distinguishable: 1; more than noise: 1, of which worse: 1."
        in done.stdout
    )
    assert "Bell founder" not in done.stdout


def test_a_loss_fails_on_request(runs) -> None:
    assert run(["compare", *runs, "--fail-on-loss"]).returncode == 1
    assert run(["compare", *reversed(runs), "--fail-on-loss"]).returncode == 0


def test_titles_are_named_on_request(runs) -> None:
    done = run(["compare", *runs, "--titles", "2"])
    listed = [line for line in done.stdout.splitlines() if "Bell founder" in line]
    assert len(listed) == 3
    assert listed[0].split()[-4:] == ["Professional", "Professional", "Junior", "1"]


def test_the_figures_are_written_as_json(runs, tmp_path) -> None:
    out = tmp_path / "compared.json"
    assert run(["compare", *runs, "--json", str(out)]).returncode == 0
    found = json.loads(out.read_text())
    row = {row["variant"]: row for row in found["rows"]}["words"]
    assert row["verdict"] == "more than noise"
    assert row["is_loss"] is True
    assert row["macro_f1"]["difference"]["p_holm"] < 0.05
    assert row["answers"] == {"pairs": 1, "fixed": 0, "broken": 16, "other": 0}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["after", "before", "compared.json"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["before", "none"], "none is no finished run"),
        (["before", "after", "--json", "no/x.json"], "there is no folder no"),
        (["before", "after", "--view", "one"], "name the judged CVs with --cvs"),
        (["before", "other"], "different CVs and cannot be compared"),
        (["sealed", "sealed", "--titles", "1"], "may not be used to show single titles"),
    ],
)
def test_a_mistake_is_one_sentence(runs, tmp_path, monkeypatch, words, message) -> None:
    monkeypatch.chdir(tmp_path)
    craft_run(tmp_path / "other", {"rules": {1: wrong([])}}, truth=["Senior", *TRUTH[1:]])
    craft_run(tmp_path / "sealed", {"rules": {1: wrong([])}}, role=Role.EVALUATION)
    done = run(["compare", *words])
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1

"""``metier label --evaluate``: a prompt, or recorded predictions, on annotated CVs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import evaluated, run, words
from tests.conftest import job
from tests.prompting.fault_server import right_label, serve

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def cvs(write) -> Path:
    names = ["Clerk", "Crane Operator", "Nurse", "Baker"]
    labels = [right_label(name, ["Low", "High"]) for name in names]
    wrong = "Low" if labels[3] == "High" else "High"
    jobs = [job(name, risk=label) for name, label in zip(names, [*labels[:3], wrong], strict=True)]
    return write("cvs.json", [jobs[:2], jobs[2:]])


def test_a_prompt_is_scored_on_annotated_cvs(tmp_path, page, cvs) -> None:
    with serve() as server:
        done = run(evaluated(cvs, page, server.url, "--out", tmp_path / "o.csv"))
        assert done.returncode == 0, done.stderr
        assert server.count() == 1
    assert "0.750" in done.stdout
    assert "risk, all jobs" in done.stdout
    assert "Cost per thousand titles: unknown: the price of openai:stand-in" in done.stdout
    assert "these figures are seen" in done.stdout


def test_two_recorded_predictions_are_compared_row_by_row(tmp_path, page, cvs, write) -> None:
    found = {one["position"]: one["risk"] for cv in json.loads(cvs.read_text()) for one in cv}
    right = write("right.csv", "title,risk\n" + "".join(f"{k},{v}\n" for k, v in found.items()))
    none = write("none.csv", "title,risk\nClerk,\nNurse,High\nCrane Operator,High\n")
    command = ["label", "--evaluate", str(cvs), "--target", page]
    both = ["--predictions", right, "--predictions", none]
    done = run([*map(str, [*command, *both])])
    assert done.returncode == 0, done.stderr
    assert "1 of 4 jobs have no prediction and are left out" in done.stdout
    assert (
        "1 jobs were asked and have no label; they are scored as the fallback, Low" in done.stdout
    )
    assert "risk: second (none.csv) minus first (right.csv), 3 jobs" in done.stdout
    assert "paired over CVs" in done.stdout
    listed = "human" in done.stdout
    assert listed
    sealed = run([*map(str, [*command, *both, "--role", "evaluation"])])
    assert sealed.returncode == 0, sealed.stderr
    assert "human" not in sealed.stdout
    assert "Crane Operator" not in sealed.stdout
    ignored = run([*map(str, [*command, *both[:2], "--out", "o.csv"])])
    assert ignored.returncode == 2
    assert "--out keeps what a --model answers" in ignored.stderr
    other = write("other.csv", "title,seniority\nClerk,Professional\n")
    second = ["--target", "seniority", "--predictions", other]
    apart = run([*map(str, [*command, *both[:2], *second])])
    assert apart.returncode == 2
    assert "right.csv and other.csv have no target in common" in apart.stderr


def test_titles_of_evaluation_data_are_not_written(page, cvs) -> None:
    done = run(evaluated(cvs, page, "http://x/v1", "--role", "evaluation", "--out", "o.csv"))
    assert done.returncode == 2
    assert "may not be used to show single titles" in done.stderr


def test_only_titles_that_were_asked_are_scored(page, cvs) -> None:
    with serve() as server:
        command = evaluated(cvs, page, server.url, "--batch-size", 2, "--out", "o.csv")
        done = run([*command, "--max-calls", "1"])
        assert server.count() == 1
        assert done.returncode == 1
        assert "2 of 4 jobs have no prediction and are left out of every view" in done.stdout
        assert "scored as the fallback" not in done.stdout
        assert "2 titles stayed unlabelled:\n  2 × not asked: the budget" in done.stderr
        recorded = run([*command[:5], "--predictions", "o.csv"])
        assert "2 of 4 jobs have no prediction and are left out of every view" in recorded.stdout
        # The same titles are asked once, whatever is made of them.
        assert run(command).returncode == 0
        assert run(words(cvs, page, Path("l.jsonl"), server.url)).returncode == 0
        assert server.count() == 2


def test_reasons_that_may_quote_titles_are_not_said_of_evaluation_data(page, cvs) -> None:
    with serve(always={"Nurse": "outside"}) as server:
        done = run(evaluated(cvs, page, server.url, "--role", "evaluation"))
    assert done.returncode == 1
    assert "1 titles stayed unlabelled" in done.stderr
    assert "Wizard" not in done.stderr


def test_the_cost_is_that_of_every_call(page, cvs, write) -> None:
    prices = write(
        "prices.toml",
        'checked = 2026-01-01\nsource = "mine"\n[models]\n'
        '"openai:stand-in" = { input = 0.0, output = 1000.0 }\n'
        '"openai:other" = { input = 0.0, output = 1000.0 }\n',
    )
    with serve(hidden=1000, always={"Nurse": "too few"}) as server:
        command = evaluated(cvs, page, server.url, "--prices", prices, "--out", "o.csv")
        # A dollar a call, and a little: the batch of four, and one of the titles alone, twice.
        assert "Cost per thousand titles: 7" in run(command).stdout
        assert server.count() == 3
        server.always = {}
        voted = run([*command, "--model", "openai:other"])
        assert server.count() == 4
        assert "Cost per thousand titles: 10" in voted.stdout
        recorded = run([*command[:5], "--predictions", "o.csv"])
    assert "several models voted" in recorded.stdout

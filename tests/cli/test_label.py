"""``metier label`` as a person meets it, and a local server that misbehaves."""

from __future__ import annotations

import contextlib
import csv
import os
import pty
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from metier.data import read_pseudo_labels
from metier.guidelines import load_guidelines
from tests.cli.conftest import KEY, run, start, words
from tests.prompting.fault_server import right_label, serve

FAULTS = {
    "rate limit": 0.03,
    "server error": 0.03,
    "slow": 0.004,
    "dropped": 0.02,
    "cut": 0.015,
    "not HTTP": 0.01,
    "truncated": 0.02,
    "prose": 0.01,
    "outside": 0.03,
    "too few": 0.03,
    "too many": 0.02,
    "strange id": 0.01,
}
COUNT = 5000

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def titles(tmp_path: Path) -> Path:
    return titles_file(tmp_path, 45)


def titles_file(folder: Path, count: int) -> Path:
    path = folder / "titles.csv"
    lines = [f"Engineer {number}" for number in range(count)]
    path.write_text("\n".join(["title", *lines]) + "\n", encoding="utf-8")
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def stored(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    try:
        return {key for (key,) in connection.execute("SELECT title FROM answers")}
    finally:
        connection.close()


def test_a_run_killed_three_times_under_faults_labels_or_explains_every_title(
    tmp_path, page
) -> None:
    titles, out = titles_file(tmp_path, COUNT), tmp_path / "out.csv"
    answers = tmp_path / "titles.csv.answers.sqlite"
    with serve(shares=FAULTS, seed=3, delay=0.01, slowness=1.5, retry_after="50ms") as server:
        command = words(titles, page, out, server.url, "--timeout", 1)
        known: list[tuple[int, set[str]]] = []
        for moment in (30, 90, 150):
            process = start(command)
            while server.count() < moment and process.poll() is None:
                time.sleep(0.005)
            assert process.poll() is None
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            assert not out.exists()
            known.append((server.count(), stored(answers)))
        done = run(command)
        assert len(known[-1][1]) > len(known[0][1]) > 0

        # No stored answer was asked again.
        for requests_before, answered in known:
            later = {
                title.casefold()
                for request in server.requests[requests_before:]
                for title in request.titles
            }
            assert not later & answered
        # What is drawn hangs on the batches, and these on the moments of the kills.
        assert len({request.fault for request in server.requests} & set(FAULTS)) >= 8
    assert "sent and not answered; they may have been charged" in done.stdout

    rows = rows_of(out)
    assert [row["title"] for row in rows] == [f"Engineer {number}" for number in range(COUNT)]
    status = Counter(row["status"] for row in rows)
    assert status["labelled"] > 0.98 * COUNT
    assert done.returncode == (1 if status["unlabelled"] else 0), done.stderr
    for row in rows:
        if row["status"] == "labelled":
            assert row["risk"] == right_label(row["title"], ["Low", "High"])
        else:
            assert row["risk"] == ""
            assert row["reason"]
    # A rerun has nothing left to ask.
    with serve() as idle:
        again = run(words(titles, page, out, idle.url))
        assert again.returncode == done.returncode
        assert idle.count() == 0
    assert rows_of(out) == rows


def test_the_output_is_read_as_pseudo_labels_without_its_unlabelled_rows(
    tmp_path, page, titles
) -> None:
    out = tmp_path / "out.csv"
    with serve(always={"Engineer 7": "outside"}) as server:
        done = run(words(titles, page, out, server.url, "--batch-size", 1))
    assert done.returncode == 1
    assert "44 of 45 titles are labelled" in done.stdout
    assert "1 titles stayed unlabelled:\n  1 × 'Wizard' is no label of risk" in done.stderr
    data = read_pseudo_labels(out, load_guidelines(page).scale)
    assert len(data) == 44
    assert "Engineer 7" not in data.titles
    (row,) = [row for row in rows_of(out) if row["title"] == "Engineer 7"]
    assert row["status"] == "unlabelled"
    assert row["model"] == "openai:stand-in"
    assert row["prompt"]
    assert row["time"]
    assert float(row["input_tokens"]) > 0


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_the_ending_tells_the_format(tmp_path, page, titles, suffix) -> None:
    out = tmp_path / f"out{suffix}"
    with serve() as server:
        done = run(words(titles, page, out, server.url, "--samples", 3))
        assert server.count() == 9
    assert done.returncode == 0, done.stderr
    frame = pl.read_parquet(out) if suffix == ".parquet" else pl.read_ndjson(out)
    assert frame.columns == [
        "title",
        "risk",
        "risk_confidence",
        "status",
        "reason",
        "model",
        "prompt",
        "time",
        "input_tokens",
        "output_tokens",
    ]
    assert frame["risk_confidence"].to_list() == [1.0] * 45


def test_the_cost_is_said_first_and_a_dry_run_asks_nothing(tmp_path, page, titles) -> None:
    command = words(titles, page, tmp_path / "o.csv", "http://127.0.0.1:9/v1", "--dry-run")
    done = run(command)
    assert done.returncode == 0
    assert "45 different titles" in done.stdout
    assert "Left to ask: 3 calls, about " in done.stdout
    assert "price unknown" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["risk.toml", "titles.csv"]
    assert "Answers: titles.csv.answers.sqlite" in done.stdout
    known = [word.replace("openai:stand-in", "openai:gpt-5-mini") for word in command]
    assert "USD" in run(known).stdout


def test_a_budget_ends_the_run_and_a_greater_one_goes_on(tmp_path, page, titles) -> None:
    out = tmp_path / "o.csv"
    with serve() as server:
        command = [*words(titles, page, out, server.url)[:-1], "--max-calls"]
        done = run([*command, "2"])
        assert done.returncode == 1
        assert server.count() == 2
        assert "5 × not asked: the budget of 2 calls is used up" in done.stderr
        done = run([*command, "3"])
        assert done.returncode == 0, done.stderr
        assert server.count() == 3
        assert set(server.asked.values()) == {1}


def test_money_cannot_be_limited_without_a_price(tmp_path, page, titles, write) -> None:
    with serve() as server:
        command = words(titles, page, tmp_path / "o.csv", server.url, "--max-cost", "0.5")
        done = run(command)
        assert done.returncode == 2
        assert "price of openai:stand-in is unknown" in done.stderr
        assert server.count() == 0
        own = write(
            "prices.toml",
            'checked = 2026-01-01\nsource = "mine"\n[models]\n'
            '"openai:stand-in" = { input = 1000.0, output = 1000.0 }\n',
        )
        done = run([*command, "--prices", str(own)])
        assert done.returncode == 1
        assert "the budget of 0.50 USD is used up" in done.stderr


def test_a_wrong_key_stops_the_run_at_once_and_is_never_shown(tmp_path, page, titles) -> None:
    out = tmp_path / "o.csv"
    with serve(key="another") as server:
        done = run(words(titles, page, out, server.url))
        assert server.requests[0].authorization == f"Bearer {KEY}"
    assert done.returncode == 2
    assert server.count() == 1
    assert (
        "openai:stand-in cannot be asked: HTTP 401: the key in 'Bearer …' is wrong" in done.stderr
    )
    assert "0 of 45 answers are stored" in done.stderr
    assert not out.exists()
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes()


def test_a_run_that_stops_writes_what_was_answered(tmp_path, page, titles) -> None:
    out = tmp_path / "o.csv"
    with serve(from_request=(2, "out of money")) as server:
        done = run(words(titles, page, out, server.url))
    assert done.returncode == 2
    assert "20 of 45 titles are labelled" in done.stdout
    assert "20 of 45 answers are stored in titles.csv.answers.sqlite" in done.stderr
    assert done.stderr.endswith("cannot be asked: HTTP 402: this is a out of money.\n")
    reasons = Counter(row["reason"] for row in rows_of(out))
    assert reasons.pop("") == 20
    assert "HTTP 402" in next(iter(reasons))
    # One that stops before its first answer does not replace it.
    before = out.read_bytes()
    with serve(key="another") as server:
        other = words(titles, page, out, server.url, "--template", "brief")
        assert run(other).returncode == 2
    assert out.read_bytes() == before


def test_ctrl_c_says_what_is_stored_and_how_to_go_on(tmp_path, page, titles) -> None:
    with serve(delay=0.4) as server:
        command = words(titles, page, tmp_path / "o.csv", server.url, "--batch-size", 1)
        process = start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while server.count() < 12:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "of 45 answers are stored in" in said
    assert "run again to go on" in said
    assert "Traceback" not in said
    kept = stored(tmp_path / "titles.csv.answers.sqlite")
    assert len(kept) >= 1
    rows = rows_of(tmp_path / "o.csv")
    assert {row["title"].casefold() for row in rows if row["risk"]} == kept
    assert {row["reason"] for row in rows if not row["risk"]} == {"interrupted"}
    with serve() as server:
        done = run(words(titles, page, tmp_path / "o.csv", server.url, "--batch-size", 1))
        assert done.returncode == 0, done.stderr
        assert server.count() == 45 - len(kept)


def test_unusable_answers_are_asked_again_on_request_only(tmp_path, page, titles) -> None:
    with serve(always={"Engineer 7": "outside"}) as server:
        command = words(titles, page, tmp_path / "o.csv", server.url)
        assert run(command).returncode == 1
        server.always = {}
        assert run(command).returncode == 1
        assert server.count() == 3
        planned = run([*command, "--ask-again", "--dry-run"])
        assert "Left to ask: 1 calls" in planned.stdout
        assert server.count() == 3
        assert run([*command, "--ask-again"]).returncode == 0
        assert server.requests[-1].titles == ("Engineer 7",)
        assert server.count() == 4


def test_on_a_terminal_it_asks_before_it_starts_and_shows_progress(tmp_path, page, titles) -> None:
    with serve() as server:
        command = words(titles, page, tmp_path / "o.csv", server.url)[:-1]
        code, said = on_terminal(command, b"n\n")
        assert code == 1
        assert "Start?" in said
        assert server.count() == 0
        code, said = on_terminal(command, b"y\n")
        assert code == 0
        assert "45 of 45 answers · 3 calls" in said


def on_terminal(command: list[str], typed: bytes) -> tuple[int, str]:
    master, terminal = pty.openpty()
    process = start(command, stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    os.write(master, typed)
    said = b""
    # The other end of a terminal is gone with an error.
    with contextlib.suppress(OSError):
        while part := os.read(master, 4096):
            said += part
    os.close(master)
    return process.wait(timeout=30), said.decode()


def test_two_runs_do_not_share_a_store(tmp_path, page, titles) -> None:
    with serve(delay=1.0) as server:
        command = words(titles, page, tmp_path / "o.csv", server.url)
        first = start(command)
        while not server.count():
            time.sleep(0.01)
        second = run(command)
        assert second.returncode == 2
        assert "is being used by another run" in second.stderr
        assert first.wait(timeout=30) == 0
        assert server.count() == 3


def test_a_missing_key_is_a_sentence(tmp_path, page, titles) -> None:
    command = words(titles, page, tmp_path / "o.csv", "x")
    at = command.index("--base-url")
    done = run(command[:at] + command[at + 2 :])
    assert done.returncode == 2
    assert "Set the `OPENAI_API_KEY` environment variable" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_terminal_consent_or_a_budget_is_needed(tmp_path, page, titles) -> None:
    with serve() as server:
        done = run(words(titles, page, tmp_path / "o.csv", server.url)[:-1])
        assert done.returncode == 2
        assert "Nobody can be asked whether to start: say --yes, or limit" in done.stderr
        assert server.count() == 0


def test_a_vote_without_all_voters_is_not_done(tmp_path, page, titles) -> None:
    out = tmp_path / "o.csv"
    with serve() as server:
        assert run(words(titles, page, out, server.url, "--temperature", 0)).returncode == 0
        command = words(titles, page, out, server.url, "--samples", 2, "--temperature", 0)
        done = run([*command, "--max-calls", "4"])
        assert server.count() == 4
    assert done.returncode == 1
    assert "45 of 45 titles are labelled" in done.stdout
    assert "25 titles are labelled by a part of the votes:\n  25 × not asked" in done.stderr

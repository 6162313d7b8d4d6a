"""A run that ends in the middle, whatever the reason, is gone on from."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress

import polars as pl
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.runtime.files.conftest import Echo, bad_rows, rows_of

from metier.errors import DataError
from metier.runtime import predict_file
from metier.runtime.files import csv_reading, json_reading, parquet_reading, source, stream

BATCH = 3


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    for module in (csv_reading, json_reading, parquet_reading):
        monkeypatch.setattr(module, "ROWS", BATCH)
    monkeypatch.setattr(source, "BLOCK", 60)
    monkeypatch.setattr(stream, "PART_ROWS", 2 * BATCH)


LINES = ["CEO", "", "Buyer", "a,b", "Büro", '"Sales, North"', "Nurse", "%s", '"open', "x,y"] * 3


def inputs(folder, name):
    path = folder / name
    titles = [line.strip('"') for line in LINES]
    if name == "in.csv":
        path.write_text("\n".join(["title", *LINES]), encoding="utf-8")
    elif name == "in.json":
        path.write_text(json.dumps([[{"position": title}] * 2 for title in [*titles, 7]]))
    elif name == "in.jsonl":
        path.write_text("\n".join(json.dumps({"title": title}) for title in [*titles, 7]))
    else:
        pl.DataFrame({"title": titles}).write_parquet(path)
    return path


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(["in.csv", "in.json", "in.jsonl", "in.parquet"]),
    written=st.sampled_from(["csv", "json", "jsonl", "parquet"]),
    kills=st.lists(st.integers(1, 9), min_size=1, max_size=3),
)
def test_a_run_that_was_killed_anywhere_gives_the_same(tmp_path, name, written, kills) -> None:
    """What lies on the disk at any moment is what a killed process leaves."""
    path, out = inputs(tmp_path, name), tmp_path / f"out.{written}"
    partial, left = tmp_path / f"{out.name}.partial", tmp_path / "left"
    whole = predict_file(Echo(), path, out, fresh=True)
    rows = rows_of(out)
    bad = bad_rows(out) if whole.bad else None
    out.unlink()
    for kill in kills:
        echo = Echo()
        moments = iter(range(1, 100))

        def leave(kill=kill, moments=moments) -> None:
            if next(moments) == kill:
                shutil.copytree(partial, left)

        echo.before = leave
        predict_file(echo, path, out)
        out.unlink()
        if left.exists():
            left.rename(partial)
    again = Echo()
    outcome = predict_file(again, path, out)
    assert rows_of(out) == rows
    assert (bad_rows(out) if outcome.bad else None) == bad
    assert (outcome.rows, outcome.bad, outcome.untitled) == (whole.rows, whole.bad, whole.untitled)
    assert len(again.asked) == whole.rows - outcome.resumed
    assert not partial.exists()


@pytest.mark.parametrize("written", ["csv", "parquet"])
def test_a_run_that_was_interrupted_while_it_wrote_gives_the_same(
    echo, tmp_path, monkeypatch, written
) -> None:
    path, out = inputs(tmp_path, "in.csv"), tmp_path / f"out.{written}"
    predict_file(echo, path, out)
    rows = rows_of(out)
    is_done = False
    for last in range(1, 100):
        if is_done:
            break
        flushes = iter(range(last))

        def flush(handle: int, flushes=flushes) -> None:
            if next(flushes, None) is None:
                raise KeyboardInterrupt

        out.unlink()
        with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
            patch.setattr("os.fsync", flush)
            predict_file(Echo(), path, out)
            is_done = True
        predict_file(Echo(), path, out)
        assert rows_of(out) == rows
    assert last > 10


@pytest.fixture
def broken_off(tmp_path):
    """A run that an error ended after some rows."""
    path, out = inputs(tmp_path, "in.csv"), tmp_path / "out.csv"
    out.write_text("an older result")
    echo = Echo()
    batches = iter(range(100))

    def fail() -> None:
        if next(batches) == 3:
            raise RuntimeError

    echo.before = fail
    with pytest.raises(RuntimeError):
        predict_file(echo, path, out)
    assert out.read_text() == "an older result"
    return path, out, len(echo.asked)


def test_what_was_finished_is_not_asked_again(broken_off, echo, heard) -> None:
    path, out, done = broken_off
    outcome = predict_file(echo, path, out, watcher=heard)
    assert done == outcome.resumed > 0
    assert ("resumed", done) in heard.told
    assert len(echo.asked) == outcome.rows - done
    assert sorted(path.name for path in out.parent.iterdir()) == [
        "in.csv",
        "out.csv",
        "out.csv.bad.csv",
    ]


def test_another_input_model_or_column_discards_it(broken_off, heard) -> None:
    path, out, done = broken_off
    partial = out.with_name("out.csv.partial")
    kept = out.with_name("kept")
    partial.rename(kept)
    for reason, model in (("the model has changed", "echo@2"), ("the input has changed", "echo@1")):
        shutil.copytree(kept, partial, dirs_exist_ok=True)
        if "input" in reason:
            os.utime(path, ns=(1, 1))
        echo = Echo(model)
        outcome = predict_file(echo, path, out, watcher=heard)
        assert heard.told == [("discarded", reason, done)]
        assert outcome.resumed == 0
        assert len(echo.asked) == outcome.rows
        heard.told.clear()


def test_other_columns_discard_it(broken_off, echo, heard) -> None:
    path, out, done = broken_off
    echo.columns = echo.columns | {"model": str}
    answer = echo.answer
    echo.answer = lambda titles: answer(titles) | {"model": ["m"] * len(titles)}
    predict_file(echo, path, out, watcher=heard)
    assert heard.told == [("discarded", "the options have changed", done)]


def test_on_request_it_is_forgotten(broken_off, echo, heard) -> None:
    path, out, _ = broken_off
    outcome = predict_file(echo, path, out, fresh=True, watcher=heard)
    assert heard.told == []
    assert len(echo.asked) == outcome.rows


def test_other_peoples_files_are_not_removed(echo, write, tmp_path) -> None:
    mine = write("out.csv.partial/notes.txt", "mine")
    with pytest.raises(DataError, match=r"holds other files, such as 'notes\.txt'"):
        predict_file(echo, write("in.csv", "title\nCEO\n"), tmp_path / "out.csv")
    assert mine.read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("journal.json", "{", "its journal cannot be read"),
        ("journal.json", '{"format": 0}', "its journal cannot be read"),
        ("rows", "", "its files are not as they were written"),
    ],
)
def test_what_is_damaged_is_not_gone_on_from(
    broken_off, echo, heard, name, content, reason
) -> None:
    path, out, _ = broken_off
    (out.with_name("out.csv.partial") / name).write_text(content)
    outcome = predict_file(echo, path, out, watcher=heard)
    assert heard.told[0][:2] == ("discarded", reason)
    assert len(echo.asked) == outcome.rows == len(rows_of(out))


def test_a_stream_is_not_gone_on_from(broken_off, echo, heard) -> None:
    path, out, done = broken_off
    with path.open("rb") as file:
        predict_file(echo, file, out, watcher=heard)
    assert heard.told == [("discarded", "the input has changed", done)]


def test_two_processes_do_not_write_one_output(echo, write, tmp_path) -> None:
    (tmp_path / "out.csv.partial").mkdir()
    with (
        FileLock(tmp_path / "out.csv.partial" / "lock"),
        pytest.raises(DataError, match=r"out\.csv is being written by another process"),
    ):
        predict_file(echo, write("in.csv", "title\nCEO\n"), tmp_path / "out.csv")


def test_a_truncated_archive_keeps_what_was_finished(echo, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(source, "BLOCK", 100)
    text = "title\n" + "".join(f"Buyer {number * 7919 % 1000}\n" for number in range(500))
    (tmp_path / "in.csv.gz").write_bytes(gzip.compress(text.encode())[:-50])
    with pytest.raises(DataError, match=r"is cut off: its gzip data have no end\. What was"):
        predict_file(echo, tmp_path / "in.csv.gz", tmp_path / "out.csv")
    assert len(echo.asked) > 100
    assert not (tmp_path / "out.csv").exists()


SLOW = """
import sys, time
from pathlib import Path
from tests.runtime.files.conftest import Echo
from metier.runtime import predict_file
from metier.runtime.files import csv_reading, stream

csv_reading.ROWS, stream.PART_ROWS = 10, 20
echo = Echo()
echo.before = lambda: time.sleep(0.02)
predict_file(echo, *map(Path, sys.argv[1:]))
"""


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_process_is_gone_on_from(echo, write, tmp_path, heard, monkeypatch, kill) -> None:
    path = write("in.csv", "title\n" + "".join(f"Buyer {number}\n" for number in range(5_000)))
    out = tmp_path / "out.csv"
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(path), str(out)], stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "out.csv.partial" / "journal.json").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(kill)
    process.wait()
    monkeypatch.setattr(csv_reading, "ROWS", 10)
    monkeypatch.setattr(source, "BLOCK", 1 << 20)
    outcome = predict_file(echo, path, out, watcher=heard)
    assert 20 <= outcome.resumed < 5_000
    assert len(echo.asked) == 5_000 - outcome.resumed
    assert [row["title"] for row in rows_of(out)] == [f"Buyer {number}" for number in range(5_000)]

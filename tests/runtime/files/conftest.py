from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from metier.runtime import FileOutcome, Watcher, predict_file


class Echo:
    """Answers at once, and keeps what it was asked: the department is the title backwards."""

    columns = {"department": str, "department_confidence": float, "status": str}  # noqa: RUF012

    def __init__(self, name: str = "echo@1") -> None:
        self.name = name
        self.asked: list[str | None] = []
        self.before: Callable[[], None] = lambda: None

    def answer(self, titles: Sequence[str | None]) -> dict[str, list[object]]:
        self.before()
        self.asked += titles
        return {
            "department": [title[::-1] if title else None for title in titles],
            "department_confidence": [0.5 if title else None for title in titles],
            "status": ["title" if title else "empty" for title in titles],
        }


class Heard(Watcher):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def column_taken(self, column: str) -> None:
        self.told.append(("column", column))

    def encoding_taken(self, encoding: str) -> None:
        self.told.append(("encoding", encoding))

    def resumed(self, rows: int) -> None:
        self.told.append(("resumed", rows))

    def discarded(self, folder: Path, reason: str, rows: int | None) -> None:
        self.told.append(("discarded", reason, rows))


@pytest.fixture(autouse=True)
def quick(monkeypatch) -> None:
    """A disk that need not outlive a loss of power, and fields as long as titles may be."""
    monkeypatch.setattr("os.fsync", lambda handle: None)
    before = csv.field_size_limit(2_000_000)
    yield
    csv.field_size_limit(before)


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def answered(echo, write, tmp_path):
    """Write a file, answer it, and return the outcome with the rows of the output as text."""

    def answer(
        name: str, content: object, out: str = "out.csv", **given: object
    ) -> tuple[FileOutcome, list[dict[str, object]]]:
        outcome = predict_file(echo, write(name, content), tmp_path / out, **given)
        return outcome, rows_of(tmp_path / out)

    return answer


def rows_of(path: Path) -> list[dict[str, object]]:
    if path.suffix == ".parquet":
        return pl.read_parquet(path).to_dicts()
    text = path.read_bytes().decode("utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.split("\n") if line]
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def bad_rows(path: Path) -> list[tuple[int, str, str]]:
    """The bad rows beside an output."""
    with path.with_name(path.name + ".bad.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["row", "reason", "content"]
    return [(int(row), reason, content) for row, reason, content in rows]

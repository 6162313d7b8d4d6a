from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from metier.data import Role
from metier.errors import DataError
from metier.evaluation import View
from metier.evaluation.ledger import Ledger, Scoring, summary


def scoring(**fields: object) -> Scoring:
    given = {
        "data": "cvs.json",
        "digest": "d1",
        "role": Role.DEVELOPMENT,
        "target": "risk",
        "model": "m1",
        "name": "first try",
        "views": (View.ALL, View.ONE),
        "metrics": ("accuracy",),
        "by": "a test",
    }
    return Scoring(**given | fields)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "deep" / "ledger.jsonl")


def test_what_is_recorded_is_read(ledger) -> None:
    assert ledger.read() == []
    entries = [scoring(), scoring(name="Kränführer\n?")]
    for entry in entries:
        ledger.record(entry)
    assert ledger.read() == entries
    assert all(entry.when.tzinfo is not None and not entry.when.microsecond for entry in entries)


def test_many_may_write_at_once(ledger) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: Ledger(ledger.path).record(scoring(model=str(n))), range(64)))
    assert {entry.model for entry in ledger.read()} == set(map(str, range(64)))


def test_a_broken_line_is_reported_with_its_number_and_spoils_no_other(ledger) -> None:
    ledger.record(scoring())
    with ledger.path.open("a") as file:
        file.write('{"when": "20')
    ledger.record(scoring(model="m2"))
    with pytest.raises(DataError, match=r"ledger\.jsonl, line 2: this is no scoring"):
        ledger.read()
    lines = ledger.path.read_text().splitlines()
    ledger.path.write_text("\n".join([lines[0], lines[2]]))
    assert [entry.model for entry in ledger.read()] == ["m1", "m2"]


@pytest.mark.parametrize(
    ("field", "value"), [("views", ["some"]), ("when", "2026-01-01T00:00:00"), ("more", 1)]
)
def test_a_line_that_says_something_else_is_broken(ledger, field, value) -> None:
    ledger.record(scoring())
    ledger.path.write_text(json.dumps(json.loads(ledger.path.read_text()) | {field: value}))
    with pytest.raises(DataError, match=f"line 1: this is no scoring: field '{field}"):
        ledger.read()


def test_a_ledger_that_cannot_be_written_says_so(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"cannot be written: .* nothing is scored\. METIER_LEDGER"):
        Ledger(tmp_path / "file" / "ledger.jsonl").record(scoring())


def test_the_environment_says_where_it_lies(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("METIER_LEDGER", str(tmp_path / "mine.jsonl"))
    assert Ledger.default().path == tmp_path / "mine.jsonl"
    monkeypatch.delenv("METIER_LEDGER")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert Ledger.default().path == tmp_path / "metier" / "ledger.jsonl"
    monkeypatch.delenv("XDG_STATE_HOME")
    assert Ledger.default().path == Path.home() / ".local" / "state" / "metier" / "ledger.jsonl"


def test_scorings_are_counted_by_data_and_target_whatever_the_name() -> None:
    early, late = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)
    first, second = summary(
        [
            scoring(when=late),
            scoring(when=early, data="copy.json", role=Role.EVALUATION, model="m2"),
            scoring(when=early),
            scoring(target="size"),
        ]
    )
    assert (first.scorings, first.models, first.first, first.last) == (3, 2, early, late)
    assert first.data == ("cvs.json", "copy.json")
    assert first.roles == (Role.DEVELOPMENT, Role.EVALUATION)
    assert (second.target, second.scorings) == ("size", 1)

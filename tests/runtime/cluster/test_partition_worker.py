from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.runtime.cluster.conftest import RULES, files_in, read, write_partitions

from metier.classifiers import Model, packaged
from metier.classifiers.folders import model_name
from metier.runtime.answering import Answerer
from metier.runtime.cluster.answers import Answers
from metier.runtime.cluster.folders import OutputFolder
from metier.runtime.cluster.pool import PartitionWorker, Task, pool_size
from metier.runtime.cluster.worker import Worker

TITLES = ["Head of Sales DACH", None, "n/a", "Stagiaire RH", "CEO", "Nurse", "Nurse"]


@pytest.fixture
def worker(answerer, tmp_path) -> Worker:
    return Worker(Answers(answerer, "title"), OutputFolder(str(tmp_path / "out")))


def test_columns_keep_their_types_and_rows_their_order(worker, tmp_path) -> None:
    seven = range(7)
    moment = dt.datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=dt.UTC)
    table = pa.table(
        {
            "id": pa.array(seven, pa.uint16()),
            "title": pa.array(TITLES, pa.large_string()),
            "kind": pa.array(["a", "b", None, "a", "a", "c", "b"]).dictionary_encode(),
            "day": pa.array([dt.date(2026, 1, 2)] * 7),
            "at": pa.array([moment] * 7, pa.timestamp("ns", "Europe/Berlin")),
            "pay": pa.array([Decimal("1.50")] * 7, pa.decimal128(9, 2)),
            "skills": pa.array([["x"], [], None, ["y", "z"], [], [], []], pa.list_(pa.string())),
            "firm": pa.array([{"name": "Acme", "size": 3}] * 7),
            "raw": pa.array([b"\xff"] * 7, pa.binary()),
            "share": pa.array([0.5] * 7, pa.float32()),
            "none": pa.nulls(7),
        },
        metadata={"source": "a test"},
    )
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=3)
    summary = worker.work(str(tmp_path / "in.parquet"), "in.parquet")
    assert (summary.rows, summary.bad, summary.failure) == (7, 2, "")
    found = read(tmp_path / "out" / "in.parquet")
    assert found.select(table.column_names).equals(read(tmp_path / "in.parquet"))
    assert found.schema.field("kind").type == table.schema.field("kind").type
    assert found.schema.metadata == {b"source": b"a test"}
    expected = worker.answers.answerer.answer(TITLES)
    assert {name: found[name].to_pylist() for name in expected} == expected


@pytest.mark.parametrize(("rows", "groups"), [(1, 7), (3, 3), (1000, 1)])
def test_a_partition_is_worked_on_a_piece_at_a_time(
    worker, tmp_path, monkeypatch, rows, groups
) -> None:
    monkeypatch.setattr("metier.runtime.cluster.worker.ROWS", rows)
    table = write_partitions(tmp_path / "in", {"a.parquet": TITLES})
    assert worker.work(f"{table}/a.parquet", "a.parquet").rows == 7
    assert pq.ParquetFile(tmp_path / "out" / "a.parquet").num_row_groups == groups
    assert read(tmp_path / "out" / "a.parquet")["id"].to_pylist() == list(range(7))


def test_a_partition_without_rows_stays_one(worker, tmp_path) -> None:
    table = write_partitions(tmp_path / "in", {"a.parquet": []})
    assert worker.work(f"{table}/a.parquet", "a.parquet").rows == 0
    found = read(tmp_path / "out" / "a.parquet")
    assert (found.num_rows, found.column_names[:3]) == (0, ["id", "title", "department"])


def test_answers_come_with_reasons_on_request(tmp_path) -> None:
    answers = Answers(Answerer(Model.rules(), "rules@1", explain=True), "title")
    table = write_partitions(tmp_path / "in", {"a.parquet": ["Head of Sales"]})
    out = OutputFolder(str(tmp_path / "out"))
    Worker(answers, out).work(f"{table}/a.parquet", "a.parquet")
    (row,) = read(tmp_path / "out" / "a.parquet").to_pylist()
    assert "sales" in row["department_reason"].casefold()


@pytest.mark.parametrize("kept", [0, 10, 60, -10])
def test_a_truncated_partition_is_named_and_nothing_of_it_written(worker, tmp_path, kept) -> None:
    path = write_partitions(tmp_path / "in", {"a.parquet": TITLES}) / "a.parquet"
    path.write_bytes(path.read_bytes()[:kept])
    failure = worker.work(str(path), "a.parquet").failure
    assert failure.startswith(f"{path} is not a readable Parquet file: ")
    assert files_in(tmp_path / "out") == []


def test_a_partition_with_broken_pages_is_named_and_nothing_of_it_written(
    worker, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("metier.runtime.cluster.worker.ROWS", 2)
    path = write_partitions(tmp_path / "in", {"a.parquet": TITLES}) / "a.parquet"
    content = bytearray(path.read_bytes())
    last = pq.ParquetFile(path).metadata.row_group(3).column(1).data_page_offset
    content[last : last + 30] = b"\xff" * 30
    path.write_bytes(bytes(content))
    assert "is not a readable Parquet file" in worker.work(str(path), "a.parquet").failure
    assert files_in(tmp_path / "out") == []


def test_a_partition_with_other_columns_is_named(worker, tmp_path) -> None:
    table = write_partitions(tmp_path / "in", {"a.parquet": TITLES}, column="titles")
    failure = worker.work(f"{table}/a.parquet", "a.parquet").failure
    assert failure.startswith(f"{table}/a.parquet has no column 'title'; did you mean 'titles'?")


def test_what_cannot_be_written_is_said(worker, tmp_path) -> None:
    table = write_partitions(tmp_path / "in", {"a.parquet": TITLES})
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.parquet").mkdir()
    (tmp_path / "out" / "b").write_text("")
    summary = worker.work(f"{table}/a.parquet", "b/a.parquet")
    assert summary.failure.startswith(f"{table}/a.parquet could not be answered: ")
    assert not summary.stops


def test_a_worker_whose_model_is_another_or_missing_says_so(tmp_path) -> None:
    table = write_partitions(tmp_path / "in", {"a.parquet": TITLES})
    places = pa.table({"url": [f"{table}/a.parquet"], "name": ["a.parquet"]})
    task = Task(RULES, "rules@other", None, "title", explain=False, out=str(tmp_path / "out"))
    for wrong, said in (
        (task, "holds rules@"),
        (replace(task, model=tmp_path / "nowhere"), "cannot work: "),
    ):
        (row,) = PartitionWorker(wrong)(places).to_pylist()
        assert said in row["failure"]
        assert row["stops"]


def test_a_worker_finds_a_packaged_model_where_it_is_installed_there(tmp_path, monkeypatch) -> None:
    table = write_partitions(tmp_path / "in", {"a.parquet": TITLES})
    places = pa.table({"url": [f"{table}/a.parquet"], "name": ["a.parquet"]})
    tiny = Path("tiny")
    for machine in ("here", "there"):
        Model.rules().save(tmp_path / machine / "tiny")
    monkeypatch.setattr(packaged, "packaged_folder", lambda: tmp_path / "here")
    task = Task(tiny, model_name(tiny), None, "title", explain=False, out=str(tmp_path / "out"))
    monkeypatch.setattr(packaged, "packaged_folder", lambda: tmp_path / "there")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (row,) = PartitionWorker(task)(places).to_pylist()
    assert (row["rows"], row["failure"]) == (7, "")
    assert set(read(tmp_path / "out" / "a.parquet")["model"].to_pylist()) == {task.name}
    # Another version of metier may come with another model.
    rules = Model.rules().classifiers["seniority"]
    Model({"seniority": rules}).save(tmp_path / "other" / "tiny")
    monkeypatch.setattr(packaged, "packaged_folder", lambda: tmp_path / "other")
    (row,) = PartitionWorker(task)(places).to_pylist()
    assert f"tiny holds {model_name(tiny)} there, and {task.name} where it began" in row["failure"]


def test_a_fault_of_the_model_is_told_with_its_place(tmp_path, monkeypatch) -> None:
    def fail(self, titles, *, explain=False):
        raise ZeroDivisionError("by no means")

    table = write_partitions(tmp_path / "in", {"a.parquet": TITLES})
    places = pa.table({"url": [f"{table}/a.parquet"], "name": ["a.parquet"]})
    task = Task(RULES, model_name(RULES), None, "title", explain=False, out=str(tmp_path / "out"))
    monkeypatch.setattr(Model, "predict", fail)
    (row,) = PartitionWorker(task)(places).to_pylist()
    assert row["stops"]
    assert "by no means" in row["failure"]
    assert "Traceback" in row["failure"]
    assert files_in(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("resources", "workers", "expected"),
    [
        ({"CPU": 2.0}, None, (2, 0.0)),
        ({"CPU": 2.0}, 5, (5, 0.0)),
        ({}, None, (1, 0.0)),
        ({"CPU": 64.0, "GPU": 4.0}, None, (4, 1.0)),
        ({"CPU": 64.0, "GPU": 4.0}, 2, (2, 1.0)),
        ({"CPU": 64.0, "GPU": 4.0}, 6, (6, 0.5)),
    ],
)
def test_workers_go_by_cores_or_gpus(resources, workers, expected) -> None:
    assert pool_size(resources, workers) == expected

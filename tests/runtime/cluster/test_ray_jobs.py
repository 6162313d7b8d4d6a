from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import ray
from tests.runtime.cluster.conftest import RULES, files_in, read, write_partitions
from tests.runtime.cluster.mortal import ENTRY, LETHAL, Mortal

import metier
from metier.classifiers import Model, packaged
from metier.classifiers.folders import model_name
from metier.classifiers.packaged import DEFAULT_MODEL, packaged_models
from metier.classifiers.registry import METHODS
from metier.errors import DataError, MissingExtraError, ModelError
from metier.runtime.answering import Answerer
from metier.runtime.cluster import ClusterError, ClusterOutcome, predict_partitions
from metier.runtime.cluster.worker import Summary

# Ray reads settings of its own that it calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")

PARTITIONS = {
    "country=DE/part-0.parquet": ["Leiterin Einkauf DACH", None, "n/a", "Nurse", "Nurse"],
    "country=DE/part-1.parquet": [f"Head of Sales {number}" for number in range(20)],
    "country=FR/part-0.parquet": ["Stagiaire RH", "CEO", "jane@example.com"],
    "part-0.parquet": [],
}
ROWS, BAD = 28, 3


@pytest.fixture(scope="module")
def started_ray():
    """One Ray for all jobs; its workers know the classifier that ends them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        # Ray sets it when it starts; what is noted here is undone.
        patch.setenv("RAY_AUTH_MODE", "")
        patch.delenv("RAY_AUTH_MODE")
        ray.init(
            "local",
            num_cpus=2,
            object_store_memory=100 * 2**20,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="CRITICAL",
            runtime_env={
                "env_vars": {"PYTHONPATH": str(Path(__file__).parents[3])},
                "worker_process_setup_hook": "tests.runtime.cluster.mortal.register",
            },
        )
        yield
        ray.shutdown()


def assert_answered(table: Path, out: Path, model: Path) -> None:
    """Compare with what one process answers, row by row."""
    answerer = Answerer(metier.load(model), model_name(model))
    assert files_in(out) == sorted(["_metier.json", *files_in(table)])
    for name in files_in(table):
        rows, found = read(table / name), read(out / name)
        expected = answerer.answer(rows["title"].to_pylist())
        assert found.select(rows.column_names).equals(rows)
        assert found.column_names == [*rows.column_names, *expected]
        assert {column: found[column].to_pylist() for column in expected} == expected


def test_a_killed_worker_is_replaced_and_every_row_answered(
    started_ray, tmp_path, seniority, department, monkeypatch
) -> None:
    monkeypatch.setitem(METHODS, Mortal.method, ENTRY)
    model, mark = tmp_path / "model", tmp_path / "killed"
    lethal = Mortal(department).fit(["Sales", "Nurse"], ["Sales", "Other"])
    lethal.mark = mark
    mild = Mortal(seniority).fit(["CEO", "Intern"], ["Management", "Junior"])
    mild.mark = mark
    Model({"department": lethal, "seniority": mild}).save(model)
    table = write_partitions(
        tmp_path / "in", PARTITIONS | {"lethal.parquet": ["Nurse", LETHAL, "CEO"]}
    )
    outcome = predict_partitions(str(table), str(tmp_path / "out"), model=model)
    assert int(mark.read_text()) > 0
    assert (outcome.rows, outcome.bad, outcome.partitions) == (ROWS + 3, BAD, 5)
    assert outcome.seconds > 0
    assert_answered(table, tmp_path / "out", model)
    # What was there is not ended.
    assert ray.is_initialized()


@pytest.mark.skipif(DEFAULT_MODEL not in packaged_models(), reason="no model is packaged here")
def test_workers_find_the_packaged_model_by_its_name(started_ray, tmp_path) -> None:
    table, model = write_partitions(tmp_path / "in", PARTITIONS), Path(DEFAULT_MODEL)
    predict_partitions(str(table), str(tmp_path / "out"), model=model)
    assert_answered(table, tmp_path / "out", model)


@dataclass(frozen=True)
class Interrupted:
    """A job that another process could not end, for a partition was truncated."""

    table: Path
    out: Path
    broken: Path
    said: str
    stderr: str
    ray_is_ended: bool
    environment_is_as_before: bool


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory) -> Interrupted:
    folder = tmp_path_factory.mktemp("interrupted")
    table, out = write_partitions(folder / "in", PARTITIONS), folder / "out"
    broken = table / "country=DE" / "part-1.parquet"
    whole = broken.read_bytes()
    broken.write_bytes(whole[:-7])
    program = f"""
import json, os, ray.data
from pathlib import Path
from metier.runtime.cluster import predict_partitions
before = dict(os.environ)
try:
    predict_partitions("file://{table}", "file://{out}", model=Path("rules"))
except Exception as error:
    said = f"{{type(error).__name__}}: {{error}}"
print(json.dumps([said, not ray.is_initialized(), before == dict(os.environ)]))
"""
    alone = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    ran = subprocess.run(
        [sys.executable, "-c", program], env=alone, check=True, capture_output=True, text=True
    )
    broken.write_bytes(whole)
    said, is_ended, is_as_before = json.loads(ran.stdout)
    return Interrupted(table, out, broken, said, ran.stderr, is_ended, is_as_before)


def test_ray_is_started_without_a_word_and_ended(interrupted) -> None:
    assert interrupted.stderr == ""
    assert interrupted.ray_is_ended
    assert interrupted.environment_is_as_before


def test_a_truncated_partition_is_named_and_the_others_are_finished(interrupted) -> None:
    assert interrupted.said.startswith(
        f"DataError: {interrupted.broken} is not a readable Parquet file: "
    )
    assert interrupted.said.endswith(
        " Partitions that could not be answered: 1 of 4; all others are finished."
    )
    others = PARTITIONS.keys() - {"country=DE/part-1.parquet"}
    assert others <= set(files_in(interrupted.out))


def test_a_job_goes_on_from_the_partitions_that_are_finished(started_ray, interrupted) -> None:
    table, out = str(interrupted.table), str(interrupted.out)
    others = PARTITIONS.keys() - {"country=DE/part-1.parquet"}
    written = {name: (interrupted.out / name).stat().st_mtime_ns for name in others}
    outcome = predict_partitions(table, out, model=RULES)
    assert (outcome.partitions, outcome.skipped, outcome.rows) == (4, 3, 20)
    assert {name: (interrupted.out / name).stat().st_mtime_ns for name in others} == written
    assert_answered(interrupted.table, interrupted.out, RULES)
    # Now there is nothing left to do, but another request for the same folder is another job.
    assert predict_partitions(table, out, model=RULES) == ClusterOutcome(0, 4, 4, 0, 0.0)
    with pytest.raises(DataError, match="was begun with explain False and not True"):
        predict_partitions(table, out, model=RULES, explain=True)


@pytest.fixture
def no_ray(monkeypatch) -> None:
    """Nothing is begun before what is asked for is checked."""

    def work(*_, **__):
        raise AssertionError("Ray was asked to work")

    monkeypatch.setattr("metier.runtime.cluster.job.work", work)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"column": "titel"}, "has no column 'titel'; did you mean 'title'? It has: id, title."),
        ({"column": "id"}, "column 'id': int64 is not text"),
        ({"workers": 0}, "0 workers cannot work"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is(no_ray, tmp_path, options, said) -> None:
    table = write_partitions(tmp_path / "in", PARTITIONS)
    with pytest.raises(DataError) as refusal:
        predict_partitions(str(table), str(tmp_path / "out"), model=RULES, **options)
    assert said in str(refusal.value)
    assert not (tmp_path / "out").exists()


def test_a_column_that_no_name_tells_has_to_be_named(no_ray, tmp_path) -> None:
    table = write_partitions(tmp_path / "in", PARTITIONS, column="beruf")
    with pytest.raises(DataError, match=r"name the column of titles, .* It has: id, beruf\."):
        predict_partitions(str(table), str(tmp_path / "out"), model=RULES)


def test_a_table_without_a_readable_partition_is_refused(no_ray, tmp_path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"a\.parquet is not a readable Parquet file"):
        predict_partitions(str(tmp_path / "in"), str(tmp_path / "out"), model=RULES)


def test_the_folder_that_is_read_is_not_written(no_ray, tmp_path) -> None:
    table = write_partitions(tmp_path / "in", PARTITIONS)
    for out in (table, table / "out", tmp_path, f"file://{table}"):
        with pytest.raises(DataError, match="overlaps with the files that are read"):
            predict_partitions(str(table), str(out), model=RULES)


def test_a_model_or_ray_that_is_missing_is_said(no_ray, tmp_path, monkeypatch) -> None:
    table = write_partitions(tmp_path / "in", PARTITIONS)
    with pytest.raises(ModelError, match="nowhere"):
        predict_partitions(str(table), str(tmp_path / "out"), model=tmp_path / "nowhere")
    with pytest.raises(ModelError, match="no tier 'fast'"):
        predict_partitions(str(table), str(tmp_path / "out"), model=RULES, tier="fast")
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(MissingExtraError, match=r"Predicting with Ray .*metier\[cluster\]"):
        predict_partitions(str(table), str(tmp_path / "out"), model=RULES)


def test_workers_are_told_a_packaged_models_name_and_a_folders_place(tmp_path, monkeypatch) -> None:
    table = write_partitions(tmp_path / "in", PARTITIONS)
    for folder in ("packaged/tiny", "packaged/mine", "mine"):
        Model.rules().save(tmp_path / folder)
    monkeypatch.setattr(packaged, "packaged_folder", lambda: tmp_path / "packaged")
    monkeypatch.chdir(tmp_path)
    told = []

    def work(task, *_, **__):
        told.append(task.model)
        yield from ()

    monkeypatch.setattr("metier.runtime.cluster.job.work", work)
    for name in ("tiny", "rules", "mine"):
        predict_partitions(str(table), str(tmp_path / f"out-{name}"), model=Path(name))
    assert told == [Path("tiny"), Path("rules"), tmp_path / "mine"]


def failing(*failures: str, stops: bool = False):
    def work(_, partitions, **__):
        for one, failure in zip(partitions, failures, strict=False):
            yield Summary(one.name, 0, 0, 0.0, 0.0, failure, stops)

    return work


def test_partitions_that_failed_are_named_and_the_rest_counted(tmp_path, monkeypatch) -> None:
    table = write_partitions(tmp_path / "in", {f"{number}.parquet": [] for number in range(9)})
    failures = [f"{number} is broken." for number in range(7)]
    monkeypatch.setattr("metier.runtime.cluster.job.work", failing(*failures))
    with pytest.raises(DataError) as refusal:
        predict_partitions(str(table), str(tmp_path / "out"), model=RULES)
    assert str(refusal.value).startswith("0 is broken. 1 is broken.")
    assert "4 is broken. And 2 more. Partitions that could not be answered: 7 of 9;" in str(
        refusal.value
    )


def test_what_keeps_workers_from_working_ends_the_job(tmp_path, monkeypatch) -> None:
    table = write_partitions(tmp_path / "in", PARTITIONS)
    monkeypatch.setattr("metier.runtime.cluster.job.work", failing("It is.", stops=True))
    with pytest.raises(ClusterError, match=r"It is\. What is finished is kept"):
        predict_partitions(str(table), str(tmp_path / "out"), model=RULES)


def test_on_a_terminal_partitions_are_counted(tmp_path, monkeypatch, capsys) -> None:
    table = write_partitions(tmp_path / "in", PARTITIONS)
    monkeypatch.setattr("metier.runtime.cluster.job.work", failing("", "", "", ""))
    predict_partitions(str(table), str(tmp_path / "out"), model=RULES)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    predict_partitions(str(table), str(tmp_path / "out"), model=RULES)
    assert capsys.readouterr().err.endswith("\r4 of 4 partitions, 0 rows\n")


def test_a_cluster_that_does_not_answer_is_said(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    table = write_partitions(tmp_path / "in", PARTITIONS)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(ClusterError, match=rf"The Ray cluster '{address}' cannot be reached"):
            predict_partitions(str(table), str(tmp_path / "out"), model=RULES, address=address)

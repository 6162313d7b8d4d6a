"""``metier predict`` on files, in this process where no other one is needed."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import polars as pl
import pytest

from metier.classifiers import Model, packaged
from metier.classifiers.packaged import DEFAULT_MODEL
from metier.cli.main import main
from tests.cli.conftest import run
from tests.runtime.files.conftest import rows_of

COLUMNS = [
    *("department", "department_confidence", "seniority", "seniority_confidence"),
    *("status", "tier", "model"),
]


@pytest.fixture
def predict(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: run(["predict", *map(str, words), "--model", "rules"])


@pytest.fixture
def default(tmp_path, monkeypatch) -> None:
    """The model that answers where none is named has the rules of one target."""
    seniority = Model.rules().classifiers["seniority"]
    Model({"seniority": seniority}).save(tmp_path / "packaged" / DEFAULT_MODEL)
    monkeypatch.setattr(packaged, "packaged_folder", lambda: tmp_path / "packaged")
    monkeypatch.chdir(tmp_path)


def test_without_a_model_the_default_one_answers(default, write) -> None:
    done = run(["predict", "Leiterin Einkauf DACH"])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[:2] == ["title", "seniority"]
    assert "Lead" in done.stdout
    write("in.csv", "title\nCEO\n")
    assert run(["predict", "in.csv", "--out", "out.csv"]).returncode == 0
    [name] = pl.read_csv("out.csv")["model"]
    assert name.startswith("open@")


def test_the_default_model_needs_neither_torch_nor_transformers(default, tmp_path) -> None:
    code = (
        "import sys, pathlib\n"
        "from metier.classifiers import packaged\n"
        "from metier.cli.main import app\n"
        "packaged.packaged_folder = lambda: pathlib.Path('packaged')\n"
        "app(['predict', 'CEO'], standalone_mode=False)\n"
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert "Management" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_where_the_default_model_is_missing_one_is_to_be_named(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(packaged, "packaged_folder", lambda: tmp_path / "packaged")
    done = run(["predict", "CEO"])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "metier: There is no model folder 'open', and no model of that name; packaged are: rules. "
        "'open' comes with metier and is missing from this copy: name another model.\n"
    )


def test_a_file_needs_no_column_if_it_has_a_usual_one(predict, write) -> None:
    write("in.csv", "id;Position\n7;Head of Sales\n8;n/a\n9;x;y\n")
    done = predict("in.csv", "--out", "out.csv")
    assert (done.returncode, done.stdout) == (0, "2 rows: out.csv\n")
    assert done.stderr.splitlines() == [
        "Rows without a title, whose answers are empty: 1 placeholder.",
        "Bad rows, which are not in the output: 1; see out.csv.bad.csv.",
    ]
    frame = pl.read_csv("out.csv", separator=";")
    assert frame.columns == ["id", "Position", *COLUMNS]
    assert frame["seniority"].to_list() == ["Lead", None]


def test_without_out_the_rows_go_down_the_pipe(predict, write, capfdbinary) -> None:
    write("in.csv", "id,title\n7,Head of Sales\n" + "8\n" * 7)
    done = predict("in.csv")
    assert (done.returncode, done.stdout) == (0, "")
    header, row = capfdbinary.readouterr().out.decode().splitlines()
    assert header.split(",") == ["id", "title", *COLUMNS]
    assert row.startswith("7,Head of Sales,Sales,")
    lines = done.stderr.splitlines()
    assert lines[0] == "Bad rows, which are not in the output: 7."
    assert lines[1] == "  Line 3: 1 field where the header has 2."
    assert (len(lines), lines[-1]) == (7, "  ...")


@pytest.mark.parametrize(
    ("given", "words", "start"),
    [
        (b"title\nCEO\n", (), "title,department,"),
        (b'[{"title": "CEO"}]', (), '[\n{"title": "CEO", "department": '),
        (b'{"title": "CEO"}\n', (), '{"title": "CEO", "department": '),
        (b"CEO\n", ("--format", "titles"), "title,department,"),
        (b"CEO\n", ("--format", "titles", "--column", "job"), "job,department,"),
    ],
)
def test_standard_input_is_read(predict, capfdbinary, monkeypatch, given, words, start) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(given)))
    done = predict("-", *words)
    assert done.returncode == 0, done.stderr
    assert capfdbinary.readouterr().out.decode().startswith(start)


def test_standard_input_goes_to_a_file(predict, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"title\nCEO\n")))
    done = predict("-", "--out", "out.parquet", "--explain")
    assert done.stdout == "1 rows: out.parquet\n"
    [row] = rows_of(tmp_path / "out.parquet")
    assert row["seniority_reason"]


def test_an_interrupted_run_is_gone_on_from_or_forgotten(
    predict, write, monkeypatch, tmp_path
) -> None:
    for name in ("FIRST_ROWS", "ROWS"):
        monkeypatch.setattr(f"metier.runtime.files.json_reading.{name}", 2)
    text = json.dumps([{"title": "CEO"}] * 5)
    write("in.json", text[:-1])
    done = predict("in.json", "--out", "out.json")
    assert done.returncode == 2
    assert "What was finished, 4 rows, is kept in out.json.partial;" in done.stderr
    again = predict("in.json", "--out", "out.json")
    assert again.stderr.startswith("Going on from an earlier run: 4 rows are done.\nmetier: ")
    fresh = predict("in.json", "--out", "out.json", "--fresh")
    assert fresh.stderr.startswith("metier: in.json, line 1")
    write("in.json", text)
    changed = predict("in.json", "--out", "out.json")
    assert changed.returncode == 0
    assert changed.stderr == (
        "out.json.partial is of another run (the input has changed): its 4 finished rows are "
        "discarded.\n"
    )
    assert not (tmp_path / "out.json.partial").exists()


def test_one_file_is_answered_at_a_time(predict, write) -> None:
    write("in.csv", "title\nCEO\n")
    done = predict("CEO", "in.csv", "in.csv")
    assert done.stderr == "metier: in.csv is a file; name one file alone, or titles.\n"


def test_titles_may_have_the_names_of_folders_and_be_long(predict, tmp_path) -> None:
    (tmp_path / "Sales").mkdir()
    for title in ("Sales", "Head of Sales " * 100):
        done = predict(title)
        assert done.returncode == 0, done.stderr
        assert "Sales" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["CEO", "Buyer", "--out", "x.csv"], "--out goes with a file: name one, or '-'"),
        (["CEO", "--out", "x.csv"], "CEO cannot be read: there is no such file; --out goes with"),
        (["none.csv"], "none.csv cannot be read: there is no such file."),
        (["ok.csv"], "such as --column 'job'. It has: id, job."),
        (["ok.csv", "--column", "jbo"], "ok.csv has no column 'jbo'; did you mean 'job'?"),
        (["ok.csv", "--out", "none/x.csv"], "there is no folder none"),
        (["ok.csv", "--out", "ok.csv"], "is the file that is read"),
        (["ok.csv", "--tier", "fast"], "has no tier 'fast'"),
        (["ok.csv", "--workers", "2"], "--address and --workers go with --engine ray"),
        (["ok.csv", "--engine", "ray"], "With --engine ray, give one input and --out"),
        (["./"], "is a folder; name a file."),
        (["."], "no title"),
    ],
)
def test_a_mistake_is_one_sentence(predict, write, words, message) -> None:
    write("ok.csv", "id,job\n1,CEO\n")
    done = predict(*words)
    assert message in done.stderr or message in done.stdout
    assert len(done.stderr.strip().splitlines()) <= 1
    assert done.returncode == (0 if words == ["."] else 2)


def test_a_cluster_is_asked_with_all_that_was_said(predict, monkeypatch) -> None:
    asked = {}

    def predict_partitions(name: str, out: str, **given: object) -> SimpleNamespace:
        asked.update(given, name=name, out=out)
        return SimpleNamespace(rows=10, partitions=3, skipped=1, bad=2)

    module = ModuleType("metier.runtime.cluster")
    module.predict_partitions = predict_partitions
    monkeypatch.setitem(sys.modules, "metier.runtime.cluster", module)
    words = ["--engine", "ray", "--address", "auto", "--workers", 4, "--column", "job"]
    done = predict("s3://bucket/in", "--out", "s3://bucket/out", *words)
    assert done.stdout == "10 rows in 3 partitions, 1 of them finished before: s3://bucket/out\n"
    assert "whose answers are empty: 2." in done.stderr
    assert asked | {"model": None} == {
        "name": "s3://bucket/in",
        "out": "s3://bucket/out",
        "model": None,
        "tier": None,
        "column": "job",
        "explain": False,
        "address": "auto",
        "workers": 4,
        "fresh": False,
    }


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_person_at_a_terminal_is_shown_a_bar_and_the_column(write, monkeypatch, capfd) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    path = write("in.csv", "title\tid\n" + "Head of Sales\t1\n" * 12_000)
    monkeypatch.setattr(sys, "argv", ["metier", "predict", str(path), "--model", "rules"])
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(SystemExit, match="0"):
        main()
    shown = sys.stderr.getvalue()
    assert shown.startswith("The titles are taken from column 'title'.\n")
    assert "12,000 rows, " in shown
    assert capfd.readouterr().out.count("\n") == 12_001


@pytest.mark.parametrize(("words", "is_shown"), [((), False), (("--out", "out.csv"), True)])
def test_the_bar_is_not_among_the_rows(
    write, monkeypatch, tmp_path, capfd, words, is_shown
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.chdir(tmp_path)
    write("in.csv", "title\nHead of Sales\n")
    monkeypatch.setattr(sys, "argv", ["metier", "predict", "in.csv", *words, "--model", "rules"])
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, Terminal())
    with pytest.raises(SystemExit, match="0"):
        main()
    assert ("1 rows, " in sys.stderr.getvalue()) is is_shown


def test_a_pipe_that_is_closed_early_is_no_mistake(write, tmp_path) -> None:
    write("in.csv", "title\n" + "Head of Sales\n" * 20_000)
    words = [sys.executable, "-m", "metier", "predict", "in.csv", "--model", "rules"]
    process = subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.read(5) == "title"
    process.stdout.close()
    assert process.stderr.read() == ""
    process.wait()

"""The command line as a person meets it: real processes, real files, a tiny encoder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from metier.data import sample_file
from tests.conftest import job, sample_study, tiny_settings

VARIANTS = [
    'name = "baseline", targets = ["seniority"], train_on = ["curated"], '
    'validate_on = "curated", head = "regression"',
    'name = "synthetic only", targets = ["department", "seniority"], train_on = ["pseudo"], '
    'validate_on = "pseudo"',
]


def metier(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "metier", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


@pytest.fixture(scope="module")
def run(tiny_backbone: Path, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    study = folder / "tiny.toml"
    settings = tiny_settings(tiny_backbone, "synthetic only", epochs=2)
    study.write_text(sample_study("tiny", VARIANTS, settings), encoding="utf-8")
    done = metier("study", study, "--out", folder / "run")
    assert done.returncode == 0, done.stderr
    assert "synthetic only" in done.stdout
    assert "fictional sample" in done.stdout
    assert "figures are seen" in done.stdout
    assert f"Report: {folder / 'run' / 'report.html'}" in done.stdout
    assert done.stderr == ""
    return folder / "run"


def test_a_report_is_made_again(run) -> None:
    (run / "report.html").unlink()
    done = metier("report", run)
    assert done.returncode == 0
    assert (run / "report.html").exists()


def test_titles_are_answered_on_the_terminal(run) -> None:
    done = metier("predict", "Head of Sales DACH", "Stagiaire RH", "--model", run)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["title", "department", "seniority"]
    assert lines[1].startswith("Head of Sales DACH")
    assert len(lines) == 3


def test_a_file_is_answered(run, write, tmp_path) -> None:
    path = write("in.csv", "id,job\n1,CEO\n2,\n")
    done = metier("predict", path, "--column", "job", "--model", run, "--out", tmp_path / "out.csv")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"2 rows: {tmp_path / 'out.csv'}\n"
    assert "whose answers are empty: 1 empty" in done.stderr
    frame = pl.read_csv(tmp_path / "out.csv")
    assert frame.columns == [
        "id",
        "job",
        "department",
        "department_confidence",
        "seniority",
        "seniority_confidence",
        "status",
        "tier",
        "model",
    ]


def test_a_model_is_evaluated_in_all_views(run, tmp_path) -> None:
    done = metier(
        "evaluate",
        sample_file("labelled-cvs.json"),
        "--model",
        run,
        "--seen",
        sample_file("pseudo-labels.csv"),
        "--out",
        tmp_path / "scores.json",
    )
    assert done.returncode == 0, done.stderr
    assert "these figures are seen" in done.stdout
    scores = json.loads((tmp_path / "scores.json").read_text())
    stored = json.loads((run / "results.json").read_text())
    trial = next(
        t
        for t in stored["trials"]
        if t["target"] == "seniority" and t["variant"] == "synthetic only"
    )
    by_view = {judged["view"]: judged["scores"] for judged in trial["judgements"]}
    found = {judged["view"]: judged["scores"] for judged in scores["seniority"]}
    assert found["all"] == by_view["all"]
    # The study leaves out the titles of its curated lists, too.
    assert found["new"]["n"] > by_view["new"]["n"]
    unseen = metier("evaluate", sample_file("labelled-cvs.json"), "--model", run)
    assert "new titles  " not in unseen.stdout
    assert "New titles are not scored" in unseen.stdout


def test_a_list_of_ones_own_is_trained_on(tiny_backbone, tmp_path) -> None:
    done = metier(
        "train",
        sample_file("curated-seniority.csv"),
        sample_file("pseudo-labels.csv"),
        "--target",
        "seniority",
        "--backbone",
        tiny_backbone,
        "--epochs",
        1,
        "--out",
        tmp_path / "m",
    )
    assert done.returncode == 0, done.stderr
    answered = metier("predict", "CEO", "--model", tmp_path / "m")
    assert answered.returncode == 0, answered.stderr
    again = metier(
        "train",
        sample_file("curated-seniority.csv"),
        "--target",
        "seniority",
        "--out",
        tmp_path / "m",
    )
    assert again.returncode == 2
    assert "is there already and is not an interrupted training" in again.stderr
    assert not (tmp_path / "m" / "work").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["study", "none.toml"], "none.toml cannot be read: No such file or directory"),
        (["report", "."], ". is no finished run"),
        (["predict", "CEO", "--model", "none"], "There is no model folder 'none'"),
        (["train", "cvs.json", "--target", "seniority", "--out", "m"], "never fitted"),
        (["train", "l.csv", "--target", "seniority", "--out", "m"], "l.csv, line 2, field 'label'"),
        (
            ["train", "ok.csv", "--target", "seniority", "--out", "m", "--backbone", "./none"],
            "There is no backbone folder './none'",
        ),
        (["evaluate", "cvs.json", "--model", "none", "--role", "sealed"], "'sealed' is no role"),
        (["predict", "CEO", "--model", "none", "--out", "x.csv"], "--out goes with a file"),
        (["train", "ok.csv", "--target", "seniority", "--out", "l.csv"], "l.csv is there already"),
        (["study", "none.toml", "--role", "sealed"], "'sealed' is no role"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(write, tmp_path, words, message) -> None:
    write("cvs.json", [[job()]])
    write("l.csv", "text,label\nCEO,Boss\n")
    write("ok.csv", "text,label\n" + "".join(f"t{i},Junior\nu{i},Lead\n" for i in range(9)))
    done = subprocess.run(
        [sys.executable, "-m", "metier", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_unreachable_backbone_is_a_row_that_says_so(tmp_path) -> None:
    study = tmp_path / "far.toml"
    settings = tiny_settings(Path("someone/far-away"), "synthetic only", epochs=1)
    study.write_text(sample_study("far", VARIANTS, settings), encoding="utf-8")
    done = metier("study", study, "--out", tmp_path / "run", HF_HUB_OFFLINE="1")
    assert done.returncode == 2
    assert done.stderr.startswith("metier: 3 of 3 trials were not run here")
    assert "'someone/far-away' is neither a local folder nor" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "not run here" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_study_goes_on_where_it_was(tiny_backbone, tmp_path, monkeypatch, kill) -> None:
    cache = tmp_path / "cache" / "trials"
    monkeypatch.setenv("METIER_CACHE", str(cache.parent))
    study = tmp_path / "tiny.toml"
    settings = tiny_settings(tiny_backbone, "synthetic only", epochs=10, learning_rate=1e-5)
    study.write_text(sample_study("tiny", VARIANTS, settings), encoding="utf-8")
    words = [sys.executable, "-m", "metier", "study", str(study), "--out", str(tmp_path / "run")]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    work = tmp_path / "run" / "trials"
    deadline = time.monotonic() + 120
    first = work / "department" / "synthetic-only" / "seed-42" / "trial.json"
    # The department is done, and the seniority has finished an epoch.
    while not first.exists() or not list(cache.glob("*/*/work/checkpoint-*/trainer_state.json")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(kill)
    _, complaint = process.communicate()
    if kill is signal.SIGINT:
        assert process.returncode == 130
        assert complaint.strip() == (
            "metier: interrupted; what was finished is kept, run again to go on."
        )
    [trained] = cache.glob("*/*/training.json")
    before = trained.stat().st_mtime_ns
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert trained.stat().st_mtime_ns == before
    assert len(list(cache.glob("*/*/training.json"))) == 3
    assert not list(cache.glob("*/*/work"))


def test_the_version_is_shown() -> None:
    assert metier("--version").stdout.startswith("metier 0.")


def test_predicting_imports_no_torch_until_a_transformer_is_loaded() -> None:
    code = "import sys, metier, metier.classifiers, metier.cli.main; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

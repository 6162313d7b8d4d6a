"""``metier export``; what it makes is tested with ``metier.runtime.export``."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from metier.classifiers import Model
from metier.data import Role
from metier.runtime.export import tiers
from metier.runtime.export.graph import Precision
from metier.runtime.export.parity import Parity
from metier.runtime.export.tiers import ExportedTarget
from tests.classifiers.stand_in import WordCounts, register
from tests.cli.conftest import run


@pytest.fixture
def model(seniority, tmp_path: Path, monkeypatch) -> Path:
    """A model in a run folder, with what it was validated on."""
    register(monkeypatch)
    folder = tmp_path / "trials" / "model"
    Model({"seniority": WordCounts(seniority).fit(["CEO"], ["Lead"])}).save(folder)
    rows = {
        "part": ["validation", "cvs"],
        "title": ["Intern", "Chef"],
        "label": ["Junior", "Management"],
    }
    pl.DataFrame(rows).write_parquet(folder / "predictions.parquet")
    return folder


@pytest.fixture
def asked(monkeypatch) -> dict[str, object]:
    """What the export is asked for, and an outcome that is told."""
    found: dict[str, object] = {}
    outcome = ExportedTarget(
        precision=Precision.FLOAT32,
        parity=Parity(titles=90, agreement=1.0, difference=0.0001, worst=()),
        rejected="The export in int8 does not answer as the original.",
        pieces_removed=17,
        temperature=1.2,
        fast_agreement=0.95,
        threshold=0.7,
    )

    def export_model(source, out, settings, announce):
        found.update(source=source, out=out, settings=settings)
        return {"seniority": outcome}

    monkeypatch.setattr(tiers, "export_model", export_model)
    return found


def test_an_export_takes_the_runs_own_validation_titles(model, asked, tmp_path) -> None:
    done = run(["export", str(model), "--out", str(tmp_path / "out"), "--generated", "30"])
    assert done.returncode == 0, done.stderr
    settings = asked["settings"]
    assert len(settings.generated) == 30
    assert len(settings.titles) > 100
    held_out = settings.validation["seniority"]
    assert (held_out.titles, held_out.labels, held_out.role) == (
        ("Intern",),
        ("Junior",),
        Role.VALIDATION,
    )
    assert settings.precision is None
    lines = done.stdout.splitlines()
    assert lines[0].startswith("seniority: float32; of 90 titles 100.0% have the original's label")
    assert lines[1] == ("  int8 was not taken: The export in int8 does not answer as the original.")
    assert lines[2] == "  17 pieces were taken out of the vocabulary"
    assert lines[3:5] == [
        "  the fast tier agrees on 95.0% of the validation titles",
        "  the cascade hands on answers less than 0.700 sure",
    ]
    assert lines[5] == f"Model: {tmp_path / 'out'}"


def test_validation_titles_can_be_given(model, asked, write, tmp_path) -> None:
    pseudo = write("pseudo.csv", "title,seniority\nBoss,Management\n")
    titles = write("titles.csv", "title\nBoss of Ropes\n")
    words = ["export", str(model), "--out", str(tmp_path / "out"), "--generated", "0"]
    words += ["--titles", str(titles), "--validation", str(pseudo), "--tiers", "exact, fast"]
    done = run([*words, "--precision", "int8", "--trim"])
    assert done.returncode == 0, done.stderr
    settings = asked["settings"]
    assert settings.titles == ["Boss of Ropes"]
    assert settings.validation["seniority"].titles == ("Boss",)
    assert list(settings.tiers) == ["exact", "fast"]
    assert (settings.precision, settings.trim, settings.generated) == (Precision.INT8, True, [])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--precision", "int4"], "no precision 'int4'; there are: auto, float32, int8"),
        (["--tiers", "slow"], "no tier 'slow'; there are: exact, fast, cascade"),
        ([], "The method 'word-counts' has no encoder to export"),
    ],
)
def test_a_mistake_is_a_sentence(model, tmp_path, words, message) -> None:
    given = ["export", str(model), "--out", str(tmp_path / "out"), "--generated", "0", *words]
    done = run(given)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [("none", "There is no model folder 'none'"), ("rules", "The rules have no encoder to export")],
)
def test_a_model_that_is_not_there_is_a_sentence(tmp_path, monkeypatch, name, message) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(["export", name, "--out", "out"])
    assert done.returncode == 2
    assert message in done.stderr

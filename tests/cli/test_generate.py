import polars as pl
import pytest
from typer.testing import CliRunner

from metier.cli.main import app
from metier.errors import DataError

RUN = CliRunner()


def test_titles_are_written_and_their_realism_told(tmp_path) -> None:
    out = tmp_path / "generated.csv"
    done = RUN.invoke(app, ["generate", "--out", str(out), "--count", "300", "--seed", "1"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("300 titles")
    assert "AUC of 0." in done.output
    frame = pl.read_csv(out)
    assert frame.columns == ["title", "department", "seniority", "language"]
    assert frame["title"].n_unique() == 300


def test_a_file_is_not_written_over_unless_told(write) -> None:
    out = write("generated.csv", "mine")
    done = RUN.invoke(app, ["generate", "--out", str(out), "--count", "5"])
    assert isinstance(done.exception, DataError)
    assert out.read_text() == "mine"


def test_titles_to_keep_apart_from_are_counted(tmp_path, write) -> None:
    first = tmp_path / "first.csv"
    RUN.invoke(app, ["generate", "--out", str(first), "--count", "200"])
    out = tmp_path / "second.csv"
    words = ["generate", "--out", str(out), "--count", "200", "--apart-from", str(first)]
    done = RUN.invoke(app, words)
    assert "near a title to keep apart from" in done.output
    assert not set(pl.read_csv(first)["title"]) & set(pl.read_csv(out)["title"])


@pytest.mark.parametrize("target", ["seniority", "department"])
def test_a_packaged_page_is_checked_and_counted(target: str) -> None:
    done = RUN.invoke(app, ["guidelines", "check", target])
    assert done.exit_code == 0
    assert "German" in done.output

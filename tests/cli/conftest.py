"""What the tests of the commands share that ask a language model."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from metier.cli.main import main
from tests.prompting.conftest import page

__all__ = ["KEY", "Done", "evaluated", "here", "page", "run", "start", "words"]

KEY = "sk-very-secret-123456"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are kept in the current folder; keys are those of the test."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("METIER_API_KEY", KEY)


def words(titles: Path, page: Path, out: Path, url: str, *more: object) -> list[str]:
    given = ["label", titles, "--target", page, "--model", "openai:stand-in"]
    given += ["--base-url", url, "--out", out, *more, "--yes"]
    return [str(word) for word in given]


def evaluated(cvs: Path, page: Path, url: str, *more: object) -> list[str]:
    given = ["label", "--evaluate", cvs, "--target", page, "--model", "openai:stand-in"]
    return [str(word) for word in [*given, "--base-url", url, "--yes", *more]]


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


def run(command: list[str]) -> Done:
    """Run a command in this process; Python starts too slowly to be started for each."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "argv", ["metier", *command])
        try:
            main()
        except SystemExit as stop:
            code = stop.code
    return Done(int(str(code or 0)), out.getvalue(), err.getvalue())


def start(command: list[str], **given: object) -> subprocess.Popen[str]:
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **given}
    return subprocess.Popen([sys.executable, "-m", "metier", *command], text=True, **streams)

"""Both notebooks, executed in a short form: a tiny encoder and few epochs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import sample_study, tiny_settings

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

BOTH = 'targets = ["department", "seniority"]'
VARIANTS = [
    f'name = "baseline", {BOTH}, train_on = ["curated"], validate_on = "curated"',
    f'name = "+ synthetic", {BOTH}, train_on = ["curated", "pseudo"], validate_on = "pseudo"',
]


@pytest.fixture(scope="module")
def environment(tiny_backbone, tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("notebooks")
    settings = tiny_settings(tiny_backbone, "+ synthetic", epochs=2)
    (folder / "short.toml").write_text(sample_study("short", VARIANTS, settings), encoding="utf-8")
    return {"METIER_STUDY": str(folder / "short.toml"), "METIER_RUN": str(folder / "run")}


@pytest.mark.parametrize("name", ["seniority", "department"])
def test_the_notebook_runs_to_its_conclusion(name, environment, monkeypatch) -> None:
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": NOTEBOOKS}}).execute()
    last = notebook.cells[-1].outputs[0].text
    assert "macro F1" in last
    assert "report.html" in last


@pytest.mark.parametrize("name", ["seniority", "department"])
def test_the_notebook_is_stored_without_outputs(name) -> None:
    # Outputs on the benchmark would carry its titles into the project.
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)

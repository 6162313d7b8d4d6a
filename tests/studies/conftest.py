from __future__ import annotations

from pathlib import Path

import pytest

from tests.classifiers.stand_in import WordCounts, register
from tests.conftest import sample_study

METHOD = f'method = "{WordCounts.method}"'
STUDY = sample_study(
    "small",
    [
        'name = "baseline", targets = ["department", "seniority"], train_on = ["curated"], '
        f'validate_on = "curated", {METHOD}',
        'name = "+ synthetic", targets = ["seniority"], train_on = ["curated", "pseudo"], '
        f'validate_on = "pseudo", {METHOD}',
    ],
    '[model]\nseniority = "+ synthetic"\n',
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for each test: what another test trained is unknown to it."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("METIER_CACHE", str(folder))
    return folder


@pytest.fixture
def study_text(monkeypatch: pytest.MonkeyPatch) -> str:
    """A study whose method trains in no time."""
    register(monkeypatch)
    return STUDY


@pytest.fixture
def study_file(write, study_text) -> Path:
    return write("small.toml", study_text)

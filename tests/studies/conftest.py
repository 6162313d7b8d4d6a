from __future__ import annotations

from pathlib import Path

import pytest

from tests.classifiers.stand_in import WordCounts, register

STUDY = """
name = "small"
illustration = true
variants = [
  { name = "baseline", targets = ["department", "seniority"], train_on = ["curated"], validate_on = "curated", method = "METHOD" },
  { name = "+ synthetic", targets = ["seniority"], train_on = ["curated", "pseudo"], validate_on = "pseudo", method = "METHOD" },
]
unlabelled = "sample:unlabelled-cvs.json"
[targets]
department = "department"
seniority = "seniority"
[curated]
department = "sample:curated-department.csv"
seniority = "sample:curated-seniority.csv"
[pseudo_labels]
pseudo = "sample:pseudo-labels.csv"
[evaluation]
cvs = "sample:labelled-cvs.json"
role = "development"
[model]
seniority = "+ synthetic"
""".replace("METHOD", WordCounts.method)


@pytest.fixture
def study_text(monkeypatch: pytest.MonkeyPatch) -> str:
    """A study whose method trains in no time."""
    register(monkeypatch)
    return STUDY


@pytest.fixture
def study_file(write, study_text) -> Path:
    return write("small.toml", study_text)

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own, so that no embedding comes from another."""
    monkeypatch.setenv("METIER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"

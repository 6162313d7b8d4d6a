"""The record of an export, which lies in its model folder; reading it needs no torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from metier.errors import ModelError

__all__ = ["RECORD", "read_record"]

RECORD = "export.json"
"""What an export came to: parity, agreement, thresholds, versions."""


def read_record(folder: Path) -> dict[str, Any] | None:
    """Return the record in a model folder, or None where there is none.

    Raises:
        ModelError: If it is broken.
    """
    path = folder / RECORD
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is broken.") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} is broken.")
    return content

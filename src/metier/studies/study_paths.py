"""Where the files of a study file lie: beside it, in the sample, or in an environment variable."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from metier.data import sample_file
from metier.errors import StudyError

__all__ = ["FILE", "SAMPLE_PREFIX", "VARIABLE", "with_places"]

SAMPLE_PREFIX = "sample:"
VARIABLE = re.compile(r"\$\{(\w+)\}")
# A parameter of a variant, or of a member of it, that is a path.
FILE = "file"


def with_places(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """Make the paths absolute; the shape of the file is checked later."""

    def place(value: object) -> object:
        return str(_place(value, path)) if isinstance(value, str) else value

    for section in ("curated", "pseudo_labels"):
        if isinstance(content.get(section), dict):
            content[section] = {name: place(value) for name, value in content[section].items()}
    if isinstance(content.get("targets"), dict):
        content["targets"] = {
            name: place(page) if str(page).endswith(".toml") else page
            for name, page in content["targets"].items()
        }
    content["variants"] = _with_file_places(content.get("variants", []), path)
    if isinstance(content.get("generated"), dict):
        content["generated"] = {
            name: place(value) if str(value).endswith(".toml") else value
            for name, value in content["generated"].items()
        }
    if "unlabelled" in content:
        content["unlabelled"] = place(content["unlabelled"])
    evaluation = content.get("evaluation")
    if isinstance(evaluation, dict):
        evaluation["cvs"] = place(evaluation.get("cvs"))
        if isinstance(evaluation.get("exclude_titles_of"), list):
            evaluation["exclude_titles_of"] = [place(v) for v in evaluation["exclude_titles_of"]]
    return content


def _with_file_places(value: Any, path: Path) -> Any:
    """Make the files absolute that variants name, and the members of a variant in them."""
    if isinstance(value, dict):
        return {
            name: str(_place(inner, path))
            if name == FILE and isinstance(inner, str)
            else _with_file_places(inner, path)
            for name, inner in value.items()
        }
    return [_with_file_places(inner, path) for inner in value] if isinstance(value, list) else value


def _place(value: str, study: Path) -> Path:
    if value.startswith(SAMPLE_PREFIX):
        return sample_file(value.removeprefix(SAMPLE_PREFIX))
    missing = [name for name in VARIABLE.findall(value) if not os.environ.get(name)]
    if missing:
        raise StudyError(
            f"{study} reads its data through the environment variable {missing[0]}, which is not "
            f"set: set it to the folder that holds {Path(value).name}."
        )
    expanded = VARIABLE.sub(lambda match: os.environ[match[1]], value)
    return (study.parent / Path(expanded).expanduser()).resolve()

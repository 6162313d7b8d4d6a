"""Reading guidelines pages: those that come with metier, and a user's own."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from metier.errors import GuidelinesError, StudyError
from metier.guidelines.page import Guidelines
from metier.guidelines.scale import Scale

__all__ = ["guidelines_of", "load_guidelines", "packaged_targets"]


def packaged_targets() -> tuple[str, ...]:
    """Return the names of the targets whose guidelines come with metier."""
    pages = resources.files("metier.guidelines") / "pages"
    names = (page.name for page in pages.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_guidelines(name_or_path: str | Path) -> Guidelines:
    """Load a guidelines page that comes with metier, or one of your own, with its languages.

    Args:
        name_or_path: A packaged target such as ``"seniority"``, or the path of a TOML page; the
            files of its languages stand in a folder beside it that has the page's name.

    Raises:
        GuidelinesError: If there is no such page, or if it is malformed.
    """
    if str(name_or_path) in packaged_targets():
        return _packaged(str(name_or_path))
    path = Path(name_or_path)
    if not path.is_file():
        raise GuidelinesError(
            f"There is no guidelines page '{name_or_path}': it is neither a file nor one of "
            f"the packaged targets ({', '.join(packaged_targets())})."
        )
    return _read(path, path.with_suffix(""))


def guidelines_of(scale: Scale, page: str | Guidelines | None = None) -> Guidelines:
    """Return the guidelines that go with a scale.

    Args:
        scale: The labels that the page must have.
        page: The guidelines, or where they are; by default the packaged page of the target.

    Raises:
        GuidelinesError: If there is no such page.
        StudyError: If its labels are not those of the scale.
    """
    found = page if isinstance(page, Guidelines) else load_guidelines(page or scale.target)
    if found.scale != scale:
        raise StudyError(
            f"The guidelines page of '{found.target}' has not the labels of "
            f"'{scale.target}': {', '.join(scale.labels)}."
        )
    return found


@lru_cache
def _packaged(target: str) -> Guidelines:
    pages = resources.files("metier.guidelines") / "pages"
    return _read(pages / f"{target}.toml", pages / target)


def _read(page: Traversable, folder: Traversable) -> Guidelines:
    content = _table(page)
    files = folder.iterdir() if folder.is_dir() else ()
    languages = [
        {"code": file.name.removesuffix(".toml"), **_table(file)}
        for file in sorted(files, key=lambda file: file.name)
        if file.name.endswith(".toml")
    ]
    try:
        return Guidelines.model_validate({**content, "languages": languages})
    except ValidationError as error:
        first = error.errors()[0]
        where, field = _place(page, languages, first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise GuidelinesError(f"{where}, {field}: {message}.") from error


def _place(
    page: Traversable, languages: list[dict[str, Any]], loc: tuple[int | str, ...]
) -> tuple[str, str]:
    """Tell a person's file and field from the place pydantic names."""
    where = str(page)
    if len(loc) > 1 and loc[0] == "languages":
        code = languages[int(loc[1])]["code"]
        where, loc = f"{where.removesuffix('.toml')}/{code}.toml", loc[2:]
    return where, ".".join(str(part) for part in loc) or "page"


def _table(file: Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise GuidelinesError(f"{file} is not UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise GuidelinesError(f"{file} is not valid TOML: {error}.") from error

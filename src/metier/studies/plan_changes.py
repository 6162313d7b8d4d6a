"""What two runs were made of: the differences of their settings, data and environment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from metier.errors import RunError
from metier.studies.results import StudyResults
from metier.studies.run import PLAN_FILE

__all__ = ["plan_changes"]

SHA256 = re.compile(r"[0-9a-f]{64}")
# A definition of a guidelines page is longer than anyone wants to read twice in a list.
LONGEST = 60


class _Absent:
    """What stands in the place of a setting that a run does not have."""


ABSENT = _Absent()


def plan_changes(
    before: Path, after: Path, results: tuple[StudyResults, StudyResults]
) -> tuple[str, ...]:
    """Tell what two runs were made of differently: settings, data, guidelines, environment.

    Variants are told apart by name. One that a single run has is not listed: it is a row of its
    own that has nothing to be compared with.

    Args:
        before: One run folder.
        after: The other.
        results: The results of both.

    Returns:
        A phrase for each difference: its place, and both values where these are short.

    Raises:
        RunError: If a run folder has no plan, or a broken one.
    """
    first, second = _read_plan(before), _read_plan(after)
    for plan, other in ((first, second), (second, first)):
        shared = plan["variants"].keys() & other["variants"].keys()
        plan["variants"] = {name: each for name, each in plan["variants"].items() if name in shared}
    for plan, found in zip((first, second), results, strict=True):
        plan["environment"] = found.environment
    return tuple(_differences(first, second, ""))


def _read_plan(run: Path) -> dict[str, Any]:
    """Return the parts of a run's plan, its variants by name."""
    path = run / PLAN_FILE
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
        settings = dict(plan["settings"])
        variants = {each["name"]: each for each in settings.pop("variants")}
        return {"settings": settings, "variants": variants, "data": plan["data"]}
    except FileNotFoundError as error:
        raise RunError(f"{run} is no finished run: it has no {PLAN_FILE}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} is broken or of another version of metier.") from error


def _differences(before: object, after: object, place: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            inner = f"{place}.{key}".lstrip(".")
            yield from _differences(before.get(key, ABSENT), after.get(key, ABSENT), inner)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        if any(isinstance(one, dict | list) for one in [*before, *after]):
            for number, (old, new) in enumerate(zip(before, after, strict=True)):
                yield from _differences(old, new, f"{place}[{number}]")
        elif before != after:
            yield _phrase(before, after, place)
    elif before != after:
        yield _phrase(before, after, place)


def _phrase(before: object, after: object, place: str) -> str:
    # The settings are most of what is listed; their common prefix says nothing.
    name = place.removeprefix("settings.").removeprefix("data.")
    if after is ABSENT:
        return f"{name}: only before"
    if before is ABSENT:
        return f"{name}: only after"
    if all(isinstance(value, str) and SHA256.fullmatch(value) for value in (before, after)):
        return f"{name}: other content"
    texts = [json.dumps(value, ensure_ascii=False) for value in (before, after)]
    if max(map(len, texts)) > LONGEST:
        return f"{name}: changed"
    return f"{name}: {texts[0]} → {texts[1]}"

"""Reading what a language model replied: every title gets labels or a reason, never a guess."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from metier.prompting.prompt import Prompt

__all__ = ["Reading", "TitleAnswer", "read_reply"]

# Models that are only told the schema like to wrap their JSON.
FENCED = re.compile(r"^\s*`{3,}\w*\s*(.*?)\s*`{3,}\s*$", re.DOTALL)
# Of what a model said instead of an answer, as much as a reason quotes.
QUOTED = 80


@dataclass(frozen=True)
class TitleAnswer:
    """What was answered for one title.

    Attributes:
        labels: Target to label, all of the closed set.
        reason: Why targets are missing there, or None if none is.
    """

    labels: Mapping[str, str]
    reason: str | None = None


@dataclass(frozen=True)
class Reading:
    """A reply, read.

    Attributes:
        answers: Position of a title in the call to its answer.
        unanswered: Position to why the reply holds no answer for the title.
        unusable: Why the reply as a whole cannot be read, or None; nothing is answered then.
    """

    answers: Mapping[int, TitleAnswer] = field(default_factory=dict)
    unanswered: Mapping[int, str] = field(default_factory=dict)
    unusable: str | None = None


def read_reply(text: str, prompt: Prompt, count: int) -> Reading:
    """Read a reply against the closed label set.

    A label outside the set is an answer with a reason. A title whose id is missing or repeated
    has no answer. A reply with an id that was not asked is not trusted at all: its labels may
    have slipped from title to title.

    Args:
        text: What the model replied.
        prompt: What it was asked.
        count: The number of titles in the call.
    """
    fenced = FENCED.match(text)
    try:
        content = json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError):
        return Reading(unusable=_not_json(text))
    entries = content.get("answers") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return Reading(unusable=f"the reply is not a list of answers: {_quote(text)}")
    positions = {identity: position for position, identity in enumerate(prompt.ids(count))}
    given = [entry.get("id") for entry in entries]
    strange = [one for one in given if type(one) is not int or one not in positions]
    if strange:
        return Reading(unusable=f"the reply answers an id that was not asked: {strange[0]!r}")
    occurrences = Counter(given)
    found = {
        positions[entry["id"]]: _read_entry(entry, prompt)
        for entry in entries
        if occurrences[entry["id"]] == 1
    }
    unanswered = {
        position: "the reply answers the title more than once"
        if occurrences[identity]
        else "the reply leaves the title out"
        for identity, position in positions.items()
        if position not in found
    }
    return Reading(answers=found, unanswered=unanswered)


def _read_entry(entry: Mapping[str, object], prompt: Prompt) -> TitleAnswer:
    labels: dict[str, str] = {}
    problems = []
    for scale in prompt.scales:
        value = entry.get(scale.target)
        if isinstance(value, str) and value in scale.labels:
            labels[scale.target] = value
        elif value is None:
            problems.append(f"no {scale.target} was answered")
        else:
            problems.append(f"{_quote(value)} is no label of {scale.target}")
    return TitleAnswer(labels, "; ".join(problems) or None)


def _not_json(text: str) -> str:
    if not text.strip():
        return "the reply is empty"
    if text.lstrip()[:1] in ("{", "[", "`"):
        return f"the reply is broken JSON: … {_quote(text[-QUOTED:])}"
    return f"the reply is not JSON: {_quote(text)}"


def _quote(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # An escaped half character is legal JSON, and cannot be stored.
    shown = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    return f"'{shown[:QUOTED]}…'" if len(shown) > QUOTED else f"'{shown}'"

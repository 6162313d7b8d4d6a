"""The prompt: rendered from guidelines pages by a template, and known by its hash."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from metier.errors import PromptError
from metier.guidelines import Guidelines, LabelDefinition, Scale

__all__ = ["DEFAULT_TEMPLATE", "Prompt", "packaged_templates", "read_template", "render_prompt"]

DEFAULT_TEMPLATE = "guided"
SUFFIX = ".txt"

PLACEHOLDER = re.compile(r"\$(?:(?P<name>[a-z_]+)|(?P<stray>.?))", re.DOTALL)
PLACEHOLDERS = ("targets", "questions", "labels", "definitions", "rules", "examples")
# Without these a model does not know the closed set, or what to answer when nothing fits.
CLOSED_SET = ("labels", "definitions")

# One provider was seen to break on it, and nothing in a prompt needs it.
FENCE = "```"

# The ids of a call do not follow one another, so that a model that counts instead of copying
# gives itself away and its answers do not slip by one title.
FIRST_ID = 101
ID_STEP = 7


@dataclass(frozen=True)
class Prompt:
    """What a language model is told and may answer, for one or more targets.

    Attributes:
        scales: The targets' scales, in the order in which they are asked.
        fallbacks: Target to the label of a title that nothing fits better.
        instructions: What is told before the titles.
    """

    scales: tuple[Scale, ...]
    fallbacks: dict[str, str]
    instructions: str

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of the targets."""
        return tuple(scale.target for scale in self.scales)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of an answer: a list with an id and a label per target for each title."""
        fields: dict[str, Any] = {"id": {"type": "integer"}}
        for scale in self.scales:
            fields[scale.target] = {"type": "string", "enum": list(scale.labels)}
        entry = {
            "type": "object",
            "properties": fields,
            "required": list(fields),
            "additionalProperties": False,
        }
        return {
            "type": "object",
            "properties": {"answers": {"type": "array", "items": entry}},
            "required": ["answers"],
            "additionalProperties": False,
        }

    @property
    def schema_text(self) -> str:
        """The schema as JSON, on one line."""
        return json.dumps(self.schema, ensure_ascii=False)

    @property
    def hash(self) -> str:
        """The version of the prompt: 16 hexadecimal digits over instructions and schema."""
        return _digest(json.dumps([self.instructions, self.schema], ensure_ascii=False))

    @property
    def schema_hash(self) -> str:
        """The version of the schema alone."""
        return _digest(self.schema_text)

    def message(self, titles: Sequence[str]) -> str:
        """Return what is sent for some titles: a JSON line each, which no title can break out of.

        Args:
            titles: The titles, without line breaks or lone surrogates, as ``normalise`` leaves
                them.
        """
        return "\n".join(
            json.dumps({"id": identity, "title": title}, ensure_ascii=False)
            for identity, title in zip(self.ids(len(titles)), titles, strict=True)
        )

    @staticmethod
    def ids(count: int) -> tuple[int, ...]:
        """Return the ids of the titles of one call."""
        return tuple(FIRST_ID + ID_STEP * position for position in range(count))


def packaged_templates() -> tuple[str, ...]:
    """Return the names of the templates that come with metier."""
    folder = resources.files("metier.prompting") / "templates"
    return tuple(
        sorted(
            file.name.removesuffix(SUFFIX)
            for file in folder.iterdir()
            if file.name.endswith(SUFFIX)
        )
    )


def render_prompt(pages: Sequence[Guidelines], template: str | Path = DEFAULT_TEMPLATE) -> Prompt:
    """Render the prompt that asks the targets of some guidelines pages.

    Args:
        pages: One page a target.
        template: The name of a packaged template, or a text file with the placeholders
            ``$targets``, ``$questions``, ``$labels``, ``$definitions``, ``$rules`` and
            ``$examples``; ``$$`` is a dollar sign.

    Raises:
        PromptError: If there is no such template; if it names another placeholder, or lacks the
            labels or the rules; if a target is asked twice.
    """
    targets = [page.target for page in pages]
    if not targets or len(set(targets)) < len(targets):
        raise PromptError(
            f"A prompt asks one or more different targets; given: {', '.join(targets) or 'none'}."
        )
    text = read_template(template)
    _check_placeholders(text, template)
    parts = {
        "targets": " and ".join(targets),
        "questions": "\n".join(f"{page.target}: {page.question}" for page in pages),
        "labels": "\n".join(
            f"{page.target}: {', '.join(label.name for label in page.labels)}." for page in pages
        ),
        "definitions": "\n\n".join(_definitions(page) for page in pages),
        "rules": "\n".join(_rules(page) for page in pages),
        "examples": "\n\n".join(filter(None, (_examples(page) for page in pages))),
    }
    filled = PLACEHOLDER.sub(lambda found: parts[found["name"]] if found["name"] else "$", text)
    # A part may be empty: a page need not have examples.
    instructions = re.sub(r"\n{3,}", "\n\n", filled).strip()
    if FENCE in instructions:
        raise PromptError(
            f"The template '{template}' or a guidelines page holds three backticks in a row, "
            "which break the answers of some providers; take them out."
        )
    return Prompt(
        scales=tuple(page.scale for page in pages),
        fallbacks={page.target: page.fallback for page in pages},
        instructions=instructions,
    )


def read_template(template: str | Path) -> str:
    """Return the text of a packaged template, or of a file.

    Raises:
        PromptError: If there is no such template.
    """
    if str(template) in packaged_templates():
        file = resources.files("metier.prompting") / "templates" / f"{template}{SUFFIX}"
        return file.read_text(encoding="utf-8")
    try:
        return Path(template).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(
            f"There is no template '{template}': it is neither a file of UTF-8 text nor one of "
            f"the packaged templates ({', '.join(packaged_templates())})."
        ) from error


def _check_placeholders(text: str, template: str | Path) -> None:
    found = []
    for match in PLACEHOLDER.finditer(text):
        where = f"{template}, line {text.count(chr(10), 0, match.start()) + 1}"
        if match["name"] is None:
            if match["stray"] != "$":
                raise PromptError(f"{where}: a single $ starts no placeholder; write $$ for it.")
        elif match["name"] not in PLACEHOLDERS:
            nearest = difflib.get_close_matches(match["name"], PLACEHOLDERS, n=1, cutoff=0.0)[0]
            raise PromptError(
                f"{where}: there is no placeholder ${match['name']}; did you mean ${nearest}? "
                f"There are: {', '.join('$' + name for name in PLACEHOLDERS)}."
            )
        else:
            found.append(match["name"])
    if not any(name in found for name in CLOSED_SET):
        raise PromptError(
            f"{template} does not say which labels there are: use $definitions or $labels."
        )
    if "rules" not in found:
        raise PromptError(f"{template} does not say what to answer when nothing fits: use $rules.")


def _definitions(page: Guidelines) -> str:
    lines = [f"{page.target}: {page.question}"]
    lines += [f"- {label.name}: {label.definition}" for label in page.labels]
    return "\n".join(lines)


def _rules(page: Guidelines) -> str:
    fallback = page.fallback_rule or "A title that no other label fits has this label."
    rules = [f"Rules for {page.target}: the fallback is {page.fallback}. {fallback}"]
    if page.precedence_rule:
        rules.append(page.precedence_rule)
    return " ".join(rules)


def _examples(page: Guidelines) -> str:
    # Examples come from the guidelines alone: human labels of CVs are never shown to a model.
    lines = [line for label in page.labels for line in _examples_of(label)]
    return "\n".join([f"Examples for {page.target}:", *lines]) if lines else ""


def _examples_of(label: LabelDefinition) -> list[str]:
    lines = [f"- {json.dumps(title, ensure_ascii=False)}: {label.name}" for title in label.examples]
    lines += [
        f"- {json.dumps(title, ensure_ascii=False)}: {right}, not {label.name}"
        for title, right in label.not_examples.items()
    ]
    return lines


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]

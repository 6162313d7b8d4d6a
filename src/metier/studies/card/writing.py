"""Writing the card: the template filled with facts and figures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from metier.data.writing import whole_or_not
from metier.evaluation.card import MOST_VARIED, SURE, CardFigures
from metier.evaluation.slices import FEW_CVS, SMALL
from metier.studies.card.facts import ModelFacts
from metier.studies.template_environment import template_environment

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["card_text", "require_card_packages", "write_card"]

TEMPLATE = "card.md"
HEADING = re.compile(r"^(#{1,4} )", re.MULTILINE)
FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
# What Markdown would read as markup; titles and names are data.
MARKUP = re.compile(r"([\\`*_\[\]|#~$@])")


def card_text(
    name: str,
    facts: ModelFacts,
    figures: CardFigures,
    *,
    command: str,
    tier: str | None = None,
    data: str | None = None,
) -> str:
    """Return the card in Markdown; the same arguments give the same text.

    Args:
        name: What the model is called.
        facts: What its folder says.
        figures: How good it is.
        command: The command that makes the card again.
        tier: The tier that was measured, or None for a model without tiers.
        data: A text about the training data, in Markdown, that takes the place of what is
            recorded.

    Raises:
        MissingExtraError: If the package that renders is not installed.
    """
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            name=name,
            facts=facts,
            figures=figures,
            command=command,
            tier=tier,
            data=None if data is None else _below(data.strip()),
            sure=SURE,
            most_varied=MOST_VARIED,
            small=SMALL,
            few_groups=FEW_CVS,
        )
    )


def write_card(path: Path, text: str) -> None:
    """Write a card, whole or not at all.

    Raises:
        DataError: If it cannot be written.
    """
    with whole_or_not(path) as scratch:
        scratch.write_text(text, encoding="utf-8")


def require_card_packages() -> None:
    """Refuse to go on without the package that renders, before any work is done.

    Raises:
        MissingExtraError: If it is not installed.
    """
    _environment()


def plain(text: str) -> str:
    """Write text so that Markdown and HTML show it as it is, on one line."""
    line = " ".join(text.split())
    escaped = MARKUP.sub(r"\\\1", line.replace("&", "&amp;"))
    return escaped.replace("<", "&lt;").replace(">", "&gt;")


def _below(text: str) -> str:
    """Put the headings of a text under the heading of a section, those in code apart."""
    parts = FENCED.split(text)
    parts[::2] = [HEADING.sub(r"##\1", part) for part in parts[::2]]
    return "".join(parts)


def _environment() -> Environment:
    # Markdown is no HTML; what is data goes through the filter 'plain'.
    environment = template_environment("A model card", autoescape=False)
    environment.keep_trailing_newline = True
    environment.filters["plain"] = plain
    return environment

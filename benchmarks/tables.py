"""Figures as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from metier.studies.evidence.models import Figure
from metier.studies.formats import figure

__all__ = ["mean", "plain", "table"]


def plain(value: float) -> str:
    """Return three digits, without the zero before the point."""
    return figure(value)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table."""
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines = [header, ["---"] * len(header), *escaped]
    return [f"| {' | '.join(line)} |" for line in lines]


def mean(found: Figure) -> str:
    """Return a mean over seeds with its spread and interval, as far as there are any."""
    spread = f" ± {plain(found.spread)}" if found.spread else ""
    interval = found.interval
    shown = "" if interval is None else f" ({plain(interval.low)}–{plain(interval.high)})"
    return f"{plain(found.mean)}{spread}{shown}"

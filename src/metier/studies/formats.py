"""How figures are written for people."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "count",
    "duration",
    "figure",
    "listed",
    "p_value",
    "percent",
    "range_of",
    "signed",
    "tied",
]

MINUS = "−"
MISSING = "–"
NO_BREAK = "\u00a0"


def figure(value: float | None, digits: int = 3) -> str:
    """Write a score without the zero before its point; a dash for None."""
    if value is None:
        return MISSING
    text = f"{abs(value):.{digits}f}"
    # What rounds to nothing has no sign.
    sign = MINUS if value < 0 and float(text) else ""
    return sign + text.removeprefix("0")


def signed(value: float, digits: int = 3) -> str:
    """Write a difference, always with its sign."""
    text = figure(value, digits)
    return text if text.startswith(MINUS) else f"+{text}"


def range_of(low: float, high: float) -> str:
    """Write the ends of an interval of scores."""
    return f"{figure(low)} to {figure(high)}"


def percent(share: float) -> str:
    """Write a share in percent, with a decimal only where nothing would be left without it."""
    if 0 < share < 0.0005:
        return f"<{NO_BREAK}0.1{NO_BREAK}%"
    digits = 1 if 0 < share < 0.01 or 0.99 < share < 1 else 0
    return f"{100 * share:.{digits}f}{NO_BREAK}%"


def p_value(value: float) -> str:
    """Write a p-value."""
    return "< .001" if value < 0.001 else figure(value)


def duration(seconds: float) -> str:
    """Write a time as people say it."""
    if seconds < 1:
        return "< 1 s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def count(number: int, one: str, many: str | None = None) -> str:
    """Write a number with what it counts, in the singular or plural."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """Join words as in a sentence."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def tied(text: str) -> str:
    """Keep the sign of a percentage on the line of its number."""
    return text.replace(" %", f"{NO_BREAK}%")

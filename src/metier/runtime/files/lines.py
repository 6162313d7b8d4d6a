"""Text in pieces that end where lines end."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from metier.errors import DataError

__all__ = ["lines_of", "whole_lines"]

# Characters of a line; what has longer ones is no text file, and would not fit into memory.
LONGEST = 16_000_000


def whole_lines(texts: Iterable[str], name: str) -> Iterator[str]:
    """Yield the same text in pieces that each end with a line.

    Args:
        texts: The text, cut anywhere.
        name: What messages call it.

    Raises:
        DataError: If a line is too long to be one.
    """
    rest = ""
    for text in texts:
        joined = rest + text
        # A file of an old Macintosh has carriage returns alone; one at the end may be half an end.
        cut = joined.rfind("\n") + 1 or joined.rfind("\r", 0, -1) + 1
        rest = joined[cut:]
        if len(rest) > LONGEST:
            raise DataError(
                f"{name} has a line of more than {LONGEST:,} characters; is it a text file?"
            )
        if cut:
            yield joined[:cut]
    if rest:
        yield rest


def lines_of(text: str) -> list[str]:
    """Return the lines of a text with their ends, which are those that CSV knows."""
    # str.splitlines knows many more, which stand in titles.
    return list(io.StringIO(text, newline=""))

"""Columns by name: which one holds the titles, and whether there is room for the answers."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from metier.errors import DataError

__all__ = ["TITLE_COLUMNS", "refuse_repeated", "refuse_taken", "title_column"]

TITLE_COLUMNS = ("title", "position", "job_title", "jobtitle", "text")
"""What a column of titles is called, the likeliest first; case does not matter."""

# Columns that a message lists.
_LISTED = 40


def title_column(name: str, columns: Sequence[str], wanted: str | None) -> str:
    """Return the column that holds the titles.

    Args:
        name: What messages call the file.
        columns: Its columns.
        wanted: The column that was asked for; by default it is guessed by its name.

    Raises:
        DataError: If there is no such column.
    """
    if wanted is None:
        folded = {_fold(column): column for column in reversed(columns)}
        for known in TITLE_COLUMNS:
            if known in folded:
                return folded[known]
        likeness = {
            column: max(
                difflib.SequenceMatcher(None, known, _fold(column)).ratio()
                for known in TITLE_COLUMNS
            )
            for column in columns[:_LISTED]
        }
        nearest = max(likeness, key=lambda column: likeness[column], default="")
        raise DataError(
            f"{name} has no column {', '.join(TITLE_COLUMNS[:-1])} or {TITLE_COLUMNS[-1]}: name "
            f"the column of titles, such as --column '{nearest}'. It has: {_listed(columns)}."
        )
    if wanted not in columns:
        found = difflib.get_close_matches(wanted, columns, n=1, cutoff=0.0)
        hint = f" did you mean '{found[0]}'?" if found else ""
        raise DataError(f"{name} has no column '{wanted}';{hint} It has: {_listed(columns)}.")
    return wanted


def refuse_repeated(name: str, columns: Sequence[str]) -> None:
    """Refuse two columns of one name.

    Raises:
        DataError: If there are.
    """
    if len(set(columns)) < len(columns):
        repeated = next(column for column in columns if columns.count(column) > 1)
        raise DataError(f"{name} has two columns '{repeated}'; rename one.")


def refuse_taken(name: str, columns: Iterable[str], added: Iterable[str]) -> None:
    """Refuse columns that the answers would replace.

    Args:
        name: What messages call the file.
        columns: Its columns.
        added: The columns of the answers.

    Raises:
        DataError: If one is there already.
    """
    there = set(columns)
    taken = [column for column in added if column in there]
    if taken:
        raise DataError(
            f"{name} already has a column '{taken[0]}', which would be overwritten; rename it."
        )


def _fold(column: str) -> str:
    return column.strip().casefold().replace(" ", "_").replace("-", "_")


def _listed(columns: Sequence[str]) -> str:
    more = len(columns) - _LISTED
    shown = ", ".join(column[:100] for column in columns[:_LISTED])
    return f"{shown} and {more} more" if more > 0 else shown

"""Labelled titles that are kept to judge by: no training sees them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from metier.data.labelled import LabelledTitles, check_label
from metier.data.roles import Role
from metier.data.tables import Table, read_table
from metier.errors import DataError
from metier.guidelines import Scale

__all__ = ["HeldOutTitles", "read_held_out"]

# Two letters of ISO 639-1, or three of 639-3 for a language that has no two.
CODE = re.compile(r"[a-z]{2,3}")
TITLE, LANGUAGE = "title", "language"


@dataclass(frozen=True)
class HeldOutTitles:
    """Titles with labels for one target or several.

    Attributes:
        source: The file's name.
        titles: The titles as they stand in the file, n of them.
        by_target: Target to the titles with its labels, of the role development: they may be
            scored and looked at, and are never fitted.
        languages: ISO code of each title's language, n of them, or None where the file has none.
    """

    source: str
    titles: tuple[str, ...]
    by_target: Mapping[str, LabelledTitles]
    languages: tuple[str, ...] | None


def read_held_out(path: Path, scales: Sequence[Scale]) -> HeldOutTitles:
    """Read a table with the column ``title`` and one for each of some targets.

    A target without a column is left out; a column ``language`` is read where there is one.

    Args:
        path: The file, CSV or Parquet.
        scales: The targets whose labels to read; other columns are not touched.

    Raises:
        DataError: If the file is malformed or has a column of none of the targets; if a title is
            empty, a label unknown or a language no ISO code.
    """
    header = read_table(path).columns
    wanted = [scale for scale in scales if scale.target in header]
    if not wanted:
        raise DataError(
            f"{path} has no labels: it needs a column of one of the targets "
            f"{', '.join(scale.target for scale in scales)}; it has: {', '.join(header)}."
        )
    names = [TITLE, *(scale.target for scale in wanted)]
    table = read_table(path, [*names, LANGUAGE] if LANGUAGE in header else names)
    rows = range(len(table.lines))
    titles = tuple(table.text(row, TITLE) for row in rows)
    by_target = {
        scale.target: LabelledTitles(
            titles=titles,
            labels=tuple(
                check_label(table.text(row, scale.target), scale, table.where(row, scale.target))
                for row in rows
            ),
            scale=scale,
            role=Role.DEVELOPMENT,
            source=path.name,
        )
        for scale in wanted
    }
    codes = tuple(_code(table, row) for row in rows) if LANGUAGE in header else None
    return HeldOutTitles(path.name, titles, by_target, codes)


def _code(table: Table, row: int) -> str:
    code = table.text(row, LANGUAGE)
    if CODE.fullmatch(code) is None:
        raise DataError(
            f"{table.where(row, LANGUAGE)}: '{code}' is no ISO code of a language; write two "
            "letters, such as 'de'."
        )
    return code

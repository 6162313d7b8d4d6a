"""Reading JSON: lists of objects or titles, CVs, and JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from metier.errors import DataError
from metier.runtime.files.batches import ROWS, BadRow, Batch, printable
from metier.runtime.files.columns import refuse_taken, title_column
from metier.runtime.files.csv_parsing import DELIMITERS
from metier.runtime.files.encoding import decoded, detect_encoding
from metier.runtime.files.json_scanning import Item, kind_of, scan_lines, scan_list, split_list
from metier.runtime.files.source import Source

if TYPE_CHECKING:
    import polars as pl

__all__ = ["JsonReader", "Records"]

# The rows that tell which fields there are.
FIRST_ROWS = 10_000
# Characters of them, and of a batch; rows may be long.
SIZE = 8_000_000
# A job has a status of its own, whether it is held now.
RENAMED = MappingProxyType({"status": "title_status"})
# The field of a flat row that says which CV its job is of, counted from 0.
CV = "cv"

_dumps = json.JSONEncoder(ensure_ascii=False).encode


class _Shape(Enum):
    """What the items of a file are."""

    OBJECTS = auto()
    TITLES = auto()
    CVS = auto()


@dataclass(frozen=True)
class Records(Batch):
    """Objects.

    Attributes:
        columns: The fields that flat formats have.
        texts: The objects as they stand in the file.
        records: What they mean.
        sizes: How many jobs each CV has, or None where they belong to no CVs.
    """

    columns: Sequence[str]
    texts: Sequence[str]
    records: Sequence[dict[str, object]]
    sizes: Sequence[int] | None = None

    @property
    def groups(self) -> Sequence[int] | None:  # noqa: D102
        return self.sizes

    def values(self) -> list[list[object]]:  # noqa: D102
        columns = self.columns
        return [[_as_text(record.get(name)) for name in columns] for record in self.records]

    def objects(self) -> list[str]:  # noqa: D102
        return list(self.texts)

    def frame(self) -> pl.DataFrame:  # noqa: D102
        import polars as pl

        return pl.DataFrame(
            {
                name: [_as_text(record.get(name)) for record in self.records]
                for name in self.columns
            },
            # As text: a later row may hold what does not fit the type of the first ones.
            schema=dict.fromkeys(self.columns, pl.String),
        )


@dataclass
class _Gathered:
    """Rows that become a batch."""

    titles: list[str | None] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    records: list[dict[str, object]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)


class JsonReader:
    """Reads a JSON list, or JSON Lines.

    The items are objects, titles, or, in a list, CVs: lists of jobs, which are objects. CVs keep
    their structure where JSON is written; elsewhere a job is a row, with the number of its CV.

    Args:
        source: The file.
        column: The field of titles; by default it is guessed.
        added: The fields that the answers will have.
        has_lines: Whether it is JSON Lines.
        is_flat: Whether all rows are to have the fields of the first ones, as in a table.
        is_nested: Whether CVs keep their structure.

    Raises:
        DataError: If there are no items, no such field, or one of the added ones; if a list is
            broken.
    """

    delimiter = DELIMITERS[0]

    def __init__(
        self,
        source: Source,
        column: str | None,
        added: Iterable[str],
        *,
        has_lines: bool,
        is_flat: bool,
        is_nested: bool,
    ) -> None:
        self._source = source
        self._is_flat = is_flat
        self._is_nested = is_nested
        self.encoding: str | None = detect_encoding(source)
        scan = scan_lines if has_lines else scan_list
        texts = decoded(source.blocks(), self.encoding)
        self._items = scan(texts, source.name, self.encoding)
        self._head = self._first_items()
        first = next((item.value for item in self._head if isinstance(item, Item)), None)
        self._shape = _Shape.OBJECTS
        if isinstance(first, str):
            self._shape = _Shape.TITLES
        elif isinstance(first, list) and not has_lines:
            self._shape = _Shape.CVS
        has_cvs = self._shape is _Shape.CVS
        self.renamed: Mapping[str, str] = RENAMED if has_cvs else {}
        self._numbers_cvs = has_cvs and not is_nested
        self._added = frozenset(self.renamed.get(name, name) for name in added)
        if self._numbers_cvs:
            self._added |= {CV}
        self.columns = self._find_columns(column)
        self.column = title_column(source.name, self.columns, column)
        self._known = frozenset(self.columns)
        self._cvs = 0

    @property
    def share(self) -> float | None:  # noqa: D102
        return self._source.share

    def batches(self) -> Iterator[Batch]:  # noqa: D102
        items = chain(self._head, self._items)
        self._head = []
        gathered = _Gathered()
        size = 0
        for item in items:
            if isinstance(item, BadRow):
                gathered.bad.append(item)
                size += len(item.content)
            elif self._shape is _Shape.CVS:
                self._gather_cv(item, gathered)
                size += len(item.text)
            else:
                self._gather(item, gathered)
                size += len(item.text)
            if len(gathered.titles) >= ROWS or len(gathered.bad) >= ROWS or size >= SIZE:
                yield self._batch(gathered)
                gathered, size = _Gathered(), 0
        if gathered.titles or gathered.bad or gathered.sizes:
            yield self._batch(gathered)

    def _first_items(self) -> list[Item | BadRow]:
        items: list[Item | BadRow] = []
        size = 0
        for item in self._items:
            items.append(item)
            size += len(item.text if isinstance(item, Item) else item.content)
            if len(items) >= FIRST_ROWS or size >= SIZE:
                break
        return items

    def _find_columns(self, column: str | None) -> Sequence[str]:
        """Return the fields of the first rows, which are the columns of a table."""
        name = self._source.name
        values = [item.value for item in self._head if isinstance(item, Item)]
        if self._shape is _Shape.CVS:
            values = [job for cv in values if isinstance(cv, list) for job in cv]
        fields: dict[str, None] = {}
        if self._shape is _Shape.TITLES:
            fields[column or "title"] = None
        for value in values:
            if isinstance(value, dict):
                fields |= dict.fromkeys(value)
        if not fields:
            wrong = [item for item in self._head if isinstance(item, BadRow)]
            why = f"line {wrong[0].row}: {wrong[0].reason}" if wrong else "it needs one of titles."
            raise DataError(f"{name} holds no object with fields; {why}")
        refuse_taken(name, fields, self._added)
        return (CV, *fields) if self._numbers_cvs else tuple(fields)

    def _gather_cv(self, item: Item, gathered: _Gathered) -> None:
        if type(item.value) is not list:
            reason = f"A CV, a list of jobs, is expected, found {kind_of(item.value)}."
            gathered.bad.append(BadRow(item.row, reason, printable(item.text)))
            return
        before = len(gathered.titles)
        for job in split_list(item):
            self._gather(job, gathered)
        gathered.sizes.append(len(gathered.titles) - before)
        self._cvs += 1

    def _gather(self, item: Item, gathered: _Gathered) -> None:
        value: Any = item.value
        text = item.text
        if self._shape is _Shape.TITLES and type(value) is str:
            text = f"{{{_dumps(self.column)}: {text}}}"
            value = {self.column: value}
        reason = self._why_bad(value)
        if reason is not None:
            gathered.bad.append(BadRow(item.row, reason, printable(text)))
            return
        if self._numbers_cvs:
            comma = ", " if value else ""
            text = f'{{"{CV}": {self._cvs}{comma}{text[1:]}'
            value[CV] = self._cvs
        gathered.titles.append(value.get(self.column))
        gathered.texts.append(text)
        gathered.records.append(value)

    def _why_bad(self, value: Any) -> str | None:
        """Return what is wrong with a row, as a sentence."""
        if type(value) is not dict:
            return f"An object is expected, found {kind_of(value)}."
        title = value.get(self.column)
        if type(title) is not str and title is not None:
            return f"The title, field '{self.column}', is {kind_of(title)} and not text."
        if not self._added.isdisjoint(value):
            taken = next(name for name in value if name in self._added)
            return f"There is a field '{taken}' already, which would be there twice."
        if self._is_flat and not self._known.issuperset(value):
            unknown = next(name for name in value if name not in self._known)
            return (
                f"The field '{unknown}' is not among those of the first rows, which are the "
                "columns of the table; write JSON to keep it."
            )
        return None

    def _batch(self, gathered: _Gathered) -> Records:
        return Records(
            titles=gathered.titles,
            bad=gathered.bad,
            columns=self.columns,
            texts=gathered.texts,
            records=gathered.records,
            sizes=gathered.sizes if self._shape is _Shape.CVS and self._is_nested else None,
        )


def _as_text(value: object) -> str | None:
    if value is None or type(value) is str:
        return value
    return _dumps(value)

"""All variants side by side: the table, and what each keeps on the way to the CVs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from metier.evaluation import VIEWS, View
from metier.metrics.intervals import Interval
from metier.studies.evidence.models import (
    Against,
    Figure,
    TargetEvidence,
    VariantEvidence,
)
from metier.studies.formats import MISSING, duration, figure, p_value, range_of, signed

__all__ = ["Cell", "Column", "Fall", "Row", "Table", "falls", "variants_table"]

BETTER, WORSE, ALIKE = "▲", "▼", "≈"


@dataclass(frozen=True)
class Cell:
    """A figure of the table.

    Attributes:
        text: What is read.
        value: What is sorted by; None goes last.
        notes: Smaller lines below.
        mark: A sign behind it, explained in the legend.
        meaning: What that sign means, for those who hear it.
        best: Whether it is the best of its column.
    """

    text: str
    value: float | None = None
    notes: tuple[str, ...] = ()
    mark: str = ""
    meaning: str = ""
    best: bool = False


@dataclass(frozen=True)
class Column:
    """A column of the table.

    Attributes:
        heading: Its name.
        descending: Whether a first click sorts the highest first.
        starts: Whether a group of columns begins with it.
        best: Which of its figures is the best one, or None where that says nothing.
    """

    heading: str
    descending: bool = True
    starts: bool = False
    best: Callable[[Sequence[float]], float] | None = None


@dataclass(frozen=True)
class Row:
    """A variant's row; without cells it was not run here."""

    variant: VariantEvidence
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """The table of all variants.

    Attributes:
        groups: Groups of columns: heading, explanation, number of columns.
        columns: The columns, without the variant's name.
        rows: One a variant, in the study's order.
        methods: The methods, for the filter.
    """

    groups: tuple[tuple[str, str, int], ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    methods: tuple[str, ...]


@dataclass(frozen=True)
class Fall:
    """Macro F1 of a variant in distribution and on all jobs."""

    variant: str
    inside: float | None
    outside: float
    interval: Interval | None


def variants_table(evidence: TargetEvidence, *, ordinal: bool) -> Table:
    """Return the table of all variants.

    Args:
        evidence: What the trials of a target show.
        ordinal: Whether the target's labels have ranks, and a mean absolute error with them.
    """
    view_columns = (
        Column("acc.", starts=True, best=max),
        Column("F1", best=max),
        *((Column("MAE", descending=False, best=min),) if ordinal else ()),
    )
    columns = (
        Column("acc.", starts=True, best=max),
        Column("F1", best=max),
        *(column for _ in VIEWS for column in view_columns),
        Column("Δ F1", starts=True),
        Column("p", descending=False),
        Column("time", descending=False, starts=True),
    )
    rows = tuple(
        Row(variant, _cells(variant, ordinal=ordinal) if variant.status == "done" else ())
        for variant in evidence.variants
    )
    return Table(
        groups=(
            ("curated test", "The held-out part of the curated list: like the training data.", 2),
            *((f"CVs: {v.heading}", v.description, len(view_columns)) for v in VIEWS),
            ("to baseline", "Difference in macro F1, and its p-value (Holm).", 2),
            ("training", "Mean time of a training.", 1),
        ),
        columns=columns,
        rows=_with_best(rows, columns),
        methods=tuple(dict.fromkeys(variant.method for variant in evidence.variants)),
    )


def falls(evidence: TargetEvidence) -> tuple[Fall, ...]:
    """Return what each variant keeps on all jobs, the best one first."""
    found = [
        Fall(
            variant=variant.variant,
            inside=None if variant.test is None else variant.test[1].mean,
            outside=outside.macro_f1.mean,
            interval=outside.macro_f1.interval,
        )
        for variant in evidence.variants
        if (outside := variant.figures(View.ALL)) is not None
    ]
    return tuple(sorted(found, key=lambda fall: -fall.outside))


def _cells(variant: VariantEvidence, *, ordinal: bool) -> tuple[Cell, ...]:
    test = variant.test or (None, None)
    cells = [_cell(variant, test[0]), _cell(variant, test[1])]
    for view in VIEWS:
        found = variant.figures(view)
        accuracy, macro_f1, mae = (
            (None, None, None) if found is None else (found.accuracy, found.macro_f1, found.mae)
        )
        cells += [_cell(variant, accuracy), _cell(variant, macro_f1, interval=True)]
        if ordinal:
            cells.append(_cell(variant, mae))
    cells += _against(variant.against)
    cells.append(Cell(duration(variant.seconds), variant.seconds))
    return tuple(cells)


def _cell(variant: VariantEvidence, found: Figure | None, *, interval: bool = False) -> Cell:
    if found is None:
        return Cell(MISSING)
    notes = []
    if interval and found.interval is not None:
        notes.append(range_of(found.interval.low, found.interval.high).replace(" to ", "–"))
    if variant.distinct > 1:
        notes.append(f"± {figure(found.spread)}")
    return Cell(figure(found.mean), found.mean, tuple(notes))


def _against(found: Against | None) -> tuple[Cell, Cell]:
    if found is None:
        return Cell(MISSING), Cell(MISSING)
    test = found.macro_f1
    mark, meaning = ALIKE, "not distinguishable"
    if found.is_distinguishable:
        mark, meaning = (BETTER, "better") if test.value > 0 else (WORSE, "worse")
    notes = () if found.view is View.ALL else (found.view.heading,)
    return (
        Cell(signed(test.value), test.value, notes, mark, meaning),
        Cell(p_value(test.p_holm), test.p_holm),
    )


def _with_best(rows: Sequence[Row], columns: Sequence[Column]) -> tuple[Row, ...]:
    """Mark the best figure of each column; a column with a single figure has none."""
    best: list[float | None] = []
    for place, column in enumerate(columns):
        values = [
            value for row in rows if row.cells and (value := row.cells[place].value) is not None
        ]
        best.append(column.best(values) if column.best and len(values) > 1 else None)
    return tuple(
        replace(
            row,
            cells=tuple(
                replace(cell, best=cell.value is not None and cell.value == top)
                for cell, top in zip(row.cells, best, strict=False)
            ),
        )
        for row in rows
    )

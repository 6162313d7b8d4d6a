"""Files of pseudo-labels: what a labelling run writes, and recorded predictions of any origin."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from metier.data.labelled import UNLABELLED, check_label
from metier.data.tables import MissingColumnError, Table, read_table, read_text
from metier.data.writing import TABLE_SUFFIXES, require_folder, write_table
from metier.errors import DataError
from metier.guidelines import Scale
from metier.prompting.labelling import Labelling
from metier.prompting.votes import PseudoLabel
from metier.titles import title_key

__all__ = ["Predictions", "check_suffix", "predictions_of_rows", "read_predictions", "write_rows"]

# The columns of a labelling run that say what was spent on a title.
SPENT = ("model", "input_tokens", "output_tokens")
EMPTY = (None, "")


@dataclass(frozen=True)
class Predictions:
    """Labels that were given to titles, by whatever means.

    Attributes:
        name: What they are called in tables.
        labels: Target to title key to label; None for a title that was asked and has none.
        spent: Model, and the input and output tokens of all its calls, as far as they are known.
        titles: How many titles these were spent on.
    """

    name: str
    labels: Mapping[str, Mapping[str, str | None]]
    spent: tuple[tuple[str, float, float], ...] = ()
    titles: int = 0

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets that are labelled."""
        return tuple(self.labels)


def check_suffix(path: Path) -> None:
    """Refuse a file to write whose ending names no format, or whose folder is not there.

    Raises:
        DataError: If it cannot be written.
    """
    if path.suffix not in TABLE_SUFFIXES:
        raise DataError(
            f"{path}: the ending tells the format of the output; allowed: "
            f"{', '.join(TABLE_SUFFIXES)}."
        )
    require_folder(path)


def write_rows(labelling: Labelling, path: Path) -> None:
    """Write one row a distinct title, whole or not at all.

    The columns are ``title``, each target, each target's ``TARGET_confidence``, ``status``
    (``labelled`` or ``unlabelled``), ``reason``, ``model``, ``prompt``, ``time``,
    ``input_tokens`` and ``output_tokens``. ``read_pseudo_labels`` reads the labels of CSV and
    Parquet.

    Raises:
        DataError: If the file cannot be written.
    """
    import polars as pl

    targets = labelling.targets
    text = ("title", *targets, "status", "reason", "model", "prompt", "time")
    columns = (
        "title",
        *targets,
        *(f"{target}_confidence" for target in targets),
        *("status", "reason", "model", "prompt", "time", "input_tokens", "output_tokens"),
    )
    frame = pl.DataFrame(
        [_record(row, targets) for row in labelling.rows],
        schema={name: pl.String if name in text else pl.Float64 for name in columns},
        orient="row",
    )
    write_table(frame, path)


def predictions_of_rows(labelling: Labelling, name: str) -> Predictions:
    """Return what a run labelled as predictions; titles that a voter was not asked are left out."""
    rows = [row for row in labelling.rows if not row.unasked]
    return Predictions(
        name=name,
        labels={
            target: {title_key(row.title): row.labels.get(target) for row in rows}
            for target in labelling.targets
        },
        spent=tuple(
            (model, tally.input_tokens, tally.output_tokens)
            for model, tally in labelling.tallies.items()
        ),
        titles=labelling.answered,
    )


def read_predictions(path: Path, scales: Sequence[Scale]) -> Predictions:
    """Read recorded predictions: a column ``title`` and one for each target that was asked.

    The output of a labelling run is such a file, and any table of titles and labels. An empty
    label says that the title was asked and has none, unless there is a column ``time`` and no
    time: then it was not asked, and is left out as are rows with an empty title.

    Args:
        path: A CSV, JSONL or Parquet file.
        scales: The targets that may be there; those without a column are left out.

    Raises:
        DataError: If the file is malformed, has no target, a label is unknown, or a title has
            two labels.
    """
    table = _read_jsonl(path) if path.suffix == ".jsonl" else read_table(path)
    header = tuple(table.columns)
    present = [scale for scale in scales if scale.target in header]
    if "title" not in header:
        raise MissingColumnError(path, header, ["title"])
    if not present:
        raise DataError(
            f"{path} has no predictions: it needs a column "
            f"{' or '.join(scale.target for scale in scales)}; it has: {', '.join(header)}."
        )
    spent = _spent(table) if all(name in header for name in SPENT) else []
    totals = {model: (0.0, 0.0) for model, _, _ in spent}
    for model, sent, received in spent:
        totals[model] = (totals[model][0] + sent, totals[model][1] + received)
    return Predictions(
        name=path.name,
        labels={scale.target: _labels(table, scale) for scale in present},
        spent=tuple((model, *tokens) for model, tokens in totals.items()),
        titles=len(spent),
    )


def _labels(table: Table, scale: Scale) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    times = table.columns.get("time")
    for row in range(len(table.lines)):
        value = table.columns[scale.target][row]
        was_asked = times is None or times[row] not in EMPTY
        if table.columns["title"][row] in EMPTY or (value in EMPTY and not was_asked):
            continue
        key = title_key(table.text(row, "title"))
        label = None
        if value not in EMPTY:
            where = table.where(row, scale.target)
            label = check_label(table.text(row, scale.target), scale, where)
        if found.get(key, label) != label:
            before = "had no label" if found[key] is None else f"was '{found[key]}'"
            raise DataError(
                f"{table.where(row, scale.target)}: the title "
                f"'{table.columns['title'][row]}' {before} before; a title has one prediction."
            )
        found[key] = label
    return found


def _spent(table: Table) -> list[tuple[str, float, float]]:
    found = []
    for model, sent, received in zip(*(table.columns[name] for name in SPENT), strict=True):
        try:
            found.append((str(model), float(str(sent)), float(str(received))))
        except ValueError:
            continue
    return found


def _read_jsonl(path: Path) -> Table:
    records = []
    lines = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise DataError(f"{path}, line {number}: broken JSON: {error}.") from error
        if not isinstance(record, dict):
            raise DataError(f"{path}, line {number}: an object is expected.")
        records.append(record)
        lines.append(number)
    names = list(dict.fromkeys(name for record in records for name in record))
    return Table(path, {name: [record.get(name) for record in records] for name in names}, lines)


def _record(row: PseudoLabel, targets: Sequence[str]) -> tuple[str | float | None, ...]:
    return (
        row.title,
        *(row.labels.get(target) for target in targets),
        *(_rounded(row.confidence.get(target), 4) for target in targets),
        "labelled" if row.is_labelled(targets) else UNLABELLED,
        row.reason,
        row.model,
        row.prompt,
        row.time,
        _rounded(row.input_tokens, 1),
        _rounded(row.output_tokens, 1),
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)

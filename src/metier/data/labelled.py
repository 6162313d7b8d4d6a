"""Titles with labels and a role, and the readers of label lists and pseudo-labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from metier.data.roles import Purpose, Role, require
from metier.data.tables import MissingColumnError, Table, read_table
from metier.errors import DataError, RoleError
from metier.guidelines import Scale
from metier.titles import title_key

__all__ = [
    "Contradiction",
    "LabelledTitles",
    "find_contradictions",
    "join",
    "read_curated",
    "read_label_list",
    "read_labelled",
    "read_pseudo_labels",
    "settle_contradictions",
]


# The status of a row that a labelling run has asked in vain.
UNLABELLED = "unlabelled"


@dataclass(frozen=True)
class LabelledTitles:
    """Titles with their labels for one target.

    Attributes:
        titles: The titles as they stand in the source.
        labels: One label per title, all on the scale.
        scale: The target's scale.
        role: What may be done with these labels.
        source: Where they come from, for messages and reports.
    """

    titles: tuple[str, ...]
    labels: tuple[str, ...]
    scale: Scale
    role: Role
    source: str

    def __len__(self) -> int:
        return len(self.titles)

    @property
    def keys(self) -> list[str]:
        """The titles' keys, by which equal titles are known."""
        return [title_key(title) for title in self.titles]

    @property
    def shares(self) -> dict[str, float]:
        """Each label's share of the rows, in scale order; all are there, absent ones as 0."""
        counts = Counter(self.labels)
        return {label: counts[label] / max(len(self), 1) for label in self.scale.labels}

    def as_validation(self) -> LabelledTitles:
        """Return the same rows as validation data.

        Raises:
            RoleError: If their role forbids fitting: such data never changes its role.
        """
        return self.take(range(len(self)), Role.VALIDATION)

    def take(self, rows: Iterable[int], role: Role | None = None) -> LabelledTitles:
        """Return some rows, in the given order.

        Args:
            rows: Positions of the rows.
            role: The new role, where fittable data becomes validation or evaluation data.

        Raises:
            RoleError: If a role is to be changed that forbids fitting: such data never changes.
        """
        if role is not None and role is not self.role:
            require(Purpose.FIT, self.role, self.source)
        chosen = list(rows)
        return replace(
            self,
            titles=tuple(self.titles[row] for row in chosen),
            labels=tuple(self.labels[row] for row in chosen),
            role=role or self.role,
        )


# From what may be done most with to what may be done least with.
STRICTNESS = (
    Role.TRAINING,
    Role.PSEUDO_LABELLED,
    Role.UNLABELLED,
    Role.VALIDATION,
    Role.DEVELOPMENT,
    Role.EVALUATION,
)


def join(parts: Sequence[LabelledTitles]) -> LabelledTitles:
    """Put sets of one target together; the strictest of their roles holds for all.

    Raises:
        DataError: If there is none, or their scales differ.
    """
    if not parts:
        raise DataError("There is no labelled data to join.")
    for part in parts:
        if part.scale != parts[0].scale:
            raise DataError(
                f"{part.source} has labels of the target '{part.scale.target}', "
                f"{parts[0].source} has labels of '{parts[0].scale.target}'."
            )
    return LabelledTitles(
        titles=tuple(title for part in parts for title in part.titles),
        labels=tuple(label for part in parts for label in part.labels),
        scale=parts[0].scale,
        role=max((part.role for part in parts), key=STRICTNESS.index),
        source=" and ".join(dict.fromkeys(part.source for part in parts)),
    )


@dataclass(frozen=True)
class Contradiction:
    """A title that a source labels in more than one way.

    Attributes:
        title: The title as it first stands there.
        counts: Label to number of rows, most frequent first.
        kept: The label that the title was given.
    """

    title: str
    counts: dict[str, int]
    kept: str


def read_label_list(path: Path, scale: Scale, role: Role = Role.TRAINING) -> LabelledTitles:
    """Read a curated list: the columns ``text`` and ``label`` of a CSV or Parquet file.

    Raises:
        DataError: If the file is malformed, a title is empty or a label is unknown.
    """
    table = read_table(path, ["text", "label"])
    return _labelled(table, "text", "label", scale, role)


def read_pseudo_labels(path: Path, scale: Scale) -> LabelledTitles:
    """Read one target's pseudo-labels: the columns ``title`` and the target's own.

    A labelling run says in the column ``status`` which titles it could not label; where such a
    row has no label, it is left out.

    Raises:
        DataError: If the file is malformed, a title is empty or a label is unknown; if no row
            has a label.
    """
    try:
        table = read_table(path, ["title", scale.target, "status"])
    except MissingColumnError:
        table = read_table(path, ["title", scale.target])
    else:
        table = _without_unlabelled(table, scale.target)
    return _labelled(table, "title", scale.target, scale, Role.PSEUDO_LABELLED)


def read_labelled(path: Path, scale: Scale) -> LabelledTitles:
    """Read a label list or a file of pseudo-labels, whichever its columns tell.

    Raises:
        DataError: If the file is neither.
        RoleError: If it is a file of CVs, whose labels are never fitted.
    """
    if path.suffix == ".json":
        raise RoleError(
            f"{path} looks like CVs; human labels of CVs are scored and never fitted. Labelled "
            "titles to fit come as CSV or Parquet, with the columns text and label, or title and "
            f"{scale.target}."
        )
    try:
        return read_label_list(path, scale)
    except MissingColumnError as neither:
        if "title" not in neither.found:
            raise
    return read_pseudo_labels(path, scale)


def read_curated(path: Path, scale: Scale) -> LabelledTitles:
    """Read a curated list in either form: ``text`` and ``label``, or ``title`` and the target.

    Raises:
        DataError: If the file is malformed, a title is empty or a label is unknown.
        RoleError: If it is a file of CVs, whose labels are never fitted.
    """
    return replace(read_labelled(path, scale), role=Role.TRAINING)


def _without_unlabelled(table: Table, field: str) -> Table:
    kept = [
        row
        for row, status in enumerate(table.columns["status"])
        if status != UNLABELLED or table.columns[field][row] not in (None, "")
    ]
    if not kept:
        raise DataError(f"{table.path}, field '{field}': no title was labelled.")
    return Table(
        table.path,
        {name: [values[row] for row in kept] for name, values in table.columns.items()},
        [table.lines[row] for row in kept],
    )


def check_label(label: str, scale: Scale, where: str) -> str:
    """Return the label if it is on the scale.

    Raises:
        DataError: If it is not; the message names the nearest allowed label.
    """
    if label not in scale.labels:
        raise DataError(
            f"{where}: '{label}' is no label of the target '{scale.target}'; did you mean "
            f"'{scale.nearest(label)}'? Allowed: {', '.join(scale.labels)}."
        )
    return label


def _labelled(
    table: Table, title_field: str, label_field: str, scale: Scale, role: Role
) -> LabelledTitles:
    rows = range(len(table.lines))
    return LabelledTitles(
        titles=tuple(table.text(row, title_field) for row in rows),
        labels=tuple(
            check_label(table.text(row, label_field), scale, table.where(row, label_field))
            for row in rows
        ),
        scale=scale,
        role=role,
        source=table.path.name,
    )


def find_contradictions(data: LabelledTitles) -> list[Contradiction]:
    """List the titles that occur with more than one label.

    The label kept is the most frequent one; of equally frequent ones, the one that comes first.
    """
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    first: dict[str, str] = {}
    for key, title, label in zip(data.keys, data.titles, data.labels, strict=True):
        seen[key][label] += 1
        first.setdefault(key, title)
    return [
        Contradiction(first[key], dict(counts.most_common()), counts.most_common(1)[0][0])
        for key, counts in seen.items()
        if len(counts) > 1
    ]


def settle_contradictions(
    data: LabelledTitles,
) -> tuple[LabelledTitles, list[Contradiction]]:
    """Give every title one label: its most frequent one, of equals the one that comes first.

    No row is dropped, so that a title's frequency still counts. The contradictions are
    returned to be listed.
    """
    contradictions = find_contradictions(data)
    kept = {title_key(found.title): found.kept for found in contradictions}
    labels: Sequence[str] = [
        kept.get(key, label) for key, label in zip(data.keys, data.labels, strict=True)
    ]
    return replace(data, labels=tuple(labels)), contradictions

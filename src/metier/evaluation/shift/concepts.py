"""Concept shift: titles that two sources have in common and label differently."""

from __future__ import annotations

from collections import Counter, defaultdict

from pydantic import BaseModel, ConfigDict

from metier.data import LabelledTitles, Purpose, allows, require, settle_contradictions
from metier.errors import DataError

__all__ = ["ConceptShift", "Relabelled", "concept_shift"]


class Relabelled(BaseModel):
    """A title that is labelled otherwise than in training.

    Attributes:
        title: The title as it first stands there.
        training: Its label in training.
        label: Its label there.
        rows: Rows there with this title and label.
    """

    model_config = ConfigDict(frozen=True)

    title: str
    training: str
    label: str
    rows: int


class ConceptShift(BaseModel):
    """How far labels of the same titles differ; titles are equal but for case and spacing.

    Attributes:
        titles: Different titles in common.
        rows: Rows of the other set with such a title.
        different_titles: Titles among them of which a row is labelled otherwise than in training.
        different_rows: Rows labelled otherwise than in training: what a classifier that
            remembered every training title would have wrong.
        listing: The titles labelled otherwise, those of most rows first; empty where a role
            forbids showing titles.
    """

    model_config = ConfigDict(frozen=True)

    titles: int
    rows: int
    different_titles: int
    different_rows: int
    listing: tuple[Relabelled, ...]


def concept_shift(training: LabelledTitles, other: LabelledTitles) -> ConceptShift:
    """Compare the labels of titles that occur in both sets.

    A title with several labels in training counts with the most frequent one.

    Args:
        training: The training rows.
        other: Judged or pseudo-labelled rows of the same target.

    Raises:
        RoleError: If a role forbids scoring.
        DataError: If the targets differ.
    """
    for part in (training, other):
        require(Purpose.SCORE, part.role, part.source)
    if training.scale != other.scale:
        raise DataError(
            f"{training.source} has labels of the target '{training.scale.target}', "
            f"{other.source} has labels of '{other.scale.target}'."
        )
    settled, _ = settle_contradictions(training)
    known = dict(zip(settled.keys, settled.labels, strict=True))
    first: dict[str, str] = {}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for key, title, label in zip(other.keys, other.titles, other.labels, strict=True):
        if key in known:
            first.setdefault(key, title)
            counts[key][label] += 1
    found = [
        Relabelled(title=first[key], training=known[key], label=label, rows=rows)
        for key, labels in counts.items()
        for label, rows in labels.items()
        if label != known[key]
    ]
    shown = all(allows(Purpose.LOOK, part.role) for part in (training, other))
    return ConceptShift(
        titles=len(counts),
        rows=sum(labels.total() for labels in counts.values()),
        different_titles=len({each.title for each in found}),
        different_rows=sum(each.rows for each in found),
        listing=tuple(sorted(found, key=_most_rows_first)) if shown else (),
    )


def _most_rows_first(found: Relabelled) -> tuple[int, str, str]:
    return -found.rows, found.title, found.label

"""How far sources of labels agree on the titles that they share, and where they do not."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from metier.classifiers.rules.classifier import RulesClassifier
from metier.data import LabelledTitles, Purpose, require, settle_contradictions
from metier.errors import DataError
from metier.guidelines import Guidelines
from metier.metrics import accuracy, confusion_matrix

__all__ = ["Conflict", "PairAgreement", "agreement", "answered_by_rules", "cohen_kappa"]


@dataclass(frozen=True)
class Conflict:
    """A title that two sources label differently.

    Attributes:
        title: The title as it first stands in the first source.
        first: The first source's label.
        second: The second source's label.
    """

    title: str
    first: str
    second: str


@dataclass(frozen=True)
class PairAgreement:
    """How far two sources agree.

    Attributes:
        first: Name of the first source.
        second: Name of the second source.
        titles: Number of different titles that both label.
        agreement: Share of them with the same label, 0 to 1; None without such titles.
        kappa: Cohen's kappa, at most 1, 0 for what chance would give; None without such titles or
            where both sources give all of them one and the same label.
        conflicts: The titles that they label differently, in the first source's order.
    """

    first: str
    second: str
    titles: int
    agreement: float | None
    kappa: float | None
    conflicts: tuple[Conflict, ...]

    @property
    def confusions(self) -> dict[tuple[str, str], int]:
        """Number of conflicts by (label of the first, label of the second), most first."""
        found = Counter((conflict.first, conflict.second) for conflict in self.conflicts)
        return dict(found.most_common())


def agreement(sources: Mapping[str, LabelledTitles]) -> list[PairAgreement]:
    """Compare every two sources on the titles that they share.

    Titles are the same if they are but for case and spacing, and count once; one that a source
    labels in several ways has there the label that it carries most often.

    Args:
        sources: Two or more sets of one target by name; since conflicts show titles, their roles
            must allow looking at them.

    Returns:
        One result per pair, in the order of the sources.

    Raises:
        RoleError: If a source's titles may not be shown.
        DataError: If there are fewer than two sources, or their scales differ.
    """
    if len(sources) < 2:
        raise DataError(f"Agreement is between two sources or more; there are {len(sources)}.")
    scale = next(iter(sources.values())).scale
    for name, data in sources.items():
        require(Purpose.LOOK, data.role, name)
        if data.scale != scale:
            raise DataError(
                f"{name} has labels of the target '{data.scale.target}', the first source has "
                f"labels of '{scale.target}'."
            )
    answers = {name: _answers(data) for name, data in sources.items()}
    pairs = []
    for first, second in itertools.combinations(answers, 2):
        ours, theirs = answers[first], answers[second]
        common = [key for key in ours if key in theirs]
        confusion = confusion_matrix(
            scale.indices([ours[key].label for key in common]),
            scale.indices([theirs[key].label for key in common]),
            len(scale.labels),
        )
        pairs.append(
            PairAgreement(
                first=first,
                second=second,
                titles=len(common),
                agreement=float(accuracy(confusion)) if common else None,
                kappa=cohen_kappa(confusion),
                conflicts=tuple(
                    Conflict(ours[key].title, ours[key].label, theirs[key].label)
                    for key in common
                    if ours[key].label != theirs[key].label
                ),
            )
        )
    return pairs


def answered_by_rules(data: LabelledTitles, guidelines: Guidelines) -> LabelledTitles:
    """Return the same titles with the labels that the rules give them; the role stays.

    Raises:
        StudyError: If the page has no markers.
    """
    rules = RulesClassifier(guidelines.scale, page=guidelines)
    rules.check()
    labels = tuple(verdict.label for verdict in rules.explain(data.titles))
    return replace(data, labels=labels, scale=guidelines.scale, source="rules")


def cohen_kappa(confusion: NDArray[np.integer]) -> float | None:
    """Return Cohen's kappa of a matrix of counts (k, k), or None where it is not defined.

    κ = (p_o − p_e) / (1 − p_e), with p_o the observed share of agreement and p_e the share that
    two sources with the same label shares would reach by chance (Cohen, "A Coefficient of
    Agreement for Nominal Scales", Educational and Psychological Measurement 20, 1960). It is not
    defined without rows, nor where p_e is 1.
    """
    n = int(confusion.sum())
    # In whole numbers, so that a chance agreement of 1 is told exactly.
    by_chance = int(confusion.sum(axis=0) @ confusion.sum(axis=1))
    if n == 0 or by_chance == n * n:
        return None
    observed = int(np.trace(confusion))
    return (observed * n - by_chance) / (n * n - by_chance)


@dataclass(frozen=True)
class _Answer:
    title: str
    label: str


def _answers(data: LabelledTitles) -> dict[str, _Answer]:
    settled, _ = settle_contradictions(data)
    answers: dict[str, _Answer] = {}
    for key, title, label in zip(settled.keys, settled.titles, settled.labels, strict=True):
        answers.setdefault(key, _Answer(title, label))
    return answers

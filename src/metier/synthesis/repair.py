"""Repairing a list whose labels contradict the guidelines, with a reason for every change."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal

from metier.classifiers.rules.classifier import RulesClassifier, Verdict
from metier.data import LabelledTitles, Purpose, require
from metier.errors import DataError
from metier.guidelines import Guidelines, Marker, Strength
from metier.synthesis.out_of_fold import Suggestion, suggest_labels

__all__ = ["ChangedBy", "Repaired", "RepairedTitle", "repair"]

ChangedBy = Literal["rules", "model", ""]
"""What changed a label; empty where nothing did."""


@dataclass(frozen=True)
class RepairedTitle:
    """One row of a list after its repair.

    Attributes:
        title: The title as it stands in the list.
        was: The label that it had.
        label: The label that it has now.
        changed_by: ``"rules"``, ``"model"``, or empty if the label stayed.
        reason: Why the label was changed, or why it is doubtful; empty if nothing speaks
            against it.
        confidence: How sure the reason is, 0 to 1: what the page states for the rules, the
            out-of-fold probability of the model's label; None without a reason.
    """

    title: str
    was: str
    label: str
    changed_by: ChangedBy = ""
    reason: str = ""
    confidence: float | None = None

    @property
    def is_doubtful(self) -> bool:
        """Whether the label stayed although something speaks against it."""
        return bool(self.reason) and not self.changed_by


@dataclass(frozen=True)
class Repaired:
    """A list after its repair.

    Attributes:
        given: The list as it was.
        rows: One row per row of the list, in its order.
        unjudged: Labels with too few different titles for the model; empty without a model.
    """

    given: LabelledTitles
    rows: tuple[RepairedTitle, ...]
    unjudged: tuple[str, ...] = ()

    @property
    def labelled(self) -> LabelledTitles:
        """The list with the repaired labels, in the role that it had."""
        return replace(self.given, labels=tuple(row.label for row in self.rows))

    @property
    def changes(self) -> tuple[RepairedTitle, ...]:
        """The rows whose label was changed."""
        return tuple(row for row in self.rows if row.changed_by)

    @property
    def doubtful(self) -> tuple[RepairedTitle, ...]:
        """The rows whose label stayed although something speaks against it."""
        return tuple(row for row in self.rows if row.is_doubtful)

    @property
    def counts(self) -> dict[tuple[str, str, ChangedBy], int]:
        """Number of changed rows by (label before, label after, what changed it), most first."""
        found = Counter((row.was, row.label, row.changed_by) for row in self.changes)
        return dict(found.most_common())


def repair(
    data: LabelledTitles,
    guidelines: Guidelines,
    *,
    by_model: bool = True,
    min_confidence: float = 0.85,
    min_probability: float = 0.9,
    folds: int = 5,
    seed: int = 42,
) -> Repaired:
    """Repair the labels that contradict the guidelines: by the rules, then by a model.

    The rules come first. A plain or strong marker of another label changes the label if the page
    states enough confidence for its strength; a title without any marker whose label is explicit
    goes to the fallback, whatever the confidence, since the page defines it so. A weak marker
    changes nothing. The model then judges the titles that no plain or strong marker decides (see
    ``suggest_labels``), with the labels as the rules left them. It changes a label only where it
    is sure and the guidelines do not speak against it. What falls short of a change is left as it
    was and listed as doubtful.

    Args:
        data: A list of a role that may be fitted.
        guidelines: The page of the list's target, with its markers.
        by_model: Whether the model judges, too.
        min_confidence: What the page must state for a marker's strength if the marker is to change
            a label, 0 to 1. With 0.85, the packaged pages change departments by strong markers
            only, since a curated department may rest on more than the title.
        min_probability: The least out-of-fold probability of a label that the model gives, 0 to 1.
        folds: Number of folds of the model, 2 or more.
        seed: Seed of the folds.

    Raises:
        RoleError: If the list may not be fitted, as the human labels of CVs.
        DataError: If the page is of another target, a number is out of its range, or there are
            too few titles for the model.
        StudyError: If the page has no markers.
        MissingExtraError: If the model's packages are not installed.
    """
    require(Purpose.FIT, data.role, data.source)
    _check(data, guidelines, min_confidence, min_probability, folds)
    rules = RulesClassifier(guidelines.scale, page=guidelines)
    rules.check()
    verdicts = rules.explain(data.titles)
    rows = [
        _by_rules(title, label, verdict, guidelines, min_confidence)
        for title, label, verdict in zip(data.titles, data.labels, verdicts, strict=True)
    ]
    if not by_model:
        return Repaired(data, tuple(rows))
    after_rules = replace(data, labels=tuple(row.label for row in rows))
    judged = suggest_labels(after_rules, folds=folds, seed=seed)
    for position, suggestion in judged.suggestions.items():
        rows[position] = _by_model(
            rows[position], verdicts[position], suggestion, guidelines, min_probability
        )
    return Repaired(data, tuple(rows), judged.unjudged)


def _check(
    data: LabelledTitles,
    guidelines: Guidelines,
    min_confidence: float,
    min_probability: float,
    folds: int,
) -> None:
    if data.scale != guidelines.scale:
        raise DataError(
            f"{data.source} has labels of the target '{data.scale.target}', the guidelines are "
            f"those of '{guidelines.target}'."
        )
    for name, value in (("confidence", min_confidence), ("probability", min_probability)):
        if not 0 <= value <= 1:
            raise DataError(f"The least {name} is {value}; it must be from 0 to 1.")
    if folds < 2:
        raise DataError(f"The number of folds is {folds}; it must be 2 or more.")


def _by_rules(
    title: str, label: str, verdict: Verdict, page: Guidelines, min_confidence: float
) -> RepairedTitle:
    row = RepairedTitle(title, label, label)
    marker = _deciding(verdict)
    if marker is not None and verdict.label != label:
        reason = _says(marker, page)
        if verdict.confidence >= min_confidence:
            return RepairedTitle(title, label, verdict.label, "rules", reason, verdict.confidence)
        return replace(
            row,
            reason=f"{reason}, with a confidence below {min_confidence:g}",
            confidence=verdict.confidence,
        )
    if verdict.marker is None and label in _explicit(page) and label != page.fallback:
        reason = f"no marker of {label}, which needs one; the fallback is {page.fallback}"
        return RepairedTitle(title, label, page.fallback, "rules", reason, verdict.confidence)
    return row


def _by_model(
    row: RepairedTitle,
    verdict: Verdict,
    suggestion: Suggestion,
    page: Guidelines,
    min_probability: float,
) -> RepairedTitle:
    marker = _deciding(verdict)
    if row.changed_by or (marker is not None and verdict.label == row.was):
        return row
    reason = (
        f"similar titles are {suggestion.label}: out-of-fold probability "
        f"{suggestion.probability:.2f}, of {row.was} {suggestion.of_given:.2f}"
    )
    against = ""
    if marker is not None and verdict.label != suggestion.label:
        against = f"but {_says(marker, page)}"
    elif verdict.marker is None and suggestion.label in _explicit(page):
        against = f"but {suggestion.label} needs a marker"
    elif suggestion.probability < min_probability:
        against = f"less than {min_probability:g}"
    if against:
        return replace(row, reason=f"{reason}; {against}", confidence=suggestion.probability)
    return replace(
        row,
        label=suggestion.label,
        changed_by="model",
        reason=reason,
        confidence=suggestion.probability,
    )


def _deciding(verdict: Verdict) -> Marker | None:
    """Return the marker that decided, if it is more than a weak one."""
    marker = verdict.marker
    return marker if marker is not None and marker.strength > Strength.WEAK else None


def _says(marker: Marker, page: Guidelines) -> str:
    names = {language.code: language.language for language in page.languages}
    return f"'{marker.text}' ({names[marker.language]}) is a marker of {marker.label}"


def _explicit(page: Guidelines) -> set[str]:
    return {label.name for label in page.labels if label.explicit}

"""Rules: the markers of a guidelines page as a classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from metier.classifiers.contract import LabelledPart, read_manifest, write_manifest
from metier.classifiers.pages import FollowsPage, read_page, write_page
from metier.classifiers.rules.matching import NO_MARKER, Matcher
from metier.errors import StudyError
from metier.guidelines import Guidelines, Marker, Scale
from metier.titles import LONGEST, fold

__all__ = ["RulesClassifier", "Verdict"]

# What is folded at once: long enough to share the cost, short enough to stay small in memory.
AT_ONCE = 20_000


@dataclass(frozen=True)
class Verdict:
    """Why the rules give a label.

    Attributes:
        label: The label.
        confidence: How often answers of this strength are right, as the page states it.
        marker: The marker that decided, or None where the fallback applies.
    """

    label: str
    confidence: float
    marker: Marker | None


class RulesClassifier(FollowsPage):
    """Tells a label by the markers of a guidelines page; fitting changes nothing.

    A title gets the confidence that the page states for the strength of its marker; the other
    labels share the rest. Only the first 1,000 characters of a title are read.

    Args:
        scale: The labels; they must be those of the page.
        page: The guidelines, or where they are: a packaged target or the path of a page; by
            default the packaged page of the scale's target.
    """

    method = "rules"
    is_fitted = False
    built_on = ("metier.guidelines.markers", "metier.titles.words")

    def __init__(self, scale: Scale, *, page: str | Guidelines | None = None) -> None:
        self.scale = scale
        self.page = page

    def check(self) -> None:
        """Read the page.

        Raises:
            GuidelinesError: If there is none, or it is malformed.
            StudyError: If it has other labels, or no markers.
        """
        if not self.guidelines.markers:
            raise StudyError(f"The guidelines page '{self.guidelines.target}' has no markers.")

    def fit(
        self,
        titles: Sequence[str],
        labels: Sequence[str],
        *,
        validation: LabelledPart | None = None,
    ) -> Self:
        """Check the page; rules learn nothing from titles."""
        self.check()
        return self

    def predict_proba(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K); rows sum to 1."""
        decided = self._decide(titles)
        return np.asarray(self._rows[decided])

    def explain(self, titles: Sequence[str]) -> list[Verdict]:
        """Return label, confidence and the marker that decided, for each title."""
        page = self.guidelines
        verdicts = []
        for number in self._decide(titles):
            marker = None if number == NO_MARKER else self._matcher.markers[number]
            verdicts.append(
                Verdict(
                    label=_label(page, marker),
                    confidence=_confidence(page, marker),
                    marker=marker,
                )
            )
        return verdicts

    def reasons(self, titles: Sequence[str]) -> list[str]:
        """Return the marker that decided each title, with its language."""
        return [
            "no marker" if marker is None else f"{marker.text} ({marker.language})"
            for marker in (verdict.marker for verdict in self.explain(titles))
        ]

    def save(self, folder: Path) -> None:
        """Write the page into a folder; the saved rules need no other file."""
        write_manifest(folder, self)
        write_page(folder, self.guidelines)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            ModelError: If the folder holds no rules.
        """
        scale, _ = read_manifest(folder)
        return cls(scale, page=read_page(folder))

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher(self.guidelines)

    @cached_property
    def _rows(self) -> NDArray[np.float64]:
        """One row of probabilities per marker, and the fallback's as the last."""
        page = self.guidelines
        markers = [*self._matcher.markers, None]
        sure = np.asarray([_confidence(page, marker) for marker in markers])
        labels = self.scale.indices([_label(page, marker) for marker in markers])
        spread = (1 - sure) / (len(self.scale.labels) - 1)
        rows = np.repeat(spread[:, np.newaxis], len(self.scale.labels), axis=1)
        rows[np.arange(len(markers)), labels] = sure
        return np.asarray(rows, dtype=np.float64)

    def _decide(self, titles: Sequence[str]) -> list[int]:
        decided: list[int] = []
        for start in range(0, len(titles), AT_ONCE):
            read = [title[:LONGEST] for title in titles[start : start + AT_ONCE]]
            decided += self._matcher.decide(fold(read))
        return decided


def _label(page: Guidelines, marker: Marker | None) -> str:
    return page.fallback if marker is None or marker.label is None else marker.label


def _confidence(page: Guidelines, marker: Marker | None) -> float:
    return page.confidence.fallback if marker is None else page.confidence.of(marker.strength)

"""The profile of a classifier: what the titles looked like that it was trained and validated on.

It lies beside the classifier, so that titles that come later can be compared with it. Both sides
are measured by :func:`observe`, in one way.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from metier.classifiers.contract import Classifier
from metier.classifiers.rules import statuses
from metier.data import LabelledTitles, Purpose, require
from metier.errors import DataError, ModelError
from metier.titles import TitleStatus, fold, words_of

__all__ = [
    "LEVELS",
    "PROFILE",
    "Observation",
    "Profile",
    "observe",
    "profile_of",
    "profile_of_titles",
    "read_profile",
    "unknown_share",
    "write_profile",
]

PROFILE = "profile.json"
# The most frequent words are known; who trains on more has met the rest a few times at most.
MOST_WORDS = 20_000
# Training titles that are asked where there are no validation titles.
ASKED_TRAINING = 2_000
# What is folded at once: short enough to stay small in memory.
AT_ONCE = 20_000

LEVELS = np.linspace(0, 1, 21)
"""The shares of titles at which quantiles of the confidence are kept: 0, .05, .1, ..., 1."""


class Profile(BaseModel):
    """What a classifier's own titles are like, to compare others with; shares are in [0, 1].

    Attributes:
        format: The version of this format.
        target: The target.
        titles: Rows of the training titles, from which the known words are.
        training_shares: Label to share among the training labels, in scale order; None where
            the profile is of titles without labels.
        measured_on: The titles on which everything below but the words was measured. What is
            measured on training titles flatters the classifier.
        measured: Rows of those.
        untitled: Share of those rows that hold no title.
        predicted_shares: Label to share among the answers, in scale order; empty where a costly
            classifier was not asked.
        mean_confidence: Mean probability of the answers; None where there are none.
        confidence: Quantiles of that probability at ``LEVELS``, each a value that occurred; empty
            where there are none.
        words: Known words, folded, sorted.
        unknown_words: Share of the words that are not known; None where none could be unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    target: str
    titles: int
    training_shares: dict[str, float] | None
    measured_on: Literal["validation", "training", "reference"]
    measured: int
    untitled: float
    predicted_shares: dict[str, float]
    mean_confidence: float | None
    confidence: tuple[float, ...]
    words: tuple[str, ...]
    unknown_words: float | None

    @model_validator(mode="after")
    def _check(self) -> Self:
        expected = len(LEVELS) if self.predicted_shares else 0
        if len(self.confidence) != expected:
            raise ValueError(f"there are {len(self.confidence)} quantiles, not {expected}")
        return self


@dataclass(frozen=True)
class Observation:
    """What a classifier makes of titles.

    Attributes:
        rows: Rows, titles or not, without those that were left out.
        left_out: Further rows, whose title the classifier does not cover.
        titles: The rows that hold a title, n of them.
        untitled: Share of the rows that hold none.
        shares: Label to share among the answers to titles, in scale order; empty where the
            classifier was not asked.
        confidence: Probability of each answer, shape (n,), or (0,) where it was not asked.
    """

    rows: int
    left_out: int
    titles: tuple[str, ...]
    untitled: float
    shares: dict[str, float]
    confidence: NDArray[np.float64]


def observe(classifier: Classifier, titles: Sequence[str]) -> Observation:
    """Measure what a classifier makes of titles, asking each different one once.

    Rows that hold no title (``metier.classifiers.rules.statuses``) are counted and not asked.
    Those whose title the classifier does not cover are left out: its answers would say nothing. A
    costly classifier is asked like any other: these are the titles that are to be answered.

    Raises:
        DataError: If no row holds a title, or none that the classifier covers.
    """
    rows = _titles_among(titles)
    held = list(rows)
    asked = [title for title, covered in zip(held, classifier.covers(held), strict=True) if covered]
    if not asked:
        raise DataError(
            f"None of {len(titles)} rows holds a title that the model can answer, so there is "
            "none to measure."
        )
    probabilities = classifier.predict_proba(asked)
    times = np.asarray([rows[title] for title in asked])
    left_out = rows.total() - int(times.sum())
    counted = len(titles) - left_out
    labels = classifier.scale.labels
    counts = np.bincount(probabilities.argmax(axis=1), weights=times, minlength=len(labels))
    return Observation(
        rows=counted,
        left_out=left_out,
        titles=tuple(title for title in asked for _ in range(rows[title])),
        untitled=float(1 - times.sum() / counted),
        shares={
            label: float(count / times.sum()) for label, count in zip(labels, counts, strict=True)
        },
        confidence=np.repeat(probabilities.max(axis=1), times),
    )


def unknown_share(titles: Sequence[str], known: Collection[str]) -> float:
    """Return the share of the titles' words that are not known, 0 where there are no words.

    Titles in scripts without spaces are one word each, or a few; most of theirs are unknown.
    """
    unknown = [word not in known for word in _words(titles)]
    return sum(unknown) / max(len(unknown), 1)


def profile_of(
    classifier: Classifier, training: LabelledTitles, validation: LabelledTitles | None
) -> Profile:
    """Measure what a fitted classifier's own titles are like.

    A costly classifier is not asked for them: its profile has words and rows without a title, but
    neither label shares nor confidence.

    Args:
        classifier: The classifier.
        training: What it was fitted to.
        validation: Titles of the same kind that it was not fitted to; without them at most 2,000
            training titles are asked, spread over their order, and no word is unknown.

    Raises:
        RoleError: If a set's role forbids what it is used for.
        DataError: If no row to be measured holds a title that the classifier covers.
    """
    require(Purpose.FIT, training.role, training.source)
    known = _known(training.titles)
    if validation is None:
        step = -(-len(training) // ASKED_TRAINING) or 1
        own = training.titles[::step]
    else:
        require(Purpose.STOP, validation.role, validation.source)
        own = validation.titles
    found = _unasked(own) if classifier.is_costly else observe(classifier, own)
    unknown = None if validation is None else unknown_share(found.titles, known)
    return _profile(
        classifier,
        found,
        known,
        titles=len(training),
        training_shares=training.shares,
        measured_on="training" if validation is None else "validation",
        unknown_words=unknown,
    )


def profile_of_titles(classifier: Classifier, titles: Sequence[str]) -> Profile:
    """Measure titles without labels, to be compared with: those of a time when all was well.

    A half of them, drawn at random, gives the known words, and the other half is measured; for
    it, the classifier is asked even if it is costly.

    Raises:
        DataError: If no row to be measured holds a title that the classifier covers.
    """
    order = np.random.default_rng(0).permutation(len(titles))
    half = len(titles) // 2
    known = _known([titles[row] for row in order[:half]])
    found = observe(classifier, [titles[row] for row in order[half:]])
    return _profile(
        classifier,
        found,
        known,
        titles=half,
        training_shares=None,
        measured_on="reference",
        unknown_words=unknown_share(found.titles, known),
    )


def write_profile(folder: Path, profile: Profile) -> None:
    """Write a profile into a classifier's folder, whole or not at all."""
    scratch = folder / f"{PROFILE}.tmp"
    scratch.write_text(profile.model_dump_json(indent=1) + "\n", encoding="utf-8")
    os.replace(scratch, folder / PROFILE)


def read_profile(folder: Path) -> Profile:
    """Read the profile in a classifier's folder.

    Raises:
        ModelError: If there is none, or it is broken or of another version.
    """
    path = folder / PROFILE
    try:
        return Profile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ModelError(
            f"{folder} has no profile of the titles that it was trained on: train it again with "
            "this version, or name titles to compare with (--reference)."
        ) from error
    except ValidationError as error:
        raise ModelError(f"{path} is broken or of another version of metier.") from error


def _titles_among(rows: Sequence[str]) -> Counter[str]:
    """Return the different titles among rows, and how many rows each has.

    Raises:
        DataError: If no row holds a title.
    """
    counts = Counter(rows)
    for row, status in zip(list(counts), statuses(list(counts)), strict=True):
        if status is not TitleStatus.TITLE:
            del counts[row]
    if not counts:
        raise DataError(f"None of {len(rows)} rows holds a title, so there is none to measure.")
    return counts


def _unasked(rows: Sequence[str]) -> Observation:
    """Measure what can be told of rows without asking a classifier."""
    titles = tuple(_titles_among(rows).elements())
    return Observation(
        rows=len(rows),
        left_out=0,
        titles=titles,
        untitled=1 - len(titles) / len(rows),
        shares={},
        confidence=np.empty(0),
    )


def _profile(
    classifier: Classifier,
    found: Observation,
    known: frozenset[str],
    *,
    titles: int,
    training_shares: dict[str, float] | None,
    measured_on: Literal["validation", "training", "reference"],
    unknown_words: float | None,
) -> Profile:
    sure = found.confidence
    # Of quantiles that occurred it is known exactly which share lies below and above.
    quantiles = np.quantile(sure, LEVELS, method="inverted_cdf") if len(sure) else sure
    return Profile(
        target=classifier.scale.target,
        titles=titles,
        training_shares=training_shares,
        measured_on=measured_on,
        measured=found.rows,
        untitled=found.untitled,
        predicted_shares=found.shares,
        mean_confidence=float(sure.mean()) if len(sure) else None,
        confidence=tuple(quantiles.tolist()),
        words=tuple(sorted(known)),
        unknown_words=unknown_words,
    )


def _known(titles: Sequence[str]) -> frozenset[str]:
    return frozenset(word for word, _ in Counter(_words(titles)).most_common(MOST_WORDS))


def _words(titles: Sequence[str]) -> Iterator[str]:
    for start in range(0, len(titles), AT_ONCE):
        for folded in fold(titles[start : start + AT_ONCE]):
            yield from words_of(folded)

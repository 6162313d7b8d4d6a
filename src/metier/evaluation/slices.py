"""Slices: kinds of titles on which a classifier may do better or worse than on all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from metier.data import CVs
from metier.evaluation.views import View, rows_of_view
from metier.guidelines import Scale
from metier.metrics.significance import Estimate, intervals_over_seeds
from metier.titles import AND, ROLE_END, fold, is_unspaced, normalise, title_key, words_of

__all__ = [
    "FEW_CVS",
    "SMALL",
    "Dimension",
    "GenderForm",
    "SliceScore",
    "gender_forms",
    "score_slices",
    "slices_of",
]

SMALL = 30
"""A slice of fewer rows is flagged: its figures say little."""

FEW_CVS = 10
"""So is one whose rows come from fewer CVs, of which a bootstrap has little to draw."""


class Dimension(StrEnum):
    """A way to part titles into slices."""

    LANGUAGE = "language"
    NOVELTY = "novelty"
    LENGTH = "length"
    ROLES = "roles"
    GENDER = "gender"
    JOBS = "jobs"

    @property
    def description(self) -> str:
        """What parts the titles, in one sentence."""
        return {
            Dimension.LANGUAGE: "The language that a detector tells of the title alone.",
            Dimension.NOVELTY: "Whether the title occurs in a training or pseudo-labelled text "
            "of the study, but for case and spacing.",
            Dimension.LENGTH: "The number of words; scripts without spaces stand apart.",
            Dimension.ROLES: "Several roles are parted by a stroke, a semicolon, a dot or a "
            "slash between spaces; 'and' in any language, '&', '+' and a slash within a phrase "
            "join roles or functions.",
            Dimension.GENDER: "A note such as (m/w/d), both forms in one (-er/in, -er*in, "
            "-teur·rice, or one beside the other), a feminine form by its ending, which some names "
            "share, or none.",
            Dimension.JOBS: "The job held now with the latest start, one row a CV.",
        }[self]


class GenderForm(StrEnum):
    """How a title shows a gender."""

    NOTE = "note"
    BOTH = "both forms"
    FEMININE = "feminine form"
    NONE = "none marked"


class SliceScore(BaseModel):
    """How well a method does on one slice; figures are means over seeds.

    Attributes:
        dimension: What parts the titles.
        name: The slice.
        n: Rows.
        cvs: CVs that the rows come from.
        accuracy: Share of rows whose label is right.
        macro_f1: Mean F1 over the labels that occur in the slice.
        small: Whether the slice has so few rows, or rows of so few CVs, that its figures say
            little.
    """

    model_config = ConfigDict(frozen=True)

    dimension: str
    name: str
    n: int
    cvs: int
    accuracy: Estimate
    macro_f1: Estimate
    small: bool


_ROLES = ("one", "joined", "several")
_SIGNS = frozenset((AND, ROLE_END))
_LENGTHS = ((1, "1 word"), (3, "2–3 words"), (6, "4–6 words"))
_LONGEST = "7 words or more"
_UNSPACED = "script without spaces"

# Commas part a list of anything; between single letters they are a note in brackets alone.
_NOTE = re.compile(
    r"(?<![^\W_])(?:[mwfdhxvkzмжч](?:\s*[/|]\s*[mwfdhxvkzмжч]){1,3}|all genders)(?![^\W_])"
    r"|[(\[]\s*[mwfdhxvkzмжч](?:\s*[/|,]\s*[mwfdhxvkzмжч]){1,3}(?![^\W_])"
    r"|\(gn\)"
)
# What an ending of both forms stands behind; fold() takes such an ending away.
_FORM_SIGNS = str.maketrans(dict.fromkeys("*:·•_/(", " "))
# Endings, folded, of German, French and Italian, and of Spanish and Portuguese, that stand on
# little else; an ending in -a or -ka alone would take in too many other words.
_FEMININE = re.compile(
    r".{3,}(?:(?:er|or|ist|ant|ent|eur|log|rat|walt)in|innen|frau|trice|euse|iere|[dst]ora)"
    r"|.*(?:arztin|kochin)"
)
# Words and names, folded, that end so and are no feminine forms; there are more names than these.
_NOT_FEMININE = frozenset(
    {
        *("barriere", "carriere", "croisiere", "filiere", "frontiere", "lumiere", "matiere"),
        *("beatrice", "isadora", "matrice", "pandora", "theodora"),
        *("argentin", "constantin", "florentin", "severin", "valentin"),
    }
)
# Shorter beginnings are shared by words that have nothing else in common.
_SHARED = 4


def slices_of(
    cvs: CVs, seen_titles: Iterable[str], languages: Sequence[str]
) -> dict[str, dict[str, list[int]]]:
    """Part the jobs of CVs into slices.

    Each dimension but that of one job a CV holds every row once. Unlike the view of new titles, a
    slice counts a title as often as it occurs.

    Args:
        cvs: The CVs.
        seen_titles: All training and pseudo-labelled titles.
        languages: Each job's language, as ``language_of`` tells it.

    Returns:
        Dimension to slice to rows, as positions in ``cvs.jobs`` in file order. Languages come
        with the most frequent first, other slices in the order of their kind; none is empty.

    Raises:
        ValueError: If there is not one language per job.
    """
    titles = cvs.titles
    if len(languages) != len(titles):
        raise ValueError(f"{len(languages)} languages of {len(titles)} jobs")
    seen = {title_key(title) for title in seen_titles}
    novelty = ["known" if title_key(title) in seen else "new" for title in titles]
    words = fold(titles)
    lengths = [_length(title, folded) for title, folded in zip(titles, words, strict=True)]
    found = {
        Dimension.LANGUAGE: _rows(languages, _by_frequency(languages)),
        Dimension.NOVELTY: _rows(novelty, ("new", "known")),
        Dimension.LENGTH: _rows(lengths, (*(name for _, name in _LENGTHS), _LONGEST, _UNSPACED)),
        Dimension.ROLES: _rows([_roles(folded) for folded in words], _ROLES),
        Dimension.GENDER: _rows(gender_forms(titles), tuple(GenderForm)),
        Dimension.JOBS: {View.ONE.heading: rows_of_view(View.ONE, cvs, ())},
    }
    return {
        str(dimension): {str(name): rows for name, rows in slices.items() if rows}
        for dimension, slices in found.items()
    }


def score_slices(
    truth: NDArray[np.intp],
    predictions_per_seed: Sequence[NDArray[np.intp]],
    groups: NDArray[np.intp],
    scale: Scale,
    slices: Mapping[str, Mapping[str, Sequence[int]]],
) -> tuple[SliceScore, ...]:
    """Score a method on each slice; small slices are flagged and stay.

    Figures are means over seeds; their intervals hold what other CVs and other seeds would have
    given. Of a slice with few CVs they are too narrow, which is why it counts as small: with
    fewer than 30 rows, or rows of fewer than 10 CVs.

    Args:
        truth: Label indices, shape (n,).
        predictions_per_seed: Label indices that each seed's classifier gave, each of shape (n,).
        groups: The CV of each row, shape (n,).
        scale: The target's scale.
        slices: Dimension to slice to rows, as ``slices_of`` gives them; one without rows is left
            out.

    Raises:
        ValueError: If there is no seed, or the lengths differ.
    """
    for given in (*predictions_per_seed, groups):
        if len(given) != len(truth):
            raise ValueError(f"{len(given)} predictions or groups of {len(truth)} rows")
    return tuple(
        _score(dimension, name, list(rows), truth, predictions_per_seed, groups, scale)
        for dimension, by_name in slices.items()
        for name, rows in by_name.items()
        if len(rows)
    )


def gender_forms(titles: Sequence[str]) -> list[GenderForm]:
    """Tell how each title shows a gender, by its form alone.

    A note goes before an ending. Feminine forms are told by endings of German, French, Italian,
    Spanish and Portuguese; those of other languages are not told from other words. Some names
    and nouns have such an ending, too: frequent ones are known, others count as feminine.
    """
    texts = [normalise(title).casefold() for title in titles]
    bare = [_NOTE.sub(" ", text) for text in texts]
    found = []
    for text, without, folded, parted in zip(
        texts,
        bare,
        fold(bare),
        fold([text.translate(_FORM_SIGNS) for text in bare]),
        strict=True,
    ):
        if without != text:
            found.append(GenderForm.NOTE)
        elif len(words_of(parted)) > len(words_of(folded)) or _has_pair(folded.split()):
            found.append(GenderForm.BOTH)
        elif any(map(_is_feminine, words_of(folded))):
            found.append(GenderForm.FEMININE)
        else:
            found.append(GenderForm.NONE)
    return found


def _score(
    dimension: str,
    name: str,
    rows: list[int],
    truth: NDArray[np.intp],
    predictions: Sequence[NDArray[np.intp]],
    groups: NDArray[np.intp],
    scale: Scale,
) -> SliceScore:
    scores = intervals_over_seeds(
        truth[rows], [given[rows] for given in predictions], groups[rows], len(scale.labels)
    )
    cvs = len(set(groups[rows].tolist()))
    return SliceScore(
        dimension=dimension,
        name=name,
        n=len(rows),
        cvs=cvs,
        accuracy=scores.accuracy,
        macro_f1=scores.macro_f1,
        small=len(rows) < SMALL or cvs < FEW_CVS,
    )


def _rows(names: Sequence[str], order: Sequence[str]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {name: [] for name in order}
    for row, name in enumerate(names):
        rows[name].append(row)
    return rows


def _by_frequency(names: Sequence[str]) -> list[str]:
    counts = Counter(names)
    return sorted(counts, key=lambda name: (-counts[name], name))


def _length(title: str, folded: str) -> str:
    if is_unspaced(title):
        return _UNSPACED
    count = len(words_of(folded))
    return next((name for most, name in _LENGTHS if count <= most), _LONGEST)


def _roles(folded: str) -> str:
    if sum(bool(words_of(role)) for role in folded.split(ROLE_END)) > 1:
        return "several"
    # A sign between single letters or numbers is part of an abbreviation: "R&D", "24/7".
    return "joined" if any(map(_has_word, _parted(folded.split(), (AND,)))) else "one"


def _has_word(pair: tuple[str, str]) -> bool:
    return any(len(word) > 1 and not word.isdigit() for word in pair)


def _is_feminine(word: str) -> bool:
    return word not in _NOT_FEMININE and _FEMININE.fullmatch(word) is not None


def _has_pair(words: Sequence[str]) -> bool:
    """Tell whether a feminine form stands beside what looks like its masculine one."""
    return any(
        first[:_SHARED] == second[:_SHARED] and _is_feminine(first) != _is_feminine(second)
        for first, second in _parted(words, _SIGNS)
    )


def _parted(words: Sequence[str], signs: Collection[str]) -> list[tuple[str, str]]:
    """Return the words on either side of each of the signs that stands between two."""
    return [
        (before, after)
        for before, sign, after in zip(words, words[1:], words[2:], strict=False)
        if sign in signs and before not in _SIGNS and after not in _SIGNS
    ]

"""What a model that has not seen a title makes of the title's label."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metier.data import LabelledTitles
from metier.errors import DataError, MissingExtraError

__all__ = ["Judged", "Suggestion", "deal_into_folds", "suggest_labels"]


@dataclass(frozen=True)
class Suggestion:
    """Another label for a row whose own one looks wrong.

    Attributes:
        label: The label that the model finds most probable.
        probability: Its out-of-fold probability, 0 to 1.
        of_given: The out-of-fold probability of the row's own label, 0 to 1.
    """

    label: str
    probability: float
    of_given: float


@dataclass(frozen=True)
class Judged:
    """What the model says of a set.

    Attributes:
        suggestions: Position of the row to the suggestion, for the rows that look wrong.
        unjudged: Labels with too few different titles to be judged or suggested, in scale order.
    """

    suggestions: dict[int, Suggestion]
    unjudged: tuple[str, ...]


def suggest_labels(data: LabelledTitles, *, folds: int = 5, seed: int = 42) -> Judged:
    """Find labels that look wrong to a model fitted to the other titles.

    The model is a logistic regression on TF-IDF of words and of characters. Which labels are
    issues is cleanlab's to say, by confident learning (Northcutt, Jiang and Chuang, "Confident
    Learning: Estimating Uncertainty in Dataset Labels", JAIR 70, 2021). A label with fewer
    different titles than folds takes no part: a model that has hardly met it would call all its
    titles wrong.

    Args:
        data: Titles and labels.
        folds: Number of folds, 2 or more; each is judged by a model of the others.
        seed: Seed of the folds.

    Raises:
        MissingExtraError: If scikit-learn or cleanlab is not installed.
        DataError: If fewer than two labels have as many different titles as there are folds.
    """
    try:
        from cleanlab.filter import find_label_issues
    except ModuleNotFoundError as error:
        raise MissingExtraError("Judging labels by a model", "train") from error
    keys = data.keys
    titles_of = _titles_of(keys, data.labels)
    labels = [label for label in data.scale.labels if len(titles_of[label]) >= folds]
    if len(labels) < 2:
        raise DataError(
            f"{data.source}: a model of {folds} folds needs two labels of {folds} different "
            f"titles or more; there are {len(labels)}. Repair it by the rules alone."
        )
    position = {label: index for index, label in enumerate(labels)}
    rows = [row for row, label in enumerate(data.labels) if label in position]
    given = np.asarray([position[data.labels[row]] for row in rows], dtype=np.intp)
    texts = [keys[row] for row in rows]
    fold_of = deal_into_folds(texts, [data.labels[row] for row in rows], folds=folds, seed=seed)
    probabilities = _out_of_fold(texts, given, fold_of, len(labels))
    # One process: the sets are small, and workers would cost more than they bring.
    issues = find_label_issues(given, probabilities, n_jobs=1)
    best = probabilities.argmax(axis=1)
    return Judged(
        suggestions={
            rows[i]: Suggestion(
                label=labels[best[i]],
                probability=float(probabilities[i, best[i]]),
                of_given=float(probabilities[i, given[i]]),
            )
            for i in np.flatnonzero(issues & (best != given))
        },
        unjudged=tuple(
            label for label in data.scale.labels if titles_of[label] and label not in position
        ),
    )


def deal_into_folds(
    keys: Sequence[str], labels: Sequence[str], *, folds: int, seed: int
) -> NDArray[np.intp]:
    """Deal rows into folds at random, each label on its own; equal keys stay together.

    Args:
        keys: The titles' keys, n of them.
        labels: One label per key.
        folds: Number of folds.
        seed: Seed of the deal.

    Returns:
        The fold of each row, from 0, shape (n,).
    """
    titles_of = _titles_of(keys, labels)
    # A title with several labels goes with the rarest of them, which can spare it least.
    by_rarity = sorted(titles_of, key=lambda label: (len(titles_of[label]), label))
    random = np.random.default_rng(seed)
    fold_of: dict[str, int] = {}
    for label in by_rarity:
        own = [key for key in titles_of[label] if key not in fold_of]
        random.shuffle(own)
        # Going on from the fold after the last one keeps the folds of one size.
        for key in own:
            fold_of[key] = len(fold_of) % folds
    return np.asarray([fold_of[key] for key in keys], dtype=np.intp)


def _titles_of(keys: Sequence[str], labels: Sequence[str]) -> dict[str, Counter[str]]:
    titles_of: dict[str, Counter[str]] = defaultdict(Counter)
    for key, label in zip(keys, labels, strict=True):
        titles_of[label][key] += 1
    return titles_of


def _out_of_fold(
    texts: list[str], given: NDArray[np.intp], fold_of: NDArray[np.intp], k: int
) -> NDArray[np.float64]:
    """Return probabilities of shape (n, k), each row by a model that was fitted without it."""
    probabilities = np.zeros((len(texts), k))
    for fold in np.unique(fold_of):
        inside, outside = np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)
        model = _new_model()
        model.fit([texts[i] for i in outside], given[outside])
        # A label all of whose titles also carry rarer labels may be missing from a fold's model.
        found = model.predict_proba([texts[i] for i in inside])
        probabilities[np.ix_(inside, model.classes_)] = found
    return probabilities


def _new_model() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    # Words of one letter count, too: they are whole words in some scripts.
    words = TfidfVectorizer(token_pattern=r"\w+", ngram_range=(1, 2), sublinear_tf=True)  # noqa: S106
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    return make_pipeline(
        make_union(words, characters), LogisticRegression(C=10.0, max_iter=1000, tol=1e-3)
    )

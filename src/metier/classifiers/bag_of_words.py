"""Bag of words: TF-IDF features and logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_union

from metier.classifiers.pipelines import Imbalance, RegressionOnFeatures
from metier.errors import StudyError
from metier.guidelines import Scale
from metier.titles import title_key

__all__ = ["BagOfWordsClassifier"]

FEATURES = ("words", "words+characters")
MANY = 100
# A word of one letter is a word in some scripts, and a grade in others.
WORD = r"(?u)\b\w+\b"


class BagOfWordsClassifier(RegressionOnFeatures):
    """Tells a label by the words of a title, whatever their order.

    Args:
        scale: The labels.
        features: ``"words"``, as in the reference study, or ``"words+characters"``, which adds
            character n-grams within words and pairs of words.
        strength: Inverse of the penalty on the weights, scikit-learn's ``C``.
        imbalance: ``"none"``, or ``"oversampling"``: rows of rare labels are repeated until each
            label has as many as the most frequent one.
        seed: Decides which rows are repeated, and the order in which the solver reads titles.
    """

    method = "bag-of-words"

    def __init__(
        self,
        scale: Scale,
        *,
        features: Literal["words", "words+characters"] = "words+characters",
        strength: float = 10.0,
        imbalance: Imbalance = "none",
        seed: int = 42,
    ) -> None:
        self.scale = scale
        self.features = features
        self.strength = strength
        self.imbalance = imbalance
        self.seed = seed

    def check(self) -> None:
        """Check the parameters.

        Raises:
            StudyError: If the features are unknown, or another parameter is not allowed.
        """
        if self.features not in FEATURES:
            raise StudyError(
                f"There are no features '{self.features}'; there are: {', '.join(FEATURES)}."
            )
        super().check()

    def _inputs(self, titles: Sequence[str]) -> list[str]:
        # Case folded, and not only in small letters: "GIESSER" is "Gießer".
        return [title_key(title) for title in titles]

    def _features(self, n: int) -> Any:
        if self.features == "words":
            return TfidfVectorizer(token_pattern=WORD)
        # In many titles, character n-grams that occur once are noise; in few, most occur once.
        rare = 2 if n >= MANY else 1
        return make_union(
            TfidfVectorizer(token_pattern=WORD, ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=rare, sublinear_tf=True),
        )

    def contributions(
        self, titles: Sequence[str], most: int
    ) -> list[tuple[tuple[str, float], ...]]:
        """Return the n-grams that spoke most for each title's label, the heaviest first.

        A weight is what the n-gram adds to the label's score above the mean of all labels.
        """
        features, regression = self._pipeline[0], self._pipeline[-1]
        if not len(titles) or not hasattr(regression, "coef_"):
            return [() for _ in titles]
        weights = regression.coef_
        if len(weights) == 1:  # Of two labels the regression keeps one row.
            weights = np.vstack([-weights / 2, weights / 2])
        weights = weights - weights.mean(axis=0)
        names = [name.split("__", 1)[-1] for name in features.get_feature_names_out()]
        values = features.transform(self._inputs(titles)).tocsr()
        scores = regression.decision_function(values)
        labels = scores.argmax(axis=1) if scores.ndim > 1 else (scores > 0).astype(int)
        found = []
        for label, start, end in zip(labels, values.indptr, values.indptr[1:], strict=False):
            columns = values.indices[start:end]
            weighed = values.data[start:end] * weights[label, columns]
            heaviest = np.argsort(-weighed, kind="stable")[:most]
            found.append(
                tuple(
                    (names[columns[place]], float(weighed[place]))
                    for place in heaviest
                    if weighed[place] > 0
                )
            )
        return found

"""Bag of words: TF-IDF features and logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from metier.classifiers.contract import (
    Classifier,
    LabelledPart,
    own_parameters,
    read_manifest,
    write_manifest,
)
from metier.classifiers.pipelines import load_pipeline, save_pipeline
from metier.errors import DataError, StudyError
from metier.guidelines import Scale
from metier.titles import normalise

__all__ = ["BagOfWordsClassifier"]

FEATURES = ("words", "words+characters")
MANY = 100
# A word of one letter is a word in some scripts, and a grade in others.
WORD = r"(?u)\b\w+\b"


class BagOfWordsClassifier(Classifier):
    """Tells a label by the words of a title, whatever their order.

    Args:
        scale: The labels.
        features: ``"words"``, as in the reference study, or ``"words+characters"``, which adds
            character n-grams within words and pairs of words.
        strength: Inverse of the penalty on the weights, scikit-learn's ``C``.
        seed: Decides the order in which the solver reads titles.
    """

    method = "bag-of-words"

    def __init__(
        self,
        scale: Scale,
        *,
        features: Literal["words", "words+characters"] = "words+characters",
        strength: float = 10.0,
        seed: int = 42,
    ) -> None:
        self.scale = scale
        self.features = features
        self.strength = strength
        self.seed = seed

    def check(self) -> None:
        """Check the parameters.

        Raises:
            StudyError: If the features are unknown or the strength is not positive.
        """
        if self.features not in FEATURES:
            raise StudyError(
                f"There are no features '{self.features}'; there are: {', '.join(FEATURES)}."
            )
        if self.strength <= 0:
            raise StudyError(f"The strength is {self.strength}; it must be above 0.")

    def fit(
        self,
        titles: Sequence[str],
        labels: Sequence[str],
        *,
        validation: LabelledPart | None = None,
    ) -> Self:
        """Fit the weights; validation data has nothing to stop here and is not read.

        Raises:
            StudyError: If a parameter is not allowed.
            DataError: If there are no titles.
        """
        self.check()
        if not titles:
            raise DataError("A bag of words cannot be fitted to no titles at all.")
        # A regression needs two labels to tell apart.
        if len(set(labels)) > 1:
            last = LogisticRegression(C=self.strength, max_iter=1000, random_state=self.seed)
        else:
            last = DummyClassifier(strategy="prior")
        # In many titles, character n-grams that occur once are noise; in few, most occur once.
        rare = 2 if len(titles) >= MANY else 1
        self._pipeline: Any = make_pipeline(_features(self.features, rare), last)
        self._pipeline.fit(_read(titles), self.scale.indices(tuple(labels)))
        return self

    def predict_proba(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K); labels that never occurred in training have 0."""
        found = np.zeros((len(titles), len(self.scale.labels)))
        if len(titles):
            found[:, self._pipeline.classes_] = self._pipeline.predict_proba(_read(titles))
        return found

    def save(self, folder: Path) -> None:
        """Write the features and weights in skops' format, which holds no code."""
        write_manifest(folder, self, parameters=own_parameters(self))
        save_pipeline(self._pipeline, folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            ModelError: If the folder holds no bag of words, or one with foreign code in it.
        """
        scale, content = read_manifest(folder)
        classifier = cls(scale, **content["parameters"])
        classifier._pipeline = load_pipeline(folder)
        return classifier


def _read(titles: Sequence[str]) -> list[str]:
    return [normalise(title) for title in titles]


def _features(features: str, rare: int) -> Any:
    if features == "words":
        return TfidfVectorizer(token_pattern=WORD)
    return make_union(
        TfidfVectorizer(token_pattern=WORD, ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=rare, sublinear_tf=True),
    )

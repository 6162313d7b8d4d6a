"""Bag of words: TF-IDF features and logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_union

from metier.classifiers.pipelines import RegressionOnFeatures
from metier.errors import StudyError
from metier.guidelines import Scale
from metier.titles import normalise

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
        super().check()

    def _inputs(self, titles: Sequence[str]) -> list[str]:
        return [normalise(title) for title in titles]

    def _features(self, n: int) -> Any:
        if self.features == "words":
            return TfidfVectorizer(token_pattern=WORD)
        # In many titles, character n-grams that occur once are noise; in few, most occur once.
        rare = 2 if n >= MANY else 1
        return make_union(
            TfidfVectorizer(token_pattern=WORD, ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=rare, sublinear_tf=True),
        )

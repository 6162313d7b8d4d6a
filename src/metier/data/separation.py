"""How well two sets of titles can be told apart."""

from __future__ import annotations

from collections.abc import Sequence

from metier.errors import DataError, MissingExtraError
from metier.titles import title_key

__all__ = ["domain_auc"]

FOLDS = 5
# With fewer distinct titles on a side the figure says nothing.
FEWEST = 50


def domain_auc(first: Sequence[str], second: Sequence[str], *, seed: int = 0) -> float:
    """Return how well a classifier tells the titles of two sets apart.

    It is the area under the ROC curve of a logistic regression on words and character n-grams,
    out of fold, on as many distinct titles of either side: 0.5 is guessing, as between two
    draws of one source, and 1 is certainty. The classifier is thrown away.

    Args:
        first: Titles of one source, such as a curated list or a generator.
        second: Titles of the other, such as CVs; no label is looked at.
        seed: Decides which titles are drawn, and the folds.

    Raises:
        DataError: If a side has too few distinct titles.
        MissingExtraError: If scikit-learn is not installed.
    """
    try:
        import numpy as np
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import roc_auc_score
        from sklearn.model_selection import StratifiedKFold, cross_val_predict
        from sklearn.pipeline import make_pipeline, make_union
    except ModuleNotFoundError as error:
        raise MissingExtraError("Telling two sets of titles apart", "train") from error
    sides = [_distinct(first), _distinct(second)]
    size = min(map(len, sides))
    if size < FEWEST:
        raise DataError(f"{size} distinct titles on a side are too few; {FEWEST} are needed.")
    random = np.random.default_rng(seed)
    titles = [
        side[place] for side in sides for place in random.choice(len(side), size, replace=False)
    ]
    truth = np.repeat([0, 1], size)
    words = TfidfVectorizer(lowercase=False, token_pattern=r"\w+|[^\w\s]")  # noqa: S106
    characters = TfidfVectorizer(lowercase=False, analyzer="char_wb", ngram_range=(2, 4))
    model = make_pipeline(make_union(words, characters), LogisticRegression(max_iter=1000))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    scores = cross_val_predict(model, titles, truth, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(truth, scores))


def _distinct(titles: Sequence[str]) -> list[str]:
    return list({title_key(title): title for title in titles}.values())

"""Scores of predicted labels. The definitions are scikit-learn's; the tests hold them to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from metier.guidelines import Scale

__all__ = ["LabelScore", "Scores", "accuracy", "confusion_matrix", "label_f1", "macro_f1", "score"]


class LabelScore(BaseModel):
    """Scores of one label, each in [0, 1]; a ratio without a denominator is 0."""

    model_config = ConfigDict(frozen=True)

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    predicted: int


class Scores(BaseModel):
    """Scores of one set of predictions.

    Attributes:
        n: Rows.
        accuracy: Share of rows whose label is right.
        macro_f1: Mean F1 over the labels that occur among the truth or the predictions.
        weighted_f1: Mean F1 over the labels, weighted by how often each is true.
        mae: Mean absolute difference of numeric ranks, after mapping the answer to a label;
            None for targets without order.
        per_label: Scores of every label, in scale order.
        confusion: Rows by true label (first index) and predicted label, in scale order.
    """

    model_config = ConfigDict(frozen=True)

    n: int
    accuracy: float
    macro_f1: float
    weighted_f1: float
    mae: float | None
    per_label: tuple[LabelScore, ...]
    confusion: tuple[tuple[int, ...], ...]


def confusion_matrix(
    truth: NDArray[np.intp], predicted: NDArray[np.intp], k: int
) -> NDArray[np.int64]:
    """Count rows by true and predicted label.

    Args:
        truth: Label indices, shape (n,).
        predicted: Label indices, shape (n,).
        k: Number of labels.

    Returns:
        Counts of shape (k, k): first index the true label, second the predicted one.
    """
    cells = np.bincount(truth * k + predicted, minlength=k * k)
    return cells.reshape(k, k).astype(np.int64)


def accuracy(confusion: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the share on the diagonal, for one matrix (k, k) or many (..., k, k)."""
    right = np.trace(confusion, axis1=-2, axis2=-1)
    return _ratio(right, confusion.sum(axis=(-2, -1)))


def label_f1(confusion: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return each label's F1, shape (..., k), for matrices (..., k, k); 0 where none occurs."""
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    return _ratio(2 * right, confusion.sum(axis=-1) + confusion.sum(axis=-2))


def macro_f1(confusion: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the mean F1 over labels that occur, for one matrix (k, k) or many (..., k, k)."""
    occurring = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    return _ratio(label_f1(confusion).sum(axis=-1), (occurring > 0).sum(axis=-1))


def score(truth: NDArray[np.intp], predicted: NDArray[np.intp], scale: Scale) -> Scores:
    """Score predicted labels against true ones.

    Args:
        truth: Label indices in scale order, shape (n,), n ≥ 1.
        predicted: Label indices in scale order, shape (n,).
        scale: The target's scale.

    Raises:
        ValueError: If there is no row, or the lengths differ.
    """
    if len(truth) == 0 or len(truth) != len(predicted):
        raise ValueError(f"{len(truth)} true labels and {len(predicted)} predicted ones")
    confusion = confusion_matrix(truth, predicted, len(scale.labels))
    right = np.diagonal(confusion)
    support, answered = confusion.sum(axis=1), confusion.sum(axis=0)
    f1 = _ratio(2 * right, support + answered)
    precision, recall = _ratio(right, answered), _ratio(right, support)
    mae = None
    if scale.is_ordinal:
        ranks = scale.rank_array
        mae = float(np.abs(ranks[truth] - ranks[predicted]).mean())
    return Scores(
        n=len(truth),
        accuracy=float(accuracy(confusion)),
        macro_f1=float(macro_f1(confusion)),
        weighted_f1=float((f1 * support).sum() / support.sum()),
        mae=mae,
        per_label=tuple(
            LabelScore(
                label=label,
                precision=float(precision[i]),
                recall=float(recall[i]),
                f1=float(f1[i]),
                support=int(support[i]),
                predicted=int(answered[i]),
            )
            for i, label in enumerate(scale.labels)
        ),
        confusion=tuple(tuple(int(cell) for cell in row) for row in confusion),
    )


def _ratio(
    part: NDArray[np.integer] | NDArray[np.floating], whole: NDArray[np.integer] | NDArray[np.bool]
) -> NDArray[np.float64]:
    return np.asarray(part / np.maximum(whole, 1), dtype=np.float64)

"""The contract that every method keeps."""

from __future__ import annotations

import inspect
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from metier.errors import ModelError
from metier.guidelines import Scale
from metier.metrics import expected_rank

__all__ = ["Classifier", "LabelledPart", "own_parameters", "read_manifest", "write_manifest"]

MANIFEST = "classifier.json"
# Raised when a saved classifier can no longer be read by the code before it.
FORMAT = 1

LabelledPart = tuple[Sequence[str], Sequence[str]]


class Classifier(ABC):
    """Tells one target's label from a title.

    A subclass takes the scale first and then keyword parameters, stores each under its own
    name, and does nothing else in ``__init__``, as scikit-learn's estimators do; scikit-learn's
    ``clone`` then works on it.

    Attributes:
        method: The method's name in the registry.
        is_fitted: Whether fitting changes its answers; a method that is not fitted needs no
            titles to learn from.
        is_quick: Whether a title is answered in less time than it takes to wake a thread.
        built_on: Dotted names of modules beside its own whose code decides its answers; a package
            stands for all its modules.
        scale: The labels.
    """

    method: ClassVar[str]
    is_fitted: ClassVar[bool] = True
    is_quick: ClassVar[bool] = False
    built_on: ClassVar[tuple[str, ...]] = ()
    scale: Scale

    @abstractmethod
    def fit(
        self,
        titles: Sequence[str],
        labels: Sequence[str],
        *,
        validation: LabelledPart | None = None,
    ) -> Self:
        """Fit to titles and labels.

        Args:
            titles: The titles, n of them.
            labels: One label of the scale per title; not every label needs to occur.
            validation: Titles and labels that may stop the training or set temperatures.
        """

    @abstractmethod
    def predict_proba(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K) in the order of ``classes_``; rows sum to 1."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write the fitted classifier into a folder, made if needed, labels included."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path) -> Self:
        """Read a classifier that ``save`` wrote.

        Raises:
            ModelError: If the folder holds none, or one of another method or format.
        """

    def check(self) -> None:  # noqa: B027 - most methods have nothing to check
        """Check the parameters without fitting anything.

        Raises:
            StudyError: If one is not allowed, or does not go with the target.
        """

    def predict_with_tiers(
        self, titles: Sequence[str]
    ) -> tuple[NDArray[np.float64], Sequence[str] | None]:
        """Return probabilities, and which tier of the classifier each row is from.

        Returns:
            What ``predict_proba`` returns, and one name per title; None in the place of the names
            from a classifier without tiers.
        """
        return self.predict_proba(titles), None

    def reasons(self, titles: Sequence[str]) -> Sequence[str | None] | None:
        """Say in a few words what decided each title, where the method can say so.

        Returns:
            One text per title, with None for a title of which the method cannot say it; or None
            from a method that has no reasons of its own.
        """
        return None

    def covers(self, titles: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which titles the method can answer at all, shape (n,).

        Nearly every method answers any title. One that was only recorded for some titles does
        not, and where it has to answer another it says the fallback.
        """
        return np.ones(len(titles), dtype=np.bool_)

    @property
    def parts(self) -> Sequence[Classifier]:
        """The fitted classifiers that it asks, where it answers by means of others."""
        return ()

    def with_parts(self, parts: Sequence[Classifier]) -> Classifier:
        """Return the same classifier, asking other fitted ones in place of its ``parts``.

        Args:
            parts: As many as it has, of the same target and in the same order.

        Raises:
            ValueError: If it has no parts.
        """
        raise ValueError(f"the method '{self.method}' asks no other classifiers")

    @property
    def is_costly(self) -> bool:
        """Whether an answer costs money or can only be looked up.

        Such a method is asked for nothing but the titles that are to be answered. Of a method that
        asks others the answer may depend on its parameters.
        """
        return False

    @property
    def classes_(self) -> NDArray[np.str_]:
        """All labels of the target, in scale order, whether they occurred in training or not."""
        return np.asarray(self.scale.labels)

    def predict(self, titles: Sequence[str]) -> NDArray[np.str_]:
        """Return the most probable label of each title, shape (n,)."""
        return np.asarray(self.classes_[self.predict_proba(titles).argmax(axis=1)])

    def predict_rank(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return the expected numeric rank of each title, shape (n,).

        Raises:
            ValueError: If the target is not ordinal.
        """
        return expected_rank(self.predict_proba(titles), self.scale.rank_array)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name, as scikit-learn asks for them."""
        return {name: getattr(self, name) for name in self.parameter_names()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name; what was worked out from the former ones is dropped.

        What was fitted stays as it is until the next ``fit``.

        Raises:
            ValueError: If there is no parameter of a name.
        """
        for name, value in params.items():
            if name not in self.parameter_names():
                raise ValueError(f"{type(self).__name__} has no parameter '{name}'")
            setattr(self, name, value)
        for name in list(vars(self)):
            if isinstance(getattr(type(self), name, None), cached_property):
                delattr(self, name)
        return self

    @classmethod
    def parameter_names(cls) -> list[str]:
        """Return the names of the parameters, in the order of ``__init__``."""
        return [name for name in inspect.signature(cls).parameters if name != "self"]


def own_parameters(classifier: Classifier) -> dict[str, Any]:
    """Return the parameters besides the scale, to be written into a manifest."""
    return {name: value for name, value in classifier.get_params().items() if name != "scale"}


def write_manifest(folder: Path, classifier: Classifier, **facts: object) -> None:
    """Write what a classifier needs besides its weights: method, scale, and other facts."""
    content = {
        "format": FORMAT,
        "method": classifier.method,
        "target": classifier.scale.target,
        "labels": classifier.scale.labels,
        "ranks": classifier.scale.ranks,
        **facts,
    }
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=2, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> tuple[Scale, dict[str, Any]]:
    """Read what ``write_manifest`` wrote.

    Raises:
        ModelError: If the folder holds no classifier, or one of another format.
    """
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        ranks = content["ranks"]
        scale = Scale(
            content["target"], tuple(content["labels"]), None if ranks is None else tuple(ranks)
        )
        found = content["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{folder} holds no classifier: {MANIFEST} is missing or broken."
        ) from error
    if found != FORMAT:
        raise ModelError(
            f"{folder} was written in format {found}; this version of metier reads format {FORMAT}."
        )
    return scale, content

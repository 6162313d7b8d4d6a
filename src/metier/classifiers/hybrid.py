"""Rules first, and a model where they abstain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import compress
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from metier.classifiers.building import build, naming, portable, require_table
from metier.classifiers.contract import Classifier, LabelledPart, read_manifest, write_manifest
from metier.classifiers.model import load_classifier
from metier.classifiers.rules import RulesClassifier
from metier.errors import ModelError
from metier.guidelines import Guidelines, Scale

__all__ = ["HybridClassifier"]

RULES = "rules"
MODEL = "model"


class HybridClassifier(Classifier):
    """Tells a label by the rules where a marker decides, and by a fitted model elsewhere.

    The model is fitted to all training titles, those that the rules decide included: they are
    the clearest examples of what a label means.

    Args:
        scale: The labels; they must be those of the page.
        then: The method that answers where the rules abstain.
        then_parameters: Its parameters by name, besides those that the hybrid has itself.
        page: The guidelines, or where they are: a packaged target or the path of a page; by
            default the packaged page of the scale's target. The model gets it too.
        seed: The seed of the model.
        work_folder: The work folder of the model.
    """

    method = "hybrid"
    built_on = ("metier.classifiers.rules", *RulesClassifier.built_on)

    def __init__(
        self,
        scale: Scale,
        *,
        then: str = "bag-of-words",
        then_parameters: Mapping[str, Any] | None = None,
        page: str | Guidelines | None = None,
        seed: int = 42,
        work_folder: Path | None = None,
    ) -> None:
        self.scale = scale
        self.then = then
        self.then_parameters = then_parameters
        self.page = page
        self.seed = seed
        self.work_folder = work_folder

    @property
    def parts(self) -> Sequence[Classifier]:
        """The model that answers where the rules abstain, once fitted."""
        return (self._model,)

    def with_parts(self, parts: Sequence[Classifier]) -> Self:
        """Return the same rules with another model after them."""
        hybrid = type(self)(**self.get_params())
        (hybrid._model,) = parts
        return hybrid

    @property
    def is_costly(self) -> bool:
        """Whether an answer of the model is costly.

        Raises:
            MetierError: If the model is not fitted and cannot be built from the parameters.
        """
        model = self._model if hasattr(self, "_model") else self._build()
        return model.is_costly

    def check(self) -> None:
        """Check the rules' page and the model's parameters.

        Raises:
            GuidelinesError: If there is no page, or it is malformed.
            StudyError: If the page has other labels or no markers, or the model cannot be
                fitted so; the message names its method.
            BackboneError: If the model's backbone cannot be had.
            LabellingError: If the model is a language model that cannot be asked.
            MissingExtraError: If the model's packages are not installed.
        """
        self._rules.check()
        require_table("then_parameters", self.then_parameters, self.then)
        with naming(f"The method '{self.then}' after the rules"):
            self._build().check()

    def fit(
        self,
        titles: Sequence[str],
        labels: Sequence[str],
        *,
        validation: LabelledPart | None = None,
    ) -> Self:
        """Fit the model; the rules learn nothing from titles.

        Raises:
            MetierError: What ``check`` raises, and what fitting the model does.
        """
        self.check()
        self._model = self._build().fit(titles, labels, validation=validation)
        return self

    def predict_proba(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K): the rules' or the model's, title by title."""
        found = np.zeros((len(titles), len(self.scale.labels)))
        decided = self._decided(titles)
        for classifier, rows in ((self._rules, decided), (self._model, ~decided)):
            if rows.any():
                found[rows] = classifier.predict_proba(list(compress(titles, rows)))
        return found

    def covers(self, titles: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which titles the rules decide or the model covers, shape (n,)."""
        return np.asarray(self._decided(titles) | self._model.covers(titles))

    def reasons(self, titles: Sequence[str]) -> list[str | None]:
        """Return the marker that decided each title, or what the model says where none did.

        None stands for a title that the model decided without a reason of its own.
        """
        found: list[str | None] = [*self._rules.reasons(titles)]
        left = ~self._decided(titles)
        said = self._model.reasons(list(compress(titles, left)))
        for place, row in enumerate(np.flatnonzero(left)):
            reason = None if said is None else said[place]
            found[row] = None if reason is None else f"no marker; {self.then}: {reason}"
        return found

    def save(self, folder: Path) -> None:
        """Write the rules and the model into folders of their own."""
        write_manifest(
            folder,
            self,
            parameters={
                "then": self.then,
                "then_parameters": portable(self.then_parameters),
                "seed": self.seed,
            },
        )
        self._rules.save(folder / RULES)
        self._model.save(folder / MODEL)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            ModelError: If the folder holds no hybrid.
        """
        scale, content = read_manifest(folder)
        rules = RulesClassifier.load(folder / RULES)
        try:
            classifier = cls(scale, page=rules.page, **content["parameters"])
        except (KeyError, TypeError) as error:
            raise ModelError(f"{folder} holds no hybrid, or a broken one.") from error
        classifier._model = load_classifier(folder / MODEL)
        return classifier

    @cached_property
    def _rules(self) -> RulesClassifier:
        return RulesClassifier(self.scale, page=self.page)

    def _build(self) -> Classifier:
        own = {"page": self.page, "seed": self.seed, "work_folder": self.work_folder}
        return build(self.then, self.scale, self.then_parameters or {}, own)

    def _decided(self, titles: Sequence[str]) -> NDArray[np.bool_]:
        verdicts = self._rules.explain(titles)
        return np.asarray([verdict.marker is not None for verdict in verdicts], dtype=np.bool_)

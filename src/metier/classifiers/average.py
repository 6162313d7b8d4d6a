"""The average of several classifiers' probabilities."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from metier.classifiers.building import build, naming, portable
from metier.classifiers.contract import Classifier, LabelledPart, read_manifest, write_manifest
from metier.classifiers.model import load_classifier
from metier.classifiers.pages import PAGE, read_page, write_page
from metier.classifiers.temperature import validation_temperature
from metier.errors import ModelError, StudyError
from metier.guidelines import Guidelines, Scale, guidelines_of
from metier.metrics import apply_temperature

__all__ = ["AverageClassifier"]


class AverageClassifier(Classifier):
    """Averages the probabilities of its members, each brought to a temperature of its own.

    An overconfident member would outvote the others: each one's temperature is set on the
    validation titles. Without any, and for a member whose answers are costly (it is not asked for
    them), it is 1, and the probabilities are averaged as they are. A member has no say in titles
    that it does not cover, unless no member covers them.

    Args:
        scale: The labels.
        members: Tables of a ``method`` and its parameters; a member may set a seed of its own,
            so that trainings that differ in nothing else can be averaged.
        weights: A weight above 0 for each member; None weighs them equally.
        temperatures: A temperature above 0 for each member, where validation titles are unlike
            those to be answered: above 1 makes a member less sure, below 1 surer. None sets them on
            the validation titles.
        page: The guidelines of the members that know a page, or where they are.
        seed: The seed of the members that know one and do not set it.
        work_folder: Where members that know a work folder have theirs, each its own.

    Attributes:
        temperatures_: The temperature of each member, once fitted.
    """

    method = "average"
    built_on = ("metier.classifiers.temperature", "metier.metrics.calibration")

    def __init__(
        self,
        scale: Scale,
        *,
        members: Sequence[Mapping[str, Any]] = (),
        weights: Sequence[float] | None = None,
        temperatures: Sequence[float] | None = None,
        page: str | Guidelines | None = None,
        seed: int = 42,
        work_folder: Path | None = None,
    ) -> None:
        self.scale = scale
        self.members = members
        self.weights = weights
        self.temperatures = temperatures
        self.page = page
        self.seed = seed
        self.work_folder = work_folder

    @property
    def parts(self) -> Sequence[Classifier]:
        """The members, once fitted."""
        return tuple(self._members)

    def with_parts(self, parts: Sequence[Classifier]) -> Self:
        """Return the average of other members, each at the temperature of the one it replaces."""
        average = type(self)(**self.get_params())
        average._members = list(parts)
        average.temperatures_ = self.temperatures_
        return average

    @property
    def is_costly(self) -> bool:
        """Whether an answer of any member is costly.

        Raises:
            MetierError: If the members are not fitted and one cannot be built.
        """
        members = self._members if hasattr(self, "_members") else self._built()
        return any(member.is_costly for member in members)

    def check(self) -> None:
        """Check the weights, the temperatures and each member.

        Raises:
            StudyError: If there are no members, one is not allowed, or the weights or
                temperatures do not fit them; the message names the member.
            BackboneError: If a member's backbone cannot be had.
            LabellingError: If a member is a language model that cannot be asked.
            MissingExtraError: If a member's packages are not installed.
        """
        if not isinstance(self.members, Sequence) or not self.members:
            raise StudyError(
                "The parameter members of an average lists at least one table: "
                '{ method = "rules" }.'
            )
        self._check_numbers("weight", self.weights)
        self._check_numbers("temperature", self.temperatures)
        for number, table in enumerate(self.members, 1):
            if not isinstance(table, Mapping) or not isinstance(table.get("method"), str):
                raise StudyError(
                    f"Member {number} of the average is {table!r}; it must be a table that names "
                    'a method: { method = "rules" }.'
                )
            with naming(f"Member {number} of the average ('{table['method']}')"):
                self._build(number, table).check()

    def fit(
        self,
        titles: Sequence[str],
        labels: Sequence[str],
        *,
        validation: LabelledPart | None = None,
    ) -> Self:
        """Fit each member, then set its temperature on the validation titles unless it is given.

        Raises:
            MetierError: What ``check`` raises, and what fitting a member does.
        """
        self.check()
        self._members = [
            member.fit(titles, labels, validation=validation) for member in self._built()
        ]
        self.temperatures_ = (
            tuple(validation_temperature(member, validation) for member in self._members)
            if self.temperatures is None
            else tuple(float(temperature) for temperature in self.temperatures)
        )
        return self

    def predict_proba(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K); rows sum to 1."""
        found = np.zeros((len(titles), len(self.scale.labels)))
        if not len(titles):
            return found
        shares = self._shares(titles)
        for member, temperature, share in zip(
            self._members, self.temperatures_, shares, strict=True
        ):
            found += share[:, None] * apply_temperature(member.predict_proba(titles), temperature)
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    def covers(self, titles: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which titles any member covers, shape (n,)."""
        return np.asarray(self._covered(titles).any(axis=0))

    def save(self, folder: Path) -> None:
        """Write each member into a folder of its own."""
        write_manifest(
            folder,
            self,
            parameters={
                "members": portable(self.members),
                "weights": portable(self.weights),
                "temperatures": portable(self.temperatures),
                "seed": self.seed,
            },
            temperatures=self.temperatures_,
        )
        if self.page is not None:
            write_page(folder, guidelines_of(self.scale, self.page))
        for number, member in enumerate(self._members, 1):
            member.save(_place(folder, number))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            ModelError: If the folder holds no average.
        """
        scale, content = read_manifest(folder)
        page = read_page(folder) if (folder / PAGE).exists() else None
        try:
            classifier = cls(scale, page=page, **content["parameters"])
            classifier.temperatures_ = tuple(float(value) for value in content["temperatures"])
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{folder} holds no average, or a broken one.") from error
        classifier._members = [
            load_classifier(_place(folder, number))
            for number in range(1, len(classifier.temperatures_) + 1)
        ]
        return classifier

    def _check_numbers(self, name: str, numbers: Sequence[float] | None) -> None:
        if numbers is None:
            return
        if not isinstance(numbers, Sequence) or len(numbers) != len(self.members):
            raise StudyError(
                f"The {name}s of the average are {numbers!r}; they must be a list with one "
                f"for each of its {len(self.members)} members."
            )
        for number in numbers:
            if not (isinstance(number, int | float) and math.isfinite(number) and number > 0):
                raise StudyError(f"A {name} of the average is {number!r}; it must be above 0.")

    def _built(self) -> list[Classifier]:
        return [self._build(number, table) for number, table in enumerate(self.members, 1)]

    def _build(self, number: int, table: Mapping[str, Any]) -> Classifier:
        folder = None if self.work_folder is None else _place(self.work_folder, number)
        own = {"page": self.page, "seed": self.seed, "work_folder": folder}
        parameters = {name: value for name, value in table.items() if name != "method"}
        if "seed" in parameters:
            del own["seed"]
        return build(table["method"], self.scale, parameters, own)

    def _covered(self, titles: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which member covers which title, shape (members, n)."""
        return np.stack([member.covers(titles) for member in self._members])

    def _shares(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return what each member has to say in each title, shape (members, n)."""
        weights = np.ones(len(self._members)) if self.weights is None else np.asarray(self.weights)
        covered = self._covered(titles)
        return np.asarray(weights[:, None] * (covered | ~covered.any(axis=0)), dtype=np.float64)


def _place(folder: Path, number: int) -> Path:
    return folder / f"member-{number}"

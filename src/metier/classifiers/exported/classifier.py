"""An encoder exported to ONNX, as a classifier."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from metier.classifiers.contract import Classifier, LabelledPart, read_manifest, write_manifest
from metier.classifiers.exported.graph import EncoderGraph
from metier.classifiers.transformer.outputs import Head, head_probabilities
from metier.errors import ModelError, StudyError
from metier.guidelines import Scale
from metier.metrics import apply_temperature

__all__ = ["ExportedClassifier", "ExportedHead"]


@dataclass(frozen=True)
class ExportedHead:
    """How the outputs of an exported encoder are read for one target.

    Attributes:
        head: What the outputs mean.
        distance: τ of a regression head.
        max_tokens: Longer titles are cut.
        precision: The graph's number format.
        columns: First and behind-the-last of the outputs that are this target's, where the encoder
            has the heads of several; None where all are.
        encoder: SHA-256 over the files of a shared encoder, which tells the model from others; ""
            where the encoder lies in the classifier's own folder.
    """

    head: Head
    distance: float
    max_tokens: int
    precision: str
    columns: tuple[int, int] | None = None
    encoder: str = ""

    @classmethod
    def read(cls, content: dict[str, Any]) -> Self:
        """Read what stands in a manifest.

        Raises:
            KeyError: If something is missing.
            TypeError: If something is of another type.
            ValueError: If there is no such head.
        """
        columns = content.get("columns")
        return cls(
            head=Head(content["head"]),
            distance=float(content["distance"]),
            max_tokens=int(content["max_tokens"]),
            precision=str(content["precision"]),
            columns=None if columns is None else (int(columns[0]), int(columns[1])),
            encoder=str(content.get("encoder", "")),
        )


class ExportedClassifier(Classifier):
    """Tells a label by an exported encoder; ``metier.runtime.export`` makes it.

    Args:
        scale: The labels.
    """

    method: ClassVar[str] = "exported"
    is_fitted: ClassVar[bool] = False
    built_on = ("metier.classifiers.transformer.outputs", "metier.classifiers.threads")

    head_: ExportedHead
    temperature_: float
    graph_: EncoderGraph

    def __init__(self, scale: Scale) -> None:
        self.scale = scale

    @classmethod
    def of(
        cls, scale: Scale, head: ExportedHead, graph: EncoderGraph, temperature: float = 1.0
    ) -> Self:
        """Return the classifier of one head of an open graph."""
        classifier = cls(scale)
        classifier.head_, classifier.graph_ = head, graph
        classifier.temperature_ = temperature
        return classifier

    def fit(
        self,
        titles: Sequence[str],
        labels: Sequence[str],
        *,
        validation: LabelledPart | None = None,
    ) -> NoReturn:
        """Refuse: an exported classifier is made from a fitted one.

        Raises:
            StudyError: Always.
        """
        raise StudyError("An exported classifier is not fitted: fit a transformer and export it.")

    def predict_proba(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K); rows sum to 1."""
        head = self.head_
        found = head_probabilities(head.head, self.outputs(titles), self.scale, head.distance)
        return found if self.temperature_ == 1 else apply_temperature(found, self.temperature_)

    def outputs(self, titles: Sequence[str]) -> NDArray[np.float32]:
        """Return the head's raw outputs, shape (n, K), or (n, 1) for regression."""
        columns = self.head_.columns
        found = self.graph_.outputs(titles, keep=columns is not None)
        return found if columns is None else found[:, slice(*columns)]

    def save(self, folder: Path) -> None:
        """Write labels and calibration, and the graph where it does not lie there already.

        A graph in the folder itself or above it, or the one that several targets share beside it,
        moves together with the folder and is named, not copied.
        """
        folder.mkdir(parents=True, exist_ok=True)
        place = self.graph_.folder.resolve()
        tree = place if self.head_.columns is None else place.parent
        if folder.resolve().is_relative_to(tree):
            self.save_beside(folder, place)
        else:
            self.graph_.copy(folder)
            self.save_beside(folder, folder)

    def save_beside(self, folder: Path, encoder: Path) -> None:
        """Write labels and calibration alone, for a graph that lies in a folder already.

        Args:
            folder: The folder to write.
            encoder: The graph's; it is found as long as both move together.
        """
        head = self.head_
        write_manifest(
            folder,
            self,
            graph=Path(os.path.relpath(encoder.resolve(), folder.resolve())).as_posix(),
            head=str(head.head),
            distance=head.distance,
            temperature=self.temperature_,
            max_tokens=head.max_tokens,
            precision=head.precision,
            columns=head.columns,
            encoder=head.encoder,
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save``, ``save_beside`` or an export wrote.

        Raises:
            ModelError: If the folder holds no exported classifier, or a damaged one.
        """
        scale, content = read_manifest(folder)
        try:
            head = ExportedHead.read(content)
            graph = EncoderGraph.shared(folder / content.get("graph", "."), head.max_tokens)
            return cls.of(scale, head, graph, float(content["temperature"]))
        # A missing or damaged file raises errors of three libraries; tokenizers' is a bare one.
        except Exception as error:
            raise ModelError(
                f"The exported model in {folder} is incomplete or damaged: {error}"
            ) from error

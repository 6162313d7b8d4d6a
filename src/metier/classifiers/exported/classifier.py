"""An encoder exported to ONNX, as a classifier."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, NoReturn, Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from metier.classifiers.contract import Classifier, LabelledPart, read_manifest, write_manifest
from metier.classifiers.threads import in_threads
from metier.classifiers.transformer.outputs import Head, head_probabilities
from metier.errors import ModelError, StudyError
from metier.guidelines import Scale
from metier.metrics import apply_temperature
from metier.titles import LONGEST, normalise

__all__ = ["GRAPH", "TOKENIZER", "ExportedClassifier"]

GRAPH = "model.onnx"
"""The file of the graph: token ids, shape (n, t), to the head's outputs, shape (n, K) or (n, 1)."""

TOKENIZER = "tokenizer.json"

# More titles a batch need more memory and are no faster.
BATCH = 32


class ExportedClassifier(Classifier):
    """Tells a label by an exported encoder; ``metier.runtime.export`` makes it.

    Titles are answered in batches of as many tokens each, so that none is padded. The exported
    graph treats each title of a batch by itself: a title is answered alike in any company, to the
    last bit.

    Args:
        scale: The labels.
    """

    method: ClassVar[str] = "exported"
    is_fitted: ClassVar[bool] = False
    built_on = ("metier.classifiers.transformer.outputs", "metier.classifiers.threads")

    head_: Head
    distance_: float
    temperature_: float
    max_tokens_: int
    precision_: str
    tokenizer_: Tokenizer
    session_: onnxruntime.InferenceSession
    folder_: Path

    def __init__(self, scale: Scale) -> None:
        self.scale = scale

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
        found = head_probabilities(self.head_, self.outputs(titles), self.scale, self.distance_)
        return found if self.temperature_ == 1 else apply_temperature(found, self.temperature_)

    def outputs(self, titles: Sequence[str]) -> NDArray[np.float32]:
        """Return the head's raw outputs, shape (n, K), or (n, 1) for regression."""
        texts = [normalise(title[:LONGEST]) for title in titles]
        token_ids = [each.ids for each in self.tokenizer_.encode_batch_fast(texts)]
        width = 1 if self.head_ is Head.REGRESSION else len(self.scale.labels)
        found = np.empty((len(titles), width), dtype=np.float32)

        def answer(rows: NDArray[np.intp]) -> None:
            batch = np.asarray([token_ids[row] for row in rows], dtype=np.int64)
            (found[rows],) = self.session_.run(None, {"input_ids": batch})

        in_threads(answer, _batches_of_equal_length(token_ids))
        return found

    def save(self, folder: Path) -> None:
        """Copy the graph and the tokenizer into a folder, with labels and calibration.

        The folder that it was loaded from may be the same.
        """
        write_manifest(
            folder,
            self,
            head=str(self.head_),
            distance=self.distance_,
            temperature=self.temperature_,
            max_tokens=self.max_tokens_,
            precision=self.precision_,
        )
        if folder.resolve() != self.folder_.resolve():
            for file in self.folder_.glob(f"{GRAPH}*"):
                shutil.copyfile(file, folder / file.name)
            shutil.copyfile(self.folder_ / TOKENIZER, folder / TOKENIZER)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` or an export wrote.

        Raises:
            ModelError: If the folder holds no exported classifier, or a damaged one.
        """
        scale, content = read_manifest(folder)
        classifier = cls(scale)
        try:
            classifier.head_ = Head(content["head"])
            classifier.distance_ = float(content["distance"])
            classifier.temperature_ = float(content["temperature"])
            classifier.max_tokens_ = int(content["max_tokens"])
            classifier.precision_ = str(content["precision"])
            classifier.tokenizer_ = Tokenizer.from_file(str(folder / TOKENIZER))
            classifier.session_ = _open(folder / GRAPH)
        # A missing or damaged file raises errors of three libraries; tokenizers' is a bare one.
        except Exception as error:
            raise ModelError(
                f"The exported model in {folder} is incomplete or damaged: {error}"
            ) from error
        classifier.tokenizer_.enable_truncation(classifier.max_tokens_)
        classifier.tokenizer_.no_padding()
        classifier.folder_ = folder
        return classifier


def _open(graph: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # Threads that each answer a batch of their own do more than threads that share one.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _batches_of_equal_length(token_ids: Sequence[Sequence[int]]) -> list[NDArray[np.intp]]:
    """Return rows in batches of as many tokens each, longest first."""
    lengths = np.asarray([len(ids) for ids in token_ids], dtype=np.intp)
    order = np.argsort(-lengths, kind="stable")
    ends = np.flatnonzero(np.diff(lengths[order])) + 1
    return [
        rows[start : start + BATCH]
        for rows in np.split(order, ends)
        for start in range(0, len(rows), BATCH)
    ]

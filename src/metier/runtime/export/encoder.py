"""Exporting one encoder: its vocabulary, its graph, and whether it answers as before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from metier.classifiers.contract import Classifier, write_manifest
from metier.classifiers.exported.classifier import GRAPH, TOKENIZER, ExportedClassifier
from metier.classifiers.transformer.classifier import TransformerClassifier
from metier.errors import ModelError
from metier.runtime.export.graph import Precision, write_graph
from metier.runtime.export.parity import Parity, ParityError, bounds_of, parity
from metier.runtime.export.vocabulary import WORD_START, trim

__all__ = ["ExportedEncoder", "export_encoder", "word_pieces"]

# A piece of fewer letters is as often a part of a word as a word.
SHORTEST_WORD = 3


@dataclass(frozen=True)
class ExportedEncoder:
    """What the export of an encoder came to.

    Attributes:
        classifier: The exported classifier, its temperature 1.
        precision: The number format.
        parity: How it compares with the original.
        rejected: Why int8 was not taken where it might have been, or None.
        pieces_removed: Pieces that were taken out of the vocabulary.
    """

    classifier: ExportedClassifier
    precision: Precision
    parity: Parity
    rejected: str | None
    pieces_removed: int


def export_encoder(
    classifier: Classifier,
    folder: Path,
    *,
    precision: Precision | None,
    corpus: Sequence[str] | None,
    compared: Sequence[str],
    announce: Callable[[str], None],
) -> ExportedEncoder:
    """Export a fine-tuned transformer, and compare its answers.

    Args:
        classifier: The classifier; where the vocabulary is trimmed, its encoder is changed.
        folder: The folder to write.
        precision: The number format; None takes int8 where it keeps parity, or else float32.
        corpus: The titles whose pieces the vocabulary keeps, or None to keep all.
        compared: Titles on which the answers are compared, at least one.
        announce: Told what is being done.

    Raises:
        ModelError: If the classifier is no transformer, or its vocabulary cannot be trimmed.
        ParityError: If the export does not answer as the original.
    """
    if not isinstance(classifier, TransformerClassifier):
        raise ModelError(
            f"The method '{classifier.method}' has no encoder to export; only a 'transformer' has."
        )
    announce(f"asking the original {len(compared)} titles")
    before = classifier.predict_proba(compared)
    tokenizer = classifier.tokenizer_.backend_tokenizer
    removed = 0
    if corpus is not None:
        tokenizer, removed = trim(tokenizer, classifier.model_, corpus)
    rejected = None
    if precision is not Precision.FLOAT32:
        announce("writing the graph in int8")
        exported = _write(classifier, tokenizer, folder, Precision.INT8)
        found = _compare(exported, before, compared)
        try:
            found.require(bounds_of(Precision.INT8), "The export in int8")
        except ParityError as error:
            if precision is Precision.INT8:
                raise
            rejected = str(error)
            announce(rejected)
        else:
            return ExportedEncoder(exported, Precision.INT8, found, None, removed)
    announce("writing the graph in float32")
    exported = _write(classifier, tokenizer, folder, Precision.FLOAT32)
    found = _compare(exported, before, compared)
    found.require(bounds_of(Precision.FLOAT32), "The export in float32")
    return ExportedEncoder(exported, Precision.FLOAT32, found, rejected, removed)


def word_pieces(tokenizer: Tokenizer) -> list[str]:
    """Return the words that a tokeniser has as a piece of its own, in the order of their letters.

    They are what the encoder knows words by; of a tokeniser that marks the start of words in
    another way than XLM-R's, there are none.
    """
    words = (
        piece.removeprefix(WORD_START)
        for piece in tokenizer.get_vocab(with_added_tokens=False)
        if piece.startswith(WORD_START)
    )
    return sorted({word for word in words if len(word) >= SHORTEST_WORD and word.isalpha()})


def _write(
    classifier: TransformerClassifier, tokenizer: Tokenizer, folder: Path, precision: Precision
) -> ExportedClassifier:
    write_manifest(
        folder,
        ExportedClassifier(classifier.scale),
        head=classifier.head,
        distance=classifier.temperature_,
        temperature=1.0,
        max_tokens=classifier.longest,
        precision=str(precision),
    )
    for file in folder.glob(f"{GRAPH}*"):
        file.unlink()
    write_graph(classifier.model_, folder / GRAPH, precision)
    tokenizer.save(str(folder / TOKENIZER))
    return ExportedClassifier.load(folder)


def _compare(
    exported: ExportedClassifier, before: NDArray[np.float64], titles: Sequence[str]
) -> Parity:
    return parity(titles, before, exported.predict_proba(titles), exported.scale.labels)

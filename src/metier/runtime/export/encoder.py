"""Exporting one encoder: its vocabulary, its graph, and whether it answers as before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from metier.classifiers.exported.classifier import ExportedClassifier, ExportedHead
from metier.classifiers.exported.graph import CONFIG, GRAPH, TOKENIZER, EncoderGraph
from metier.classifiers.folders import model_hash
from metier.runtime.export.graph import Precision, write_graph
from metier.runtime.export.original import Original
from metier.runtime.export.parity import Parity, ParityError, bounds_of, parity
from metier.runtime.export.vocabulary import WORD_START, trim

__all__ = ["ExportedEncoder", "export_encoder", "word_pieces"]

# A piece of fewer letters is as often a part of a word as a word.
SHORTEST_WORD = 3


@dataclass(frozen=True)
class ExportedEncoder:
    """What the export of an encoder came to.

    Attributes:
        classifiers: Target to exported classifier, its temperature 1.
        precision: The number format.
        parity: Target to how it compares with the original.
        rejected: Why int8 was not taken where it might have been, or None.
        pieces_removed: Pieces that were taken out of the vocabulary.
    """

    classifiers: Mapping[str, ExportedClassifier]
    precision: Precision
    parity: Mapping[str, Parity]
    rejected: str | None
    pieces_removed: int


def export_encoder(
    original: Original,
    folder: Path,
    *,
    precision: Precision | None,
    corpus: Sequence[str] | None,
    least: int,
    compared: Sequence[str],
    announce: Callable[[str], None],
) -> ExportedEncoder:
    """Export an encoder, and compare its answers; labels and calibration are not written.

    Args:
        original: The encoder; where the vocabulary is trimmed, it is changed.
        folder: The folder to write graph and tokeniser to.
        precision: The number format; None takes int8 where it keeps parity, or else float32.
        corpus: The titles whose pieces the vocabulary keeps, or None to keep all.
        least: A piece that fewer of these titles have is not kept.
        compared: Titles on which the answers are compared, at least one.
        announce: Told what is being done.

    Raises:
        ModelError: If the vocabulary cannot be trimmed.
        ParityError: If the export does not answer as the original.
    """
    announce(f"asking the original {len(compared)} titles")
    before = original.probabilities(compared)
    removed = 0
    if corpus is not None:
        tokenizer, removed = trim(original.tokenizer, original.model, corpus, least=least)
        original = replace(original, tokenizer=tokenizer)
    rejected = None
    for chosen in (Precision.INT8, Precision.FLOAT32) if precision is None else (precision,):
        announce(f"writing the graph in {chosen}")
        classifiers = _write(original, folder, chosen)
        found = _compare(classifiers, before, compared)
        try:
            for each in found.values():
                each.require(bounds_of(chosen), f"The export in {chosen}")
        except ParityError as error:
            if precision is not None or chosen is Precision.FLOAT32:
                raise
            rejected = str(error)
            announce(rejected)
        else:
            break
    return ExportedEncoder(classifiers, chosen, found, rejected, removed)


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


def _write(original: Original, folder: Path, precision: Precision) -> dict[str, ExportedClassifier]:
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob(f"{GRAPH}*"):
        file.unlink()
    write_graph(original.model, folder / GRAPH, precision)
    original.tokenizer.save(str(folder / TOKENIZER))
    # With it the graph can be brought back into a checkpoint, and trained further.
    (folder / CONFIG).write_text(original.model.config.to_json_string(), encoding="utf-8")
    graph = EncoderGraph(folder, original.max_tokens)
    return {
        target: ExportedClassifier.of(
            head.scale,
            ExportedHead(
                head=head.head,
                distance=head.distance,
                max_tokens=original.max_tokens,
                precision=str(precision),
                columns=head.columns,
                encoder="" if head.columns is None else model_hash(folder),
            ),
            graph,
        )
        for target, head in original.heads.items()
    }


def _compare(
    exported: Mapping[str, ExportedClassifier],
    before: Mapping[str, NDArray[np.float64]],
    titles: Sequence[str],
) -> dict[str, Parity]:
    return {
        target: parity(
            titles, before[target], classifier.predict_proba(titles), classifier.scale.labels
        )
        for target, classifier in exported.items()
    }

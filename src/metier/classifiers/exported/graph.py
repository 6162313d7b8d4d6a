"""An exported encoder: its graph and its tokeniser, which several targets may share."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from weakref import WeakValueDictionary

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from metier.classifiers.threads import in_threads
from metier.titles import encoder_text

__all__ = ["CONFIG", "GRAPH", "TOKENIZER", "EncoderGraph"]

GRAPH = "model.onnx"
"""The file of the graph: token ids, shape (n, t), to the heads' outputs, shape (n, width)."""

TOKENIZER = "tokenizer.json"

CONFIG = "config.json"
"""What the graph was before it was exported, with which a training can start from it."""

# More titles a batch need more memory and are no faster.
BATCH = 32


class EncoderGraph:
    """An open graph: titles to what all its heads put out.

    Titles are answered in batches of as many tokens each, so that none is padded. The graph treats
    each title of a batch by itself: a title is answered alike in any company, to the last bit.

    The outputs of the latest titles are kept, since the heads of a shared encoder ask it for the
    same titles one after the other, and only the first of them is to wait for it.

    Attributes:
        folder: Where the files lie.
        tokenizer: What cuts titles into pieces.
    """

    def __init__(self, folder: Path, max_tokens: int) -> None:
        self.folder = folder
        self.tokenizer: Tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self.tokenizer.enable_truncation(max_tokens)
        self.tokenizer.no_padding()
        self._session = _open(folder / GRAPH)
        self._width = int(self._session.get_outputs()[0].shape[1])
        self._lock = Lock()
        self._latest: tuple[tuple[str, ...], NDArray[np.float32]] | None = None

    @classmethod
    def shared(cls, folder: Path, max_tokens: int) -> EncoderGraph:
        """Return the graph of a folder, opened once for all that hold it at a time.

        Raises:
            Exception: What three libraries raise for a missing or damaged file.
        """
        path = folder.resolve()
        # Another file at the same place is another graph.
        key = (str(path), (path / GRAPH).stat().st_mtime_ns, max_tokens)
        with _LOCK:
            graph = _OPEN.get(key)
            if graph is None:
                graph = _OPEN[key] = cls(path, max_tokens)
            return graph

    def outputs(self, titles: Sequence[str], *, keep: bool) -> NDArray[np.float32]:
        """Return the raw outputs of all heads, shape (n, width); not to be written to.

        Args:
            titles: The titles, n of them.
            keep: Whether the next head will ask for the same titles, and may wait for this one.
        """
        texts = tuple(encoder_text(title) for title in titles)
        if not keep:
            return self._answer(texts)
        with self._lock:
            if self._latest is None or self._latest[0] != texts:
                self._latest = texts, self._answer(texts)
            return self._latest[1]

    def copy(self, folder: Path) -> None:
        """Copy the files into a folder, which may be the one where they lie."""
        if folder.resolve() != self.folder.resolve():
            for file in self.folder.glob(f"{GRAPH}*"):
                shutil.copyfile(file, folder / file.name)
            for name in (TOKENIZER, CONFIG):
                if (self.folder / name).exists():
                    shutil.copyfile(self.folder / name, folder / name)

    def _answer(self, texts: Sequence[str]) -> NDArray[np.float32]:
        token_ids = [each.ids for each in self.tokenizer.encode_batch_fast(list(texts))]
        found = np.empty((len(texts), self._width), dtype=np.float32)

        def answer(rows: NDArray[np.intp]) -> None:
            batch = np.asarray([token_ids[row] for row in rows], dtype=np.int64)
            (found[rows],) = self._session.run(None, {"input_ids": batch})

        in_threads(answer, _batches_of_equal_length(token_ids))
        return found


_OPEN: WeakValueDictionary[tuple[str, int, int], EncoderGraph] = WeakValueDictionary()
_LOCK = Lock()


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

"""The graph of an encoder in ONNX, in float32 or int8."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel
from transformers.exporters.configs import OnnxConfig
from transformers.exporters.exporter_onnx import OnnxExporter
from transformers.exporters.quantizers.quantizer_onnxruntime import (
    OnnxRuntimeDynamicConfig,
    OnnxRuntimeQuantizer,
)

from metier.runtime.export.row_quantisation import quantise_rows

__all__ = ["Precision", "write_graph"]


class Precision(StrEnum):
    """The number format of the matrix products."""

    FLOAT32 = "float32"
    INT8 = "int8"


def write_graph(model: PreTrainedModel, path: Path, precision: Precision) -> None:
    """Write the graph of an encoder and its head: token ids (n, t) to outputs (n, K).

    The graph takes batches in which all titles have as many tokens, so that it needs no mask. In
    int8 the weights are quantised once, and what goes into a matrix product row by row, each token
    with a scale of its own. ONNX Runtime's dynamic quantisation has one scale for a whole batch:
    the answer to a title then depends on the titles beside it, and a single large value costs all
    of them their accuracy.

    Args:
        model: The encoder with its head.
        path: The file to write; weights lie in a file beside it.
        precision: The number format.
    """
    quantizer = None
    if precision is Precision.INT8:
        quantizer = OnnxRuntimeQuantizer(OnnxRuntimeDynamicConfig(per_channel=True))
    # Two titles of seven tokens: any example but one of a single title or token, which would be
    # taken for a constant.
    example: dict[str, Any] = {
        "input_ids": torch.full((2, 7), model.config.eos_token_id or 2, dtype=torch.long)
    }
    # The plain form of attention is the quickest one here: the others check shapes as they go.
    model.set_attn_implementation("eager")
    with _quiet():
        exported = OnnxExporter().export(
            model.eval().cpu(), example, config=OnnxConfig(dynamic=True, quantizer=quantizer)
        )
        graph: Any = exported.program
        if precision is Precision.INT8:
            graph = quantise_rows(graph)
        OnnxExporter.save_program(graph, path)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep three libraries from telling how far they are."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)

"""Quantising what goes into a matrix product row by row, in a graph that did it batch by batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir
from numpy.typing import NDArray

__all__ = ["quantise_rows"]

BATCHWISE = "DynamicQuantizeLinear"
# The greatest magnitude of a row becomes 127 steps; the unsigned bytes that the products take
# have their 0 at 128.
STEPS = 127
ZERO = 128
# Of a row of zeros; anything small does.
LEAST = 1e-12


def quantise_rows(model: onnx_ir.Model) -> onnx_ir.Model:
    """Give every row of a quantised input a scale of its own, in place of one for the batch.

    Each ``DynamicQuantizeLinear`` is replaced by the operators that work out a scale from the last
    axis alone, symmetric about 0. What follows multiplies by the scale, which now has one entry a
    row.

    Args:
        model: A graph that ONNX Runtime quantised dynamically; it is changed.

    Returns:
        The same graph.
    """
    graph = model.graph
    axis = _constant(graph, "row_axis", np.full(1, -1, dtype=np.int64))
    least = _constant(graph, "row_least", np.full((), LEAST, dtype=np.float32))
    steps = _constant(graph, "row_steps", np.full((), STEPS, dtype=np.float32))
    # Half a step more, since the cast that follows cuts off.
    shift = _constant(graph, "row_shift", np.full((), ZERO + 0.5, dtype=np.float32))
    zero = _constant(graph, "row_zero", np.full((), ZERO, dtype=np.uint8))
    for node in [each for each in graph if each.op_type == BATCHWISE]:
        (values,) = node.inputs
        quantised, scale, zero_point = node.outputs
        magnitude = _node("Abs", values)
        greatest = _node("ReduceMax", magnitude.outputs[0], axis, keepdims=1)
        positive = _node("Max", greatest.outputs[0], least)
        inverse = _node("Div", steps, positive.outputs[0])
        scaled = _node("Mul", values, inverse.outputs[0])
        shifted = _node("Add", scaled.outputs[0], shift)
        cast = _node("Cast", shifted.outputs[0], to=onnx_ir.DataType.UINT8.value)
        graph.insert_before(node, [magnitude, greatest, positive, inverse, scaled, shifted, cast])
        quantised.replace_all_uses_with(cast.outputs[0])
        zero_point.replace_all_uses_with(zero)
        for product, _ in list(scale.uses()):
            _scale_rows(graph, product, positive.outputs[0])
        graph.remove(node, safe=True)
    for name in [name for name, each in graph.initializers.items() if not each.uses()]:
        del graph.initializers[name]
    # The shapes that were noted for the scales are those of single numbers.
    for node in graph:
        for value in node.outputs:
            if not value.is_graph_output():
                value.shape = None
    return model


def _scale_rows(graph: onnx_ir.Graph, product: onnx_ir.Node, greatest: onnx_ir.Value) -> None:
    """Replace the product of a batch's scale and the weights' scale by one with the rows' scales.

    It is written as a division. ONNX Runtime takes a product at this place for that of two single
    numbers, and reads one row's scale for all rows.
    """
    (weights,) = (
        each.const_value for each in product.inputs if each is not None and each.const_value
    )
    step = np.asarray(weights.numpy(), dtype=np.float32) / np.float32(STEPS)
    divisor = _constant(graph, f"{product.outputs[0].name}_divisor", 1 / step)
    divided = _node("Div", greatest, divisor)
    graph.insert_before(product, divided)
    product.outputs[0].replace_all_uses_with(divided.outputs[0])
    graph.remove(product, safe=True)


def _node(operator: str, *inputs: onnx_ir.Value | None, **attributes: int) -> onnx_ir.Node:
    return onnx_ir.node(operator, list(inputs), attributes=attributes)


def _constant(graph: onnx_ir.Graph, name: str, array: NDArray[Any]) -> onnx_ir.Value:
    found = onnx_ir.Value(
        name=name,
        shape=onnx_ir.Shape(array.shape),
        type=onnx_ir.TensorType(onnx_ir.DataType.from_numpy(array.dtype)),
        const_value=onnx_ir.tensor(array, name=name),
    )
    graph.register_initializer(found)
    return found

"""How much a network computes for one row."""

import io
import math
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from typing import Any

import keras
import tensorflow as tf

from automl_kit.custom_blocks.auxiliary import AuxiliaryClassifier
from automl_kit.custom_blocks.fitted_layer import FittedLayer
from automl_kit.custom_blocks.linear_layer import Linear
from automl_kit.custom_blocks.views import MeanOfViews, ViewsBeside
from automl_kit.errors import InputError


def flops(model: keras.Model) -> int:
    """Floating-point operations that a built network needs to predict one row.

    Those of matrix products and convolutions with their biases, as papers on architecture search
    count them; but a multiplication and an addition are two here, and often one there. Read from
    the shapes of dense layers and convolutions; other layers with weights of two axes, such as
    attention, are traced one by one for TensorFlow's profiler, which counts all that they do. What
    is looked up counts nothing: embeddings, trees, n-grams.

    It takes a millisecond or two where nothing is traced, so that every trial has it.

    Raises:
        InputError: If the network has no graph of layers, as a subclassed model has none.

    Example:
        >>> import keras
        >>> flops(keras.Sequential([keras.Input((3,)), keras.layers.Dense(5, use_bias=False)]))
        30
    """
    if not has_graph(model):
        raise InputError(
            f"FLOPs are counted along a graph of layers, and {model.name!r}, a "
            f"{type(model).__name__}, has none. Build it in the functional style."
        )
    return _of_graph(model)


def has_graph(operation: Any) -> bool:
    """Whether it is a functional model, or a sequential one that is built."""
    return hasattr(getattr(operation, "_functional", operation), "_nodes_by_depth")


def _of_graph(model: Any) -> int:
    """The sum over the calls of a graph's layers."""
    total = 0
    rows: dict[int, int] = {}  # Those that a tensor has for each of the input, where it isn't one.
    depths = getattr(model, "_functional", model)._nodes_by_depth
    for node in (node for depth in sorted(depths, reverse=True) for node in depths[depth]):
        if node.is_input:
            continue
        operation = node.operation
        beside = max((rows.get(id(tensor), 1) for tensor in node.input_tensors), default=1)
        total += beside * _of_call(node)
        if isinstance(operation, ViewsBeside):
            beside *= len(operation.views)
        elif isinstance(operation, MeanOfViews):
            beside //= operation.views
        rows.update((id(tensor), beside) for tensor in node.outputs)
    return total


def _of_call(node: Any) -> int:
    """The operations of one call of a layer for one row."""
    operation, given = node.operation, node.input_tensors
    if has_graph(operation):
        return _of_graph(operation)
    for kind, count in _COUNTS:
        if isinstance(operation, kind):
            return count(operation, given, node.outputs[0])
    multiplies = type(operation).__name__ in _PRODUCTS
    weighted = any(len(weight.shape) > 1 for weight in getattr(operation, "weights", ()))
    if not multiplies and not weighted:
        return 0
    recurrent = isinstance(operation, keras.layers.RNN | keras.layers.Bidirectional)
    steps = given[0].shape[1] or 1 if recurrent else 1  # The profiler counts one of a loop.
    return steps * _profiled(_call_of(node), given)


_PRODUCTS = ("Attention", "AdditiveAttention", "Dot", "Einsum", "Matmul", "Tensordot")
"""What multiplies matrices without weights: layers and `keras.ops`."""


def _size(tensor: Any) -> int:
    """Numbers a row; sizes that aren't known count 1."""
    return _product(size or 1 for size in tensor.shape[1:])


def _product(sizes: Iterable[Any]) -> int:
    return math.prod(int(size) for size in sizes)


def _bias(layer: Any, gave: Any) -> int:
    return _size(gave) if layer.use_bias else 0


def _dense(layer: Any, given: list[Any], gave: Any) -> int:
    return 2 * _size(gave) * int(given[0].shape[-1]) + _bias(layer, gave)


def _convolution(layer: Any, given: list[Any], gave: Any) -> int:
    """Each number of the output is a product of as many as a unit's kernel has."""
    return 2 * _size(gave) * _product(layer.kernel.shape[:-1]) + _bias(layer, gave)


def _linear(layer: Any, given: list[Any], gave: Any) -> int:
    return 2 * _size(gave) * int(given[0].shape[-1]) + _size(gave)


def _nothing(layer: Any, given: list[Any], gave: Any) -> int:
    return 0


def _depthwise(layer: Any, given: list[Any], gave: Any) -> int:
    return 2 * _size(gave) * _product(layer.kernel_size) + _bias(layer, gave)


def _separable(layer: Any, given: list[Any], gave: Any) -> int:
    places = _size(gave) // int(layer.filters)
    kernels = (layer.depthwise_kernel, layer.pointwise_kernel)
    return 2 * places * sum(_product(k.shape) for k in kernels) + _bias(layer, gave)


def _transposed(layer: Any, given: list[Any], gave: Any) -> int:
    places = _size(given[0]) // int(given[0].shape[-1])
    return 2 * places * _product(layer.kernel.shape) + _bias(layer, gave)


def _einsum(layer: Any, given: list[Any], gave: Any) -> int:
    """Each number of the output is a product along the kernel's axes that it lacks."""
    left, result = layer.equation.split("->")
    kernel = left.split(",")[1]
    shape = layer.kernel.shape
    summed = _product(n for n, axis in zip(shape, kernel, strict=True) if axis not in result)
    bias = 0 if layer.bias_axes is None else _size(gave)
    return 2 * _size(gave) * summed + bias


def _attention(layer: Any, given: list[Any], gave: Any) -> int:
    """Four dense layers, the products of queries with keys, and those of these with values."""
    queries, keys = (_product(size or 1 for size in t.shape[1:-1]) for t in given[:2])
    total = 2 * queries * keys * int(layer.num_heads * (layer.key_dim + layer.value_dim))
    for part, places in (
        (layer.query_dense, queries),
        (layer.key_dense, keys),
        (layer.value_dense, keys),
        (layer.output_dense, queries),
    ):
        bias = 0 if part.bias is None else _product(part.bias.shape)
        total += places * (2 * _product(part.kernel.shape) + bias)
    return total


_L = keras.layers
_COUNTS: tuple[tuple[Any, Callable[[Any, list[Any], Any], int]], ...] = (
    (_L.Dense, _dense),
    ((_L.Conv1D, _L.Conv2D, _L.Conv3D), _convolution),
    ((_L.DepthwiseConv1D, _L.DepthwiseConv2D), _depthwise),
    ((_L.SeparableConv1D, _L.SeparableConv2D), _separable),
    ((_L.Conv1DTranspose, _L.Conv2DTranspose, _L.Conv3DTranspose), _transposed),
    (_L.EinsumDense, _einsum),
    (_L.MultiHeadAttention, _attention),
    (Linear, _linear),
    ((_L.Embedding, AuxiliaryClassifier, FittedLayer), _nothing),
)


def _profiled(call: Callable[..., Any], inputs: list[Any]) -> int:
    """What TensorFlow's profiler counts of a function of tensors, for one row."""
    row = [tf.TensorSpec((1, *(n or 1 for n in t.shape[1:])), t.dtype) for t in inputs]
    graph = tf.function(call).get_concrete_function(*row).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    with redirect_stdout(io.StringIO()):
        profile = tf.compat.v1.profiler.profile(graph, options=options)
    return int(profile.total_float_ops)


def _call_of(node: Any) -> Callable[..., Any]:
    """A call of an operation as a function of the tensors that it was given."""

    def call(*row: Any) -> Any:
        given = {id(t): one for t, one in zip(node.input_tensors, row, strict=True)}
        args, kwargs = node.arguments.fill_in(given)
        return node.operation(*args, **kwargs)

    return call

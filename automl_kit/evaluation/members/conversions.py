"""What a layer or an operation becomes where tensors have a first axis of members."""

import string
from collections.abc import Callable
from typing import Any

import keras

from automl_kit.custom_blocks.member_layers import (
    MemberBatchNormalization,
    MemberDropout,
    MemberLayerNormalization,
)
from automl_kit.custom_blocks.submodels import MeanOfSubmodels, Submodels

Twin = Callable[..., Any]
LARGEST_TABLE = 1 << 21  # numbers of all members' embeddings, whose gradient is made whole


class NotStackableError(Exception):
    """A network has a part that can't be trained side by side; it is trained alone instead."""


def of_layer(layer: keras.layers.Layer, members: int) -> Twin:
    """A layer for (members, n, …), not built, that does what `layer` does to (n, …).

    Raises:
        NotStackableError: If it isn't known for this layer.
    """
    make = _LAYERS.get(type(layer))
    if make is None:
        raise NotStackableError(f"the layer {layer.name!r} ({type(layer).__name__}) in it")
    twin: Twin = make(layer, members)
    return twin


def pairs_of(layer: keras.layers.Layer, twin: Any) -> list[tuple[Any, Any]]:
    """The weights of a layer, each with those of its built twin."""
    if isinstance(twin, _ShiftedEmbedding):
        twin = twin.table
    theirs = [] if isinstance(twin, MemberDropout) else getattr(twin, "weights", [])
    return list(zip(layer.weights, theirs, strict=True))


def of_operation(operation: Any) -> Twin:
    """A function of (members, n, …) for an operation of `keras.ops` on (n, …).

    Raises:
        NotStackableError: If it isn't known for this operation.
    """
    name = type(operation).__name__
    if name == "GetItem":
        return lambda x, key: x[(slice(None), *(key if isinstance(key, tuple) else (key,)))]
    if name in _ELEMENTWISE:
        return operation  # type: ignore[no-any-return]
    if name in _BY_AXIS:
        config = {k: v for k, v in operation.get_config().items() if k != "name"}
        config["axis"] = _shifted(config.get("axis"), operation.name)
        return type(operation).from_config(config)  # type: ignore[no-any-return]
    raise NotStackableError(f"the operation {operation.name!r} ({name}) in it")


_ELEMENTWISE = {
    "Absolute", "Add", "Cast", "Clip", "Cos", "Divide", "Equal", "Exp", "Gelu", "Greater",
    "GreaterEqual", "Less", "LessEqual", "Log", "LogicalAnd", "LogicalNot", "LogicalOr", "Maximum",
    "Minimum", "Multiply", "Negative", "NotEqual", "Relu", "Rsqrt", "Sigmoid", "Silu", "Sin",
    "Sqrt", "Square", "Subtract", "Tanh", "TrueDivide", "Where",
}  # fmt: skip
_BY_AXIS = {
    "Concatenate",
    "ExpandDims",
    "LogSumExp",
    "Max",
    "Mean",
    "Min",
    "Softmax",
    "Sum",
    "Take",
}


def _shifted(axis: Any, name: str) -> Any:
    """The same axes where one of members comes before them; of rows none may be taken."""
    if isinstance(axis, list | tuple):
        return [_shifted(one, name) for one in axis]
    if not isinstance(axis, int) or axis == 0:
        raise NotStackableError(f"the operation {name!r} over rows in it")
    return axis + 1 if axis > 0 else axis


def _dense(layer: Any, members: int) -> Any:
    if layer.get_config().get("kernel_constraint") or layer.losses:
        raise NotStackableError(f"constraints or penalties of {layer.name!r}")
    between = string.ascii_lowercase[: len(layer.input.shape) - 1]
    return keras.layers.EinsumDense(
        f"Y{between}X,YXZ->Y{between}Z",
        output_shape=(*layer.input.shape[:-1], layer.units),
        bias_axes="YZ" if layer.use_bias else None,
        activation=layer.activation,
        name=layer.name,
    )


def _einsum(layer: Any, members: int) -> Any:
    given, result = layer.equation.split("->")
    if "." in layer.equation or "Y" in layer.equation:
        raise NotStackableError(f"the equation {layer.equation!r} of {layer.name!r}")
    equation = ",".join(f"Y{part}" for part in given.split(",")) + f"->Y{result}"
    return keras.layers.EinsumDense(
        equation,
        output_shape=tuple(layer.output.shape),
        bias_axes=f"Y{layer.bias_axes}" if layer.bias_axes else None,
        activation=layer.activation,
        name=layer.name,
    )


def _layer_normalization(layer: Any, members: int) -> Twin:
    if not _last(layer) or not (layer.center and layer.scale):
        raise NotStackableError(f"the axes or the scale of {layer.name!r}")
    return MemberLayerNormalization(layer.epsilon, name=layer.name)


def _batch_normalization(layer: Any, members: int) -> Twin:
    if not _last(layer) or not (layer.center and layer.scale):
        raise NotStackableError(f"the axis or the scale of {layer.name!r}")
    return MemberBatchNormalization(layer.momentum, layer.epsilon, name=layer.name)


def _last(layer: Any) -> bool:
    axis = layer.axis[0] if isinstance(layer.axis, list | tuple) else layer.axis
    several = isinstance(layer.axis, list | tuple) and len(layer.axis) > 1
    return not several and axis in (-1, len(layer.input.shape) - 1)


def _dropout(layer: Any, members: int) -> Twin:
    return MemberDropout(layer.rate, layer.noise_shape, members, name=layer.name)


class _ShiftedEmbedding:
    """One table (members · ids, d) for all members, each of which looks up its own part."""

    def __init__(self, layer: Any, members: int):
        if layer.mask_zero or members * layer.input_dim * layer.output_dim > LARGEST_TABLE:
            raise NotStackableError(f"the size or the mask of {layer.name!r}")
        self.ids = layer.input_dim
        self.table = keras.layers.Embedding(
            members * layer.input_dim, layer.output_dim, name=layer.name, trainable=layer.trainable
        )
        self.members = members

    def __call__(self, ids: Any) -> Any:
        starts = [[self.ids * member] for member in range(self.members)]
        while len(keras.ops.shape(starts)) < len(ids.shape):
            starts = [[start] for start in starts]
        return self.table(keras.ops.cast(ids, "int32") + keras.ops.array(starts, "int32"))


def _reshape(layer: Any, members: int) -> Twin:
    shape = layer.output.shape
    if any(size is None for size in shape[1:]):
        raise NotStackableError(f"the unknown shape of {layer.name!r}")
    return lambda x: keras.ops.reshape(x, (members, -1, *shape[1:]))


def _merge(layer: Any, members: int) -> Twin:
    config = layer.get_config()
    if "axis" in config:
        config["axis"] = _shifted(config["axis"], layer.name)
    return type(layer).from_config(config)  # type: ignore[no-any-return]


def _same(layer: Any, members: int) -> Twin:
    axis = layer.get_config().get("axis", -1)
    if axis not in (-1, len(layer.input.shape) - 1):
        raise NotStackableError(f"the axis of {layer.name!r}")
    return type(layer).from_config(layer.get_config())  # type: ignore[no-any-return]


def _kept(layer: Any, members: int) -> Twin:
    return type(layer).from_config(layer.get_config())  # type: ignore[no-any-return]


_LAYERS: dict[type[keras.layers.Layer], Callable[[Any, int], Twin]] = {
    keras.layers.Activation: _same,
    keras.layers.Add: _merge,
    keras.layers.Average: _merge,
    keras.layers.BatchNormalization: _batch_normalization,
    keras.layers.Concatenate: _merge,
    keras.layers.Dense: _dense,
    keras.layers.Dropout: _dropout,
    keras.layers.EinsumDense: _einsum,
    keras.layers.Embedding: _ShiftedEmbedding,
    keras.layers.Flatten: _reshape,
    keras.layers.LayerNormalization: _layer_normalization,
    keras.layers.Multiply: _merge,
    keras.layers.ReLU: _same,
    keras.layers.Rescaling: _same,
    keras.layers.Reshape: _reshape,
    keras.layers.Softmax: _same,
    MeanOfSubmodels: _kept,
    Submodels: _kept,
}

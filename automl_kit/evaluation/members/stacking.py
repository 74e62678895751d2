"""Several networks of one architecture as one network: each tensor has a first axis of members."""

from dataclasses import dataclass
from typing import Any

import keras

from automl_kit.custom_blocks.member_layers import MemberDropout
from automl_kit.evaluation.members.conversions import (
    NotStackableError,
    of_layer,
    of_operation,
    pairs_of,
)


@dataclass(frozen=True)
class Stack:
    """Several networks as one.

    Attributes:
        network: From (members, n, …) to (members, n, classes).
        members: How many there are; None for one, whose tensors have no axis of members.
        weights: Its weights, in the order of those of the network that it was made of. Each is
            (members, …), perhaps in another shape.
        shapes: The shapes of the network's own weights.
        dropouts: Its dropout layers, in the order of the network's.
    """

    network: keras.Model
    members: int | None
    weights: list[keras.Variable]
    shapes: list[tuple[int, ...]]
    dropouts: list[MemberDropout]


def stack(network: keras.Model, members: int | None) -> Stack:
    """Makes the network of several networks of one architecture.

    Args:
        network: What each of them is like, from (n, …) to (n, classes).
        members: How many; None for one. Then layers stay as they are, but for dropout, whose
            rates become variables.

    Raises:
        NotStackableError: If it has a layer or an operation for which that isn't known.
    """
    twins: dict[int, Any] = {}

    def convert(operation: Any) -> Any:
        if not isinstance(operation, keras.layers.Layer):
            return operation if members is None else of_operation(operation)
        if id(operation) not in twins:
            twins[id(operation)] = (
                _alone(operation) if members is None else of_layer(operation, members)
            )
        return twins[id(operation)] if members is None else _unmasked(twins[id(operation)])

    inputs = [_input(tensor, members) for tensor in network.inputs]
    structure = inputs if isinstance(network.input, list) else inputs[0]
    clone = keras.models.clone_model(network, input_tensors=structure, clone_function=convert)
    dropouts, places = [], {}
    for layer in network.layers:
        twin = twins.get(id(layer))  # Input layers have none.
        if isinstance(twin, MemberDropout):
            dropouts.append(twin)
        elif twin is not None:
            places.update({id(single): weight for single, weight in pairs_of(layer, twin)})
    weights = [places[id(weight)] for weight in network.weights]
    return Stack(clone, members, weights, [tuple(w.shape) for w in network.weights], dropouts)


def _unmasked(twin: Any) -> Any:
    """A layer that is called without a mask, which those that know of members don't take."""

    def call(*tensors: Any, mask: Any = None, **others: Any) -> Any:
        if mask is not None:
            raise NotStackableError("a mask in it")
        return twin(*tensors, **others)

    return call


def _input(tensor: Any, members: int | None) -> Any:
    shape = tensor.shape if members is None else (members, *tensor.shape)
    return keras.Input(batch_shape=shape, dtype=tensor.dtype)


def _alone(layer: Any) -> Any:
    if type(layer) is keras.layers.Dropout:
        return MemberDropout(layer.rate, layer.noise_shape, name=layer.name)
    if isinstance(layer, keras.Model):
        raise NotStackableError(f"the model {layer.name!r} in it")
    return type(layer).from_config(layer.get_config())

"""Cutting a network in two: what is the same in every epoch, and what training changes."""

import inspect
from dataclasses import dataclass
from typing import Any

import keras


@dataclass(frozen=True)
class Parts:
    """A network as two.

    Attributes:
        front: From the network's inputs to what goes into the back; without weights to train.
        back: The rest.
    """

    front: keras.Model
    back: keras.Model


def uncut(network: keras.Model) -> Parts:
    """A network whose front does nothing, for rows that would grow in front."""
    inputs = [keras.Input(tensor.shape[1:], dtype=tensor.dtype) for tensor in network.inputs]
    alone: Any = inputs[0] if len(inputs) == 1 else inputs
    back = keras.Model(
        network.inputs[0] if len(inputs) == 1 else network.inputs, network.outputs[0]
    )
    return Parts(keras.Model(alone, alone), back)


def cut(network: keras.Model) -> Parts:
    """Cuts a network with one output in front of the first layers that training changes.

    What is in front of them, such as the bins of numbers, is done once for all epochs. Whatever
    has a state or is random counts as changing.

    Args:
        network: A functional model.
    """
    known: dict[int, bool] = {}
    border: list[Any] = []

    def changes(tensor: Any) -> bool:
        if id(tensor) in known:
            return known[id(tensor)]
        sources = _sources(tensor)
        moving = [changes(source) for source in sources]
        own = any(moving) or _is_changed(tensor._keras_history.operation)
        known[id(tensor)] = own
        if own:
            kept = {id(tensor) for tensor in border}
            for source, moves in zip(sources, moving, strict=True):
                if not moves and id(source) not in kept:
                    border.append(source)
                    kept.add(id(source))
        return own

    (output,) = network.outputs
    changes(output)
    inputs = border[0] if len(border) == 1 else border
    front_inputs = network.inputs[0] if len(network.inputs) == 1 else network.inputs
    return Parts(keras.Model(front_inputs, inputs), keras.Model(inputs, output))


def _sources(tensor: Any) -> list[Any]:
    history = tensor._keras_history
    if isinstance(history.operation, keras.layers.InputLayer):
        return []
    node = history.operation._inbound_nodes[history.node_index]
    return list(node.input_tensors)


def _is_changed(operation: Any) -> bool:
    if not isinstance(operation, keras.layers.Layer):
        return False
    seeded = len(operation.variables) > len(operation.weights)  # a state that random numbers have
    told = "training" in inspect.signature(operation.call).parameters  # such as dropout
    return bool(operation.trainable_variables) or seeded or told

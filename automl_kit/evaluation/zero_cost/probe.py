"""A network run as zero-cost scores need it, without a change to anything of it.

The graph is walked operation by operation, so that what differs from predicting is said in one
place:

* batch normalisation is by the batch, as in a training step, or left out;
* dropout, drop path and augmentation are off, and convolutions compute in float32;
* the last softmax or sigmoid may be left out: the sum of a softmax is 1 and has no gradient.

All of it happens in a `keras.StatelessScope`: moving averages are written nowhere, and weights
may have other values for the time of a run.
"""

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from automl_kit.custom_blocks.auxiliary import AuxiliaryClassifier
from automl_kit.custom_blocks.member_layers import MemberBatchNormalization
from automl_kit.custom_blocks.submodels import MeanOfSubmodels
from automl_kit.custom_blocks.views import MeanOfViews, ViewsBeside
from automl_kit.errors import InputError

Heard = Callable[[Any, list[Any], list[Any]], None]
"""Hears of an operation, the tensors that it was given and those that it gave."""

_BATCH_NORMS = (keras.layers.BatchNormalization, MemberBatchNormalization)
_NORMS = (*_BATCH_NORMS, keras.layers.LayerNormalization, keras.layers.GroupNormalization)
_VIEWS = (ViewsBeside, MeanOfViews)  # In training they do nothing.
_PASSING = (
    keras.layers.Add,
    keras.layers.Average,
    keras.layers.Concatenate,
    keras.layers.Flatten,
    keras.layers.Identity,
    keras.layers.Rescaling,
    keras.layers.Reshape,
    AuxiliaryClassifier,
)  # What may stand between probabilities and the output.
_PROBABILITIES = (keras.activations.softmax, keras.activations.sigmoid)


class Probe:
    """A built functional network and some rows.

    Nested functional and sequential models are walked through too; layers that hold others inside
    their `call` are run as they predict.

    Args:
        model: The network.
        x: Rows as it takes them, one array (n, …) or several.
        y: Their targets, (n, k); None where no score needs them.

    Raises:
        InputError: If the network has no graph, as a subclassed model has none, or the rows
            don't fit its inputs.
    """

    def __init__(self, model: keras.Model, x: Any, y: Any = None):
        self.model, self.y = model, y
        self.graph = _graph(model)
        if self.graph is None:
            raise InputError(
                f"Zero-cost scores need the graph of a built functional or sequential keras.Model; "
                f"got {model.name!r}, a {type(model).__name__} without one."
            )
        arrays = keras.tree.flatten(x)
        if len(arrays) != len(self.graph.inputs):
            raise InputError(
                f"{model.name!r} has {len(self.graph.inputs)} inputs; got {len(arrays)} arrays."
            )
        pairs = zip(arrays, self.graph.inputs, strict=True)
        self.inputs = [_as_input(array, entry) for array, entry in pairs]
        self._heads = _heads(self.graph)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.inputs[0].shape[0])

    def run(
        self,
        inputs: Sequence[Any] | None = None,
        *,
        values: Sequence[tuple[Any, Any]] = (),
        normalise: bool = True,
        logits: bool = True,
        hear: Heard | None = None,
        watch: Callable[[Any], None] | None = None,
    ) -> list[Any]:
        """Runs the network.

        Args:
            inputs: Tensors; None for the rows.
            values: Variables, each with the value that it has in this run.
            normalise: Whether batches are normalised; layers that normalise are left out if not.
            logits: Whether the last softmax or sigmoid is left out.
            hear: Hears of each operation.
            watch: Told of each tensor of floats by which rows enter: float inputs, and what is
                looked up or cast by inputs of other dtypes.

        Returns:
            The outputs.
        """
        tensors = list(self.inputs if inputs is None else inputs)
        if watch is not None:
            for tensor in filter(_is_float, tensors):
                watch(tensor)
        call = partial(self._call, normalise=normalise, logits=logits, hear=hear, watch=watch)
        scope = keras.StatelessScope()
        # Its constructor would cast values to the variables' dtypes.
        scope.state_mapping.update((id(variable), value) for variable, value in values)
        with scope:
            return self._through(self.graph, tensors, call)

    def _through(self, graph: Any, tensors: list[Any], call: Callable[..., Any]) -> list[Any]:
        found = graph._run_through_graph(tensors, operation_fn=lambda op: partial(call, op))
        return list(keras.tree.flatten(found))

    def _call(
        self,
        operation: Any,
        *args: Any,
        normalise: bool,
        logits: bool,
        hear: Heard | None,
        watch: Callable[[Any], None] | None,
        **kwargs: Any,
    ) -> Any:
        inner = _graph(operation)
        given = [t for t in keras.tree.flatten((args, kwargs)) if tf.is_tensor(t)]
        if inner is not None:
            call = partial(self._call, normalise=normalise, logits=logits, hear=hear, watch=watch)
            return self._through(inner, keras.tree.flatten(args), call)
        if isinstance(operation, _NORMS) and not normalise:
            return args[0]
        if _knows_training(operation):  # Augmentation trains where nobody says.
            kwargs["training"] = isinstance(operation, (*_BATCH_NORMS, *_VIEWS))
        if logits and id(operation) in self._heads:
            outputs = _without_probabilities(operation, *args, **kwargs)
        else:
            outputs = operation(*args, **kwargs)
        gave = [t for t in keras.tree.flatten(outputs) if tf.is_tensor(t)]
        if watch is not None and given and not any(map(_is_float, given)):
            for tensor in filter(_is_float, gave):
                watch(tensor)
        if hear is not None:
            hear(operation, given, gave)
        return outputs


def kernels(model: keras.Model) -> list[Any]:
    """The trainable weights of two axes and more: not biases, not scales and shifts."""
    return [weight for weight in model.trainable_weights if len(weight.shape) > 1]


def _graph(operation: Any) -> Any:
    """The graph of a functional or sequential model; None of anything else."""
    found = getattr(operation, "_functional", operation)
    return found if hasattr(found, "_run_through_graph") else None


def _as_input(array: Any, entry: Any) -> Any:
    """Rows as a tensor that an input takes."""
    if entry.dtype == "string":
        raise InputError(
            f"The input {entry.name!r} takes strings; zero-cost scores need a network of numbers. "
            "Put the encoder's outputs in: token ids, or a matrix of a table."
        )
    tensor = keras.ops.convert_to_tensor(array, dtype=entry.dtype)
    if len(tensor.shape) == len(entry.shape) - 1 and entry.shape[-1] == 1:
        tensor = keras.ops.expand_dims(tensor, -1)
    expected = tuple(entry.shape[1:])
    sizes = zip(tensor.shape[1:], expected, strict=False)
    if len(tensor.shape) != len(entry.shape) or any(b not in (None, a) for a, b in sizes):
        raise InputError(
            f"The input {entry.name!r} takes rows of shape {expected}; "
            f"got {tuple(tensor.shape[1:])}."
        )
    return tensor


def _knows_training(operation: Any) -> bool:
    is_layer = isinstance(operation, keras.layers.Layer)
    return is_layer and "training" in inspect.signature(operation.call).parameters


def _is_float(tensor: Any) -> bool:
    return bool(tensor.dtype.is_floating)


def _heads(graph: Any) -> set[int]:
    """The operations, by id, that make the outputs probabilities."""
    found: set[int] = set()
    todo = list(graph.outputs)
    while todo:
        tensor = todo.pop()
        operation, number, _ = tensor._keras_history
        inner = _graph(operation)
        if inner is not None:
            found |= _heads(inner)
        elif _gives_probabilities(operation):
            found.add(id(operation))
        elif isinstance(operation, _PASSING):
            todo += operation._inbound_nodes[number].input_tensors
    return found


def _gives_probabilities(operation: Any) -> bool:
    if isinstance(operation, keras.layers.Softmax | MeanOfSubmodels):
        return True
    if not isinstance(operation, keras.layers.Layer):
        return type(operation).__name__ in ("Softmax", "Sigmoid")  # keras.ops
    return getattr(operation, "activation", None) in _PROBABILITIES


def _without_probabilities(operation: Any, *args: Any, **kwargs: Any) -> Any:
    """What a softmax or sigmoid is given: Keras lets it go along on what they give."""
    if isinstance(operation, MeanOfSubmodels):
        return keras.ops.mean(args[0], axis=-2)
    if not isinstance(operation, keras.layers.Layer):
        return args[0]
    outputs = operation(*args, **kwargs)
    return getattr(outputs, "_keras_logits", outputs)

"""Encoder and network joined into one model: raw input in, predictions out."""

from typing import Any

import keras

from automl_kit.errors import ExportError
from automl_kit.export.stock import require_stock, to_stock
from automl_kit.problems.problem import Problem


def assemble(
    encoder: keras.Model, network: keras.Model, problem: Problem, *, stock: bool = True
) -> keras.Model:
    """Puts the encoder in front of the network.

    Layers are shared with both, so that the weights are the trained ones. The network is
    called with `training=False`: augmentation would otherwise be active in a plain
    `model(x)`, since Keras's augmentation layers take training for granted.

    Args:
        encoder: Functional model of stock layers, fitted, one output; its inputs are the raw
            ones: a dict of named inputs (n, 1), or one input.
        network: Model of one input and one output (n, k).
        problem: What is predicted; it ends the model.
        stock: Whether all layers must be Keras's. Otherwise the model predicts as it is, but
            can't be written.

    Returns:
        A functional model that takes the raw input (a dict by name where the
        encoder has several) and gives float32 outputs (n, columns of the problem), of classes
        probabilities in a layer named "probabilities".

    Raises:
        ExportError: If a layer is not stock and can't be rewritten, though all are to be, or
            the shapes don't fit.
    """
    require_stock(encoder)
    if stock:
        network = to_stock(network)
    if len(network.inputs) != 1 or len(network.outputs) != 1:
        raise ExportError(
            f"The network has {len(network.inputs)} inputs and {len(network.outputs)} outputs; "
            "expected one of each."
        )
    inputs = encoder.input
    if isinstance(inputs, list | tuple):
        inputs = {tensor.name: tensor for tensor in inputs}
    try:
        output = _called(network, encoder.output)
    except ValueError as error:
        raise ExportError(
            f"The encoder gives {encoder.output.shape}, which does not fit the network's input "
            f"{network.inputs[0].shape}. Give the network that was trained behind this encoder."
        ) from error
    if len(output.shape) != 2 or output.shape[1] is None:
        raise ExportError(
            f"The network gives an output of shape {output.shape}; expected "
            f"shape (n, {problem.columns}). End it with the head of a {problem.name}."
        )
    return keras.Model(inputs, problem.finish(output), name="model")


def _called(network: keras.Model, encoded: Any) -> Any:
    """Calls the network on the encoded tensor, whatever dtype the network was built on.

    AutoKeras builds networks on the dtype of the training arrays. Keras casts on the way in
    without a word, and would cut resized pixels to whole bytes for a uint8 input.
    """
    entry = network.inputs[0]  # AutoKeras's networks have lists of one input and one output.
    if entry.dtype.startswith("float") and not encoded.dtype.startswith("float"):
        encoded = keras.layers.Rescaling(1.0, dtype=entry.dtype, name="network.cast")(encoded)
    elif entry.dtype != encoded.dtype:
        entry = keras.Input(batch_shape=entry.shape, dtype=encoded.dtype)
        network = keras.models.clone_model(
            network,
            input_tensors=keras.tree.pack_sequence_as(network.input, [entry]),
            clone_function=lambda layer: layer,
        )
    # Under a name of its own, so that it can't clash with a layer of the encoder.
    named = keras.Model(network.inputs[0], network.outputs[0], name="network")
    return named(encoded, training=False)

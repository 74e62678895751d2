"""How a cell brings its two inputs to its own number of channels and size."""

import keras

from automl_kit.custom_blocks.darts.operation_layers import relu_conv_norm
from automl_kit.custom_blocks.darts.supernet_layers import FactorizedReduce, Policy, Shape
from automl_kit.errors import InputError


def make_preprocess(
    shapes: tuple[Shape, Shape], filters: int, dtype: Policy
) -> tuple[list[keras.layers.Layer], Shape]:
    """Makes and builds a layer for each input.

    The output of the cell before the last is twice as large where the last one reduced.

    Args:
        shapes: (b, h, w, c) of the outputs of the cell before the last and of the last.
        filters: Channels of the cell's nodes.
        dtype: As for any Keras layer.

    Returns:
        The layers, and the shape of both of their outputs.

    Raises:
        InputError: If the sizes aren't known, or aren't equal or in the ratio of 2.
    """
    size, before = shapes[1][1:3], shapes[0][1:3]
    if None in size or None in before:
        raise InputError(
            f"A cell needs images of a fixed size; got inputs of shapes {shapes[0]}, {shapes[1]}."
        )
    halved = tuple(-(-(n or 0) // 2) for n in before)
    if before != size and halved != size:
        raise InputError(
            "Expected the first input of a cell to be as large as the second or twice as large; "
            f"got shapes {shapes[0]} and {shapes[1]}."
        )
    first = (
        relu_conv_norm(filters, shapes[0][-1] or 0, dtype)
        if before == size
        else FactorizedReduce(filters, dtype=dtype)
    )
    layers = [first, relu_conv_norm(filters, shapes[1][-1] or 0, dtype)]
    for layer, shape in zip(layers, shapes, strict=True):
        layer.build(shape)
    return layers, (shapes[1][0], *size, filters)

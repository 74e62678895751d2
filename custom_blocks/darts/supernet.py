"""The network that DARTS searches in: a stem, cells, reductions at one and two thirds."""

import keras

from automl_kit.custom_blocks.cell_layers import residual_reduction
from automl_kit.custom_blocks.darts.architecture_parameters import ArchitectureParameters
from automl_kit.custom_blocks.darts.batched_cell import DartsCell
from automl_kit.custom_blocks.darts.normalise import BatchNormalise
from automl_kit.custom_blocks.darts.plain_cell import PlainDartsCell
from automl_kit.custom_blocks.darts.supernet_layers import uniform
from automl_kit.custom_blocks.sizes import stem_stride
from automl_kit.errors import InputError
from automl_kit.spaces import DARTS_OPS

TUTORIAL_OPS = ("sep_conv_3x3", "sep_conv_5x5", "avg_pool_3x3", "max_pool_3x3", "skip_connect")
"""A smaller choice, without "none" and dilated convolutions, that tutorials use."""


def darts_supernet(
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    filters: int = 16,
    cells: int = 8,
    nodes: int = 4,
    stem_multiplier: int = 3,
    ops: tuple[str, ...] = DARTS_OPS,
    partial: int = 1,
    edge_weights: bool | None = None,
    reduction: bool = True,
    plain: bool = False,
) -> keras.Model:
    """Makes the paper's search network (section 3.1.1 and appendix A.1).

    On images of more than 32 pixels the stem strides, as that of `build_cell_network` does.

    Args:
        input_shape: (h, w, c) of the images.
        classes: How many.
        filters: Channels of a node before the first reduction; each reduction doubles them.
        cells: How many. Numbers cells // 3 and 2·cells // 3 are reductions.
        nodes: Nodes of a cell.
        stem_multiplier: The stem has this many times `filters` channels.
        ops: Names of the operations that an edge mixes.
        partial: Only 1/`partial` of the channels go through the operations (PC-DARTS; 4 there).
        edge_weights: Whether edges have weights too (PC-DARTS). None: with partial channels.
        reduction: Whether there is a kind of cell that reduces; otherwise a residual unit of
            stride 2 does, in front of a normal cell, as in `build_cell_network`.
        plain: Whether one operation is computed at a time, by `PlainDartsCell`.

    Returns:
        A functional model (b, h, w, c) to logits (b, classes). At its defaults, with images
        (32, 32, 3) and 10 classes, it has 1,930,618 weights and α of 2×14×8.

    Raises:
        InputError: If there are less than 3 cells, or the other arguments don't fit cells.

    Example:
        >>> network = darts_supernet((28, 28, 1), 10, filters=8, cells=4)
        >>> network.output_shape
        (None, 10)
    """
    if cells < 3:
        raise InputError(f"Expected 3 cells or more, of which 2 are reductions; got {cells}.")
    reductions = {cells // 3, 2 * cells // 3}
    if edge_weights is None:
        edge_weights = partial > 1
    make_cell = PlainDartsCell if plain else DartsCell
    image = keras.Input(input_shape, name="image")
    stride = stem_stride(input_shape)
    kernel = max(3, 2 * stride - 1)
    x = keras.layers.Conv2D(
        stem_multiplier * filters,
        kernel,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer=uniform(kernel**2 * input_shape[-1]),
        name="stem",
    )(image)
    x = BatchNormalise(affine=True, name="stem_normalise")(x)
    architectures = {
        kind: ArchitectureParameters(kind, nodes, ops, edge_weights, name=f"{kind}_architecture")(x)
        for kind in (("normal", "reduction") if reduction else ("normal",))
    }
    before = x
    for number in range(cells):
        reduces = number in reductions
        if reduces:
            filters *= 2
        if reduces and not reduction:
            before, x = x, residual_reduction(x, filters)
        kind = "reduction" if reduces and reduction else "normal"
        mixing = architectures[kind]
        cell = make_cell(filters, nodes, ops, kind == "reduction", partial, name=f"cell_{number}")
        inputs = [before, x, *(mixing if edge_weights else [mixing])]
        before, x = x, cell(inputs)
    x = keras.layers.GlobalAveragePooling2D(name="pooling")(x)
    outputs = keras.layers.Dense(
        classes,
        kernel_initializer=uniform(x.shape[-1]),
        bias_initializer=uniform(x.shape[-1]),
        dtype=keras.config.dtype_policy().variable_dtype,  # not halved by mixed precision
        name="logits",
    )(x)
    return keras.Model(image, outputs, name="darts_supernet")

"""The network of a genotype: its cells stacked to any depth and width.

Layers that train faster than Keras's own are among its layers; they predict as these do, and
`automl_kit.export.to_stock` puts these in their places.

What Liu et al. (2019), section 3.2 and appendix A.1 train after the search for cells of two
inputs that concatenate their nodes, and Dong and Yang (2020), figure 1, for cells of one input
that give their last node.
"""

from typing import Any

import keras

from automl_kit.custom_blocks.auxiliary import auxiliary_logits
from automl_kit.custom_blocks.cell_layers import normalize, residual_reduction, stem
from automl_kit.custom_blocks.discrete_cell import build_cell
from automl_kit.errors import InputError
from automl_kit.spaces import Genotype


def build_cell_network(
    tensor: Any,
    genotype: Genotype,
    *,
    cells: int = 8,
    channels: int = 16,
    stem_multiplier: int | None = None,
    drop_path: float = 0.0,
    as_published: bool = False,
) -> Any:
    """Puts the network of a genotype behind images; gives one vector an image.

    A stem (3×3 convolution), then so many cells. Those at a third and two thirds of the depth
    are reduction cells, which halve the map and double the channels; a genotype without one gets
    a residual unit of stride 2 in front of its normal cell there. The first cell never reduces.
    At the end ReLU and the average over the pixels. Images may be as small as 1×1; on those of
    more than 32 pixels the stem strides, as in the other blocks. What reaches no output is left
    out, so a network can have fewer weights than the papers count where a cell has such parts.

    Args:
        tensor: A Keras tensor (n, height, width, channels) of known size.
        genotype: The cells.
        cells: How many, residual units not counted.
        channels: Channels of a node before the first reduction.
        stem_multiplier: Channels of the stem over `channels`; by default 3 for cells that
            concatenate and 1 for those that give their last node, as in the papers.
        drop_path: Share of the edges dropped in training in the last cell, growing linearly from
            `drop_path / cells` in the first (Larsson et al. 2017; Zoph et al. 2018). Edges
            without any layer are kept. `GrowDropPath` grows it over the epochs too.
        as_published: Whether a network of cells that concatenate ends as DARTS's does, without
            the ReLU: to compare with the paper's numbers, or to take weights over.

    Returns:
        A Keras tensor (n, d).

    Raises:
        InputError: An argument out of range, an operation that doesn't exist, or a tensor that
            is not images of known size.

    Example:
        >>> import keras
        >>> from automl_kit.custom_blocks import build_cell_network
        >>> from automl_kit.spaces import Edge, Genotype
        >>> node = (Edge("sep_conv_3x3", 0), Edge("skip_connect", 1))
        >>> images = keras.Input((28, 28, 1))
        >>> vector = build_cell_network(images, Genotype((node,), (node,)), cells=3, channels=4)
        >>> vector.shape  # 4 channels, doubled twice
        (None, 16)
    """
    maps = _cell_maps(tensor, genotype, cells, channels, stem_multiplier, drop_path)
    return _pooled(maps[-1], genotype, as_published)


def build_with_auxiliary(
    tensor: Any,
    genotype: Genotype,
    classes: int,
    *,
    cells: int = 8,
    channels: int = 16,
    stem_multiplier: int | None = None,
    drop_path: float = 0.0,
    as_published: bool = False,
) -> tuple[Any, Any]:
    """The network of `build_cell_network` with a second classifier, for training.

    The second reads the map of the second reduction cell, so that the lower cells get gradients
    by a shorter way; its loss is added with weight 0.4 in the paper (Liu et al. 2019, appendix
    A.1), and it is not part of the final model: `keras.Model(images, main)`.

    Args:
        tensor: As for `build_cell_network`, as are the arguments not named here.
        genotype: The cells.
        classes: How many classes there are.
        cells: How many cells.
        channels: Channels of a node before the first reduction.
        stem_multiplier: Channels of the stem over `channels`.
        drop_path: Share of the edges dropped in the last cell.
        as_published: As for `build_cell_network`.

    Returns:
        Main and auxiliary logits, each (n, classes).

    Raises:
        InputError: As `build_cell_network`.
    """
    maps = _cell_maps(tensor, genotype, cells, channels, stem_multiplier, drop_path)
    main = keras.layers.Dense(classes)(_pooled(maps[-1], genotype, as_published))
    return main, auxiliary_logits(middle_map(maps), classes)


def middle_map(maps: list[Any]) -> Any:
    """Of the maps of all cells that which the auxiliary classifier reads: two thirds up."""
    return maps[2 * len(maps) // 3]


def build_vector_and_map(
    tensor: Any, genotype: Genotype, *, cells: int, channels: int, drop_path: float
) -> tuple[Any, Any]:
    """The vector of `build_cell_network`, and the map that an auxiliary classifier reads."""
    maps = _cell_maps(tensor, genotype, cells, channels, None, drop_path)
    return _pooled(maps[-1], genotype, as_published=False), middle_map(maps)


def reduction_positions(cells: int) -> tuple[int, ...]:
    """The numbers of the cells at a third and two thirds of the depth, the first cell excepted.

    Example:
        >>> reduction_positions(20), reduction_positions(3), reduction_positions(2)
        ((6, 13), (1, 2), (1,))
    """
    return tuple(sorted({cells // 3, 2 * cells // 3} - {0}))


def _cell_maps(
    tensor: Any,
    genotype: Genotype,
    cells: int,
    channels: int,
    stem_multiplier: int | None,
    drop_path: float,
) -> list[Any]:
    """The output of each cell."""
    if stem_multiplier is None:
        stem_multiplier = 3 if genotype.output == "concat" else 1
    _check(tensor, cells, channels, stem_multiplier, drop_path)
    states = [stem(tensor, channels * stem_multiplier)] * genotype.inputs
    maps = []
    for number in range(cells):
        reduce = number in reduction_positions(cells)
        if reduce:
            channels *= 2
        if reduce and genotype.reduction is None:
            states = [*states[1:], residual_reduction(states[-1], channels)]
            reduce = False
        share = drop_path * (number + 1) / cells
        output = build_cell(states, genotype, channels=channels, reduce=reduce, drop_path=share)
        states = [*states[1:], output]
        maps.append(output)
    return maps


def _check(tensor: Any, cells: int, channels: int, stem_multiplier: int, drop_path: float) -> None:
    if len(tensor.shape) != 4 or None in tensor.shape[1:]:
        raise InputError(
            "A cell network needs images of known size, (n, height, width, channels). "
            f"Received: a tensor of shape {tuple(tensor.shape)}"
        )
    for name, value in (
        ("cells", cells),
        ("channels", channels),
        ("stem_multiplier", stem_multiplier),
    ):
        if value < 1:
            raise InputError(f"{name} must be at least 1. Received: {value}")
    if not 0 <= drop_path < 1:
        raise InputError(f"drop_path must be at least 0 and below 1. Received: {drop_path}")


def _pooled(tensor: Any, genotype: Genotype, as_published: bool) -> Any:
    """The last map as vectors, by NAS-Bench-201's end or, for DARTS, the paper's and a ReLU.

    The ReLU, which a network as published lacks, costs no weight. Fashion-MNIST, 3,000 images, 6
    epochs, cells found by DARTS, with and without it: 5 cells of 8 channels, two seeds, .886 and
    .878 against .881 and .869; 3 cells .801 against .803.
    """
    if genotype.output == "last":
        tensor = normalize(tensor)
    if genotype.output == "last" or not as_published:
        tensor = keras.layers.ReLU()(tensor)
    return keras.layers.GlobalAveragePooling2D()(tensor)

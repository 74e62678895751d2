"""The cells of a graph that are searched, and the images that they are searched on."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from automl_kit.errors import InputError
from automl_kit.spaces import ZERO_OPS, CellSpace
from automl_kit.spaces.operation_names import check_operation_names

if TYPE_CHECKING:
    from automl_kit.custom_blocks import CellBlock

_PIECE = 1024  # images read at a time where they lie on disk


def searched_block(graph: Any, who: str) -> "CellBlock":
    """The one block whose cells are searched.

    Args:
        graph: An AutoKeras graph.
        who: Who wants it and why, such as "DARTS finds", for messages.

    Raises:
        InputError: If there is none or another one too, its cells are fixed, the graph has several
            inputs, or it is none.
    """
    from automl_kit.custom_blocks import CellBlock

    blocks = getattr(graph, "blocks", None)
    if blocks is None:
        raise InputError(
            f"{who} the cells of a CellBlock; the hypermodel is no graph of blocks but "
            f"a {type(graph).__name__}. Give an AutoModel or an image task a graph with a "
            "CellBlock, such as cell_graph(NAS_BENCH_201)."
        )
    cells = [block for block in blocks if isinstance(block, CellBlock)]
    searched = [block for block in cells if block.space is not None]
    if len(searched) != 1:
        names = ", ".join(block.name for block in blocks)
        told = f"the graph has {len(searched)} among its blocks {names}"
        advice = "Give all but one of them a genotype."
        if cells and not searched:
            told = f"the cells of {cells[0].name} are fixed by its genotype"
            advice = "Give it a space instead, or search by other means."
        elif not cells:
            advice = "Put a CellBlock behind an image input, or search by other means."
        raise InputError(f"{who} the cells of one CellBlock; {told}. {advice}")
    if len(graph.inputs) != 1:
        raise InputError(f"{who} cells for a graph of one input, images; got {len(graph.inputs)}.")
    block: CellBlock = searched[0]
    return block


def check_for_paths(space: CellSpace, who: str) -> None:
    """Refuses spaces that a network of paths can't hold.

    Raises:
        InputError: If cells have more than two inputs, an operation has no layers, or there is
            none besides zeros.
    """
    check_operation_names(space.ops)
    if space.inputs > 2:
        raise InputError(
            f"{who} cells of one or two inputs; the space has cells of {space.inputs}."
        )
    if not set(space.ops) - ZERO_OPS:
        raise InputError(
            f"{who} cells of at least one operation besides zeros; the space has "
            f"{', '.join(space.ops)}."
        )


def images_of(graph: Any, x: Any, who: str) -> tuple[NDArray[Any], list[float], list[float]]:
    """Images with a channel axis, and how the graph standardises them.

    Args:
        graph: Of one input.
        x: Its training rows, (n, h, w, c) or (n, h, w).
        who: As for `searched_block`.

    Returns:
        The images (n, h, w, c), and factor and summand of each channel: the input's own, or those
        that bring the images to mean 0 and deviation 1.

    Raises:
        InputError: If they are no images.
    """
    from automl_kit.custom_blocks import ImageInput

    x = with_channels(x)
    if getattr(x, "ndim", 0) != 4 or x.dtype.kind not in "fiub":
        raise InputError(
            f"{who} cells for images, an array of numbers (n, height, width, channels); got "
            f"{getattr(x, 'dtype', type(x).__name__)} of shape {getattr(x, 'shape', None)}."
        )
    entry = graph.inputs[0]
    if isinstance(entry, ImageInput) and entry.scale is not None:
        return x, entry.scale, entry.offset or [0.0] * x.shape[-1]
    return x, *standardisation(x)


def with_channels(x: Any) -> Any:
    """Grey images with a channel axis, as AutoKeras's ImageInput takes them; others unchanged."""
    return x[..., None] if getattr(x, "ndim", 0) == 3 else x


def standardisation(x: NDArray[Any]) -> tuple[list[float], list[float]]:
    """Factor and summand of each channel that bring images to mean 0 and deviation 1.

    Args:
        x: (n, h, w, c) of any number type; read in pieces.

    Returns:
        One over the deviation (1 where a channel is constant), and minus mean over deviation.
    """
    count = x.size // x.shape[-1]
    total, squares = np.zeros(x.shape[-1]), np.zeros(x.shape[-1])
    for start in range(0, len(x), _PIECE):
        total += x[start : start + _PIECE].sum(axis=(0, 1, 2), dtype="float64")
    mean = total / count
    for start in range(0, len(x), _PIECE):
        piece = x[start : start + _PIECE].astype("float64") - mean
        squares += (piece**2).sum(axis=(0, 1, 2))
    deviation = np.sqrt(squares / count)
    scale = 1 / np.where(deviation > 0, deviation, 1.0)
    return scale.tolist(), (-mean * scale).tolist()

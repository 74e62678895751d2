"""The graph of a network of cells, as an image task's `graph`, and where its search starts."""

from typing import Any

from automl_kit.custom_blocks.augmentation import AugmentationBlock
from automl_kit.custom_blocks.cell_block import CellBlock
from automl_kit.custom_blocks.head import ClassificationHead
from automl_kit.custom_blocks.nodes import ImageInput
from automl_kit.spaces import CellSpace, Genotype


def cell_graph(cells: Genotype | CellSpace) -> tuple[Any, Any]:
    """Images, augmentation, a `CellBlock`, and a classification head.

    With a genotype, cells found on one data set are trained on another; with a space the
    cells themselves are searched by the tuner's trials.

    Args:
        cells: A genotype to build, or a space to search.

    Returns:
        Input and output node: the `graph` of an `ImageClassifier`. `CELL_PRESETS` suit it as
        `initial_hps`.

    Example:
        >>> from automl_kit.custom_blocks import cell_graph
        >>> from automl_kit.spaces import Edge, Genotype
        >>> node = (Edge("sep_conv_3x3", 0), Edge("skip_connect", 1))
        >>> entry, output = cell_graph(Genotype((node,), (node,)))
    """
    given = {"genotype": cells} if isinstance(cells, Genotype) else {"space": cells}
    entry = ImageInput(name="image_input")
    node = AugmentationBlock(name="augment")(entry)
    node = CellBlock(**given, name="network")(node)  # type: ignore[arg-type]
    return entry, ClassificationHead(name="head", dropout=0.0)(node)[0]


_USUAL: dict[str, Any] = {
    "augment/flip": "none",
    "augment/translation": 0.05,
    "augment/zoom": 0.0,
    "augment/rotation": 0.0,
    "augment/contrast": 0.0,
    "network/cells": 5,
    "network/channels": 16,
    "network/drop_path": 0.0,
    "learning_rate": 6e-3,
    "weight_decay": 1e-2,
}

CELL_PRESETS: list[dict[str, Any]] = [
    _USUAL,
    {**_USUAL, "augment/flip": "horizontal"},
    {**_USUAL, "network/cells": 8, "network/drop_path": 0.1},
]
"""How the trials of a `cell_graph` start: see `CellBlock` for what size is worth."""

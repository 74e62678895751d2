"""The block that builds cell networks, searched in an `AutoModel` or of a genotype."""

from typing import Any, ClassVar

import keras

from automl_kit.custom_blocks.cell_network import build_vector_and_map
from automl_kit.custom_blocks.genotype_block import GenotypeBlock
from automl_kit.spaces import DARTS, ZERO_OPS, CellSpace, Genotype, SameNetwork

_USUAL_CONVOLUTIONS = ("sep_conv_3x3", "nor_conv_3x3", "conv_3x3")


@keras.utils.register_keras_serializable(package="automl_kit")
class CellBlock(GenotypeBlock):
    """Images to one vector an image, by a stack of cells; `build_cell_network` says how.

    Takes (n, height, width, channels) float32 of any size from 1×1, gives (n, d) float32. With
    a `space` the ops and sources of the cells are hyperparameters ("normal/node0/edge0/op", …
    below the block's name), which every oracle can search. With a `genotype` the cells are fixed:
    that is how what was found on one data set is used on another.

    Args:
        space: The cells to choose from; `DARTS` where neither is given.
        genotype: The cells.
        cells: How many cells are stacked.
        channels: Channels of a node before the first reduction; doubled at each of two.
        drop_path: Share of the edges dropped in training in the last cell, after the last epoch.
        auxiliary: Whether it gives a second output, the map of a cell two thirds up. Hand both to
            a `ClassificationHead`, which trains a second classifier on it.
        name: The block's name, the scope of its hyperparameters.
        tunable: Whether its hyperparameters are searched.

    An argument `cells`, `channels` or `drop_path` of None is searched.

    Raises:
        InputError: Both a space and a genotype.

    Example:
        >>> from automl_kit.custom_blocks import CellBlock, ClassificationHead, ImageInput
        >>> from automl_kit.spaces import NAS_BENCH_201
        >>> block = CellBlock(NAS_BENCH_201, cells=3, channels=8, name="cells")
        >>> output = ClassificationHead(name="label", dropout=0.0)(block(ImageInput()))
    """

    space_class: ClassVar = CellSpace
    genotype_class: ClassVar = Genotype
    widths: ClassVar = ("channels",)
    # Accuracy and processor seconds of the cells that DARTS found on CIFAR-10 (3,000 images of
    # Fashion-MNIST, 6 epochs, 1,000 test images, one seed), cells × channels: 3×8 .803 and 34 s,
    # 3×16 .831 and 50 s, 5×8 .881 and 63 s, 5×16 .887 and 86 s. Depth is worth more than width.
    asked: ClassVar = {
        "cells": lambda hp, shape: hp.Choice("cells", [2, 3, 5, 8], default=5),
        "channels": lambda hp, shape: hp.Choice("channels", [8, 12, 16, 24], default=16),
        "drop_path": lambda hp, shape: hp.Choice("drop_path", [0.0, 0.1, 0.2], default=0.0),
    }

    def __init__(
        self,
        space: CellSpace | None = None,
        genotype: Genotype | None = None,
        cells: int | None = None,
        channels: int | None = None,
        drop_path: float | None = None,
        auxiliary: bool = False,
        name: str | None = None,
        tunable: bool = True,
    ):
        super().__init__(
            space,
            genotype,
            {"cells": cells, "channels": channels, "drop_path": drop_path},
            name,
            tunable,
        )
        self.auxiliary = auxiliary
        self._num_output_node = 1 + auxiliary

    @classmethod
    def standard_space(cls) -> CellSpace:
        """`DARTS`."""
        return DARTS

    @classmethod
    def start(cls, space: CellSpace) -> Genotype:
        """All edges of one usual convolution: a space's first member may be all zeros."""
        convolutions = [op for op in _USUAL_CONVOLUTIONS if op in space.ops]
        others = [op for op in space.ops if op not in ZERO_OPS]
        op = next(iter(convolutions + others), space.ops[0])
        decisions = {d.name: op if op in d.options else d.options[0] for d in space.decisions}
        return space.genotype(decisions)

    def assemble(  # type: ignore[override]
        self, tensor: Any, *, genotype: Genotype, cells: int, channels: int, drop_path: float
    ) -> Any:
        """The network of the genotype."""
        vector, earlier = build_vector_and_map(
            tensor, genotype, cells=cells, channels=channels, drop_path=drop_path
        )
        return [vector, earlier] if self.auxiliary else vector

    def get_config(self) -> dict[str, Any]:
        """The block's configuration."""
        return {**super().get_config(), "auxiliary": self.auxiliary}


def same_network_of(graph: Any) -> SameNetwork | None:
    """What tells the networks of a graph apart where it has blocks of cells; else None.

    Args:
        graph: An AutoKeras graph.
    """
    cells = {
        f"{block.name}/": block.space
        for block in graph.blocks
        if isinstance(block, CellBlock) and block.space is not None
    }
    return SameNetwork(cells) if cells else None

"""What both forms of a DARTS cell have in common: arguments, inputs, configuration."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from automl_kit.custom_blocks.darts.edges import count_edges
from automl_kit.custom_blocks.darts.partial import check_partial
from automl_kit.custom_blocks.darts.preprocess import make_preprocess
from automl_kit.custom_blocks.darts.supernet_layers import Shape
from automl_kit.errors import InputError
from automl_kit.spaces import DARTS_OPS, ZERO_OPS


class CellBase(keras.layers.Layer):  # type: ignore[misc]
    """A cell: nodes that are sums of mixed operations on all states before them.

    Call it with a list of: the output of the cell before the last (b, h, w, c), the output of the
    last cell (b, h', w', c'), and what `ArchitectureParameters` gives: mixing weights (edges,
    ops) and, if it gives them, weights of the edges (edges,).

    It gives all nodes side by side, (b, h', w', nodes·filters), halved in size by a reduction.

    Args:
        filters: Channels of a node.
        nodes: How many.
        ops: Names of the operations mixed on an edge.
        reduction: Whether the edges from the two inputs have stride 2.
        partial: Only 1/`partial` of the channels go through the operations (PC-DARTS).

    Raises:
        InputError: If the operations, the channels or the inputs' shapes don't fit.
    """

    def __init__(
        self,
        filters: int,
        nodes: int = 4,
        ops: tuple[str, ...] = DARTS_OPS,
        reduction: bool = False,
        partial: int = 1,
        **kwargs: Any,
    ):
        # Weights of the architecture stay in float32 under mixed precision; see `_states`.
        super().__init__(autocast=False, **kwargs)
        mixed = check_partial(filters, partial)
        if reduction and mixed % 2:
            raise InputError(
                "A reduction's skip connections put two halves side by side: expected an even "
                f"number of mixed channels (filters / partial); got {mixed}."
            )
        if not set(ops) - ZERO_OPS:
            raise InputError(f"Expected at least one operation besides none; got {ops}.")
        self.filters = filters
        self.nodes = nodes
        self.ops = tuple(ops)
        self.reduction = reduction
        self.partial = partial

    def build(self, input_shapes: Sequence[Shape]) -> None:
        """Makes the layers."""
        self._check(input_shapes)
        shapes = (input_shapes[0], input_shapes[1])
        self.preprocess, shape = make_preprocess(shapes, self.filters, self.dtype_policy)
        self.build_edges(shape)

    def build_edges(self, shape: Shape) -> None:
        """Makes the layers of the edges; the first states are of shape (b, h, w, filters)."""
        raise NotImplementedError

    def _check(self, shapes: Sequence[Shape]) -> None:
        edges = count_edges(self.nodes)
        wanted = [(edges, len(self.ops)), (edges,)][: len(shapes) - 2]
        if len(shapes) not in (3, 4) or [tuple(s) for s in shapes[2:]] != wanted:
            raise InputError(
                f"Expected a cell's inputs to be two images, mixing weights of shape {wanted[:1]} "
                f"and perhaps weights of {edges} edges; got shapes {[tuple(s) for s in shapes]}."
            )

    def states(self, inputs: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        """The two inputs, preprocessed; they are cast here and the architecture's weights not."""
        pairs = zip(self.preprocess, inputs, strict=False)
        return [layer(tf.cast(x, self.compute_dtype)) for layer, x in pairs]

    def stride(self, source: int) -> int:
        """The stride of the edges out of a state."""
        return 2 if self.reduction and source < 2 else 1

    def compute_output_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        """See the class."""
        batch, *size, _ = input_shapes[1]
        if self.reduction:
            size = [None if n is None else -(-n // 2) for n in size]
        return (batch, *size, self.nodes * self.filters)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "nodes": self.nodes,
            "ops": list(self.ops),
            "reduction": self.reduction,
            "partial": self.partial,
        }

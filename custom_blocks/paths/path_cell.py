"""A cell whose every edge holds all operations and computes the one that a path chooses."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from automl_kit.custom_blocks.darts.supernet_layers import Shape
from automl_kit.custom_blocks.paths.path_layers import BATCH, PathReduce, ReluConvNorm, Statistics
from automl_kit.custom_blocks.paths.path_operation import PathEdge
from automl_kit.errors import InputError
from automl_kit.spaces import Paths


class PathCell(keras.layers.Layer):  # type: ignore[misc]
    """One cell of all members of a space; with a path it computes what `build_cell` builds.

    Nodes of zeros stay in what it concatenates, where `build_cell` leaves them out. An input that
    no edge of the path reads is brought to the nodes' size all the same.

    Args:
        paths: The space's paths.
        kind: "normal" or "reduction".
        channels: Channels of a node.

    Attributes:
        edges: By its number in a path, each of the cell's edges.

    Raises:
        InputError: When it is built, if the inputs are no maps of known size, or the first one
            isn't as large as the last or twice as large.
    """

    def __init__(self, paths: Paths, kind: str, channels: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.paths, self.kind, self.channels = paths, kind, channels
        space, halves = paths.space, kind == "reduction"
        self.edges = {
            number: PathEdge(paths.ops, 2 if halves and edge.source < space.inputs else 1)
            for number, edge in enumerate(paths.edges)
            if edge.kind == kind
        }

    def build(self, input_shapes: Sequence[Shape]) -> None:
        """Makes the weights; one shape (b, h, w, c) an input."""
        newest = input_shapes[-1]
        self.matched = [self._matching(shape, newest) for shape in input_shapes]
        for shape, layer in zip(input_shapes, self.matched, strict=True):
            if layer is not None:
                layer.build(shape)
        outer = (newest[0], *newest[1:3], self.channels)
        inner = self._node_shape(newest)
        for number, edge in self.edges.items():
            first = self.paths.edges[number].source < self.paths.space.inputs
            edge.build(outer if first else inner)

    def _matching(self, shape: Shape, newest: Shape) -> keras.layers.Layer | None:
        """What brings an input to the nodes' size and channels; None where nothing has to."""
        if shape[1:3] == newest[1:3]:
            alone = self.paths.space.inputs == 1 and shape[-1] == self.channels
            return None if alone else ReluConvNorm(self.channels, 1)
        if tuple(-(-(n or 0) // 2) for n in shape[1:3]) != tuple(newest[1:3]):
            raise InputError(
                "Expected the inputs of a cell to be as large as the last one or twice as large; "
                f"got shapes {shape} and {newest}."
            )
        return PathReduce(self.channels)

    def _node_shape(self, newest: Shape) -> Shape:
        batch, *size, _ = newest
        halved = size if self.kind == "normal" else [-(-(n or 0) // 2) for n in size]
        return (batch, *halved, self.channels)

    def call(self, states: Sequence[tf.Tensor], path: tf.Tensor, by: Statistics = BATCH) -> Any:
        """Computes the cell.

        Args:
            states: Its inputs, (b, h, w, c) each.
            path: The whole path, (edges,) int32.
            by: By what channels are normalised.

        Returns:
            (b, h', w', c'): all nodes concatenated or the last one, as the space says.
        """
        space = self.paths.space
        known = [
            state if layer is None else layer.call(state, by)
            for layer, state in zip(self.matched, states, strict=True)
        ]
        terms: list[list[tf.Tensor]] = [[] for _ in range(space.nodes)]
        for number, edge in self.edges.items():
            place = self.paths.edges[number]
            while len(known) <= place.source:
                known.append(tf.add_n(terms[len(known) - space.inputs]))
            terms[place.node].append(edge.call(known[place.source], path[number], by))
        nodes = [*known[space.inputs :], *map(tf.add_n, terms[len(known) - space.inputs :])]
        return nodes[-1] if space.output == "last" else tf.concat(nodes, -1)

    def output_shape_of(self, newest: Shape) -> Shape:
        """The shape of what `call` gives, of that of the last input."""
        space = self.paths.space
        nodes = 1 if space.output == "last" else space.nodes
        return (*self._node_shape(newest)[:3], nodes * self.channels)

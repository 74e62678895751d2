"""A DARTS cell computed in batches of edges: five sources instead of fourteen edges."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from automl_kit.custom_blocks.darts.cell_base import CellBase
from automl_kit.custom_blocks.darts.edges import edge_number, nodes_of_source
from automl_kit.custom_blocks.darts.partial import passing_by, shuffle
from automl_kit.custom_blocks.darts.source_edges import SourceEdges
from automl_kit.custom_blocks.darts.supernet_layers import Shape


@keras.saving.register_keras_serializable(package="automl_kit")
class DartsCell(CellBase):
    """The batched form of a cell: its arguments, inputs and output are `CellBase`'s.

    It gives the same numbers as `PlainDartsCell` (`copy_weights` copies weights from one to the
    other) in about half of its time: see `SourceEdges`.

    Example:
        >>> import keras
        >>> from automl_kit.custom_blocks.darts import ArchitectureParameters
        >>> image = keras.Input((32, 32, 16))
        >>> weights = ArchitectureParameters("reduction")(image)
        >>> DartsCell(16, reduction=True)([image, image, weights]).shape
        (None, 16, 16, 64)
    """

    def build_edges(self, shape: Shape) -> None:
        """Makes one batch of edges a state; the last node is nobody's source."""
        channels = self.filters // self.partial
        outer, inner = shape[1:3], self.compute_output_shape([shape, shape])[1:3]
        self.sources = []
        for source in range(self.nodes + 1):
            edges = SourceEdges(
                len(nodes_of_source(source, self.nodes)),
                self.ops,
                self.stride(source),
                dtype=self.dtype_policy,
            )
            edges.build((shape[0], *(outer if source < 2 else inner), channels))
            self.sources.append(edges)

    def call(self, inputs: Sequence[tf.Tensor]) -> tf.Tensor:
        """See the class."""
        weights, edge_weights = inputs[2], inputs[3] if len(inputs) == 4 else None
        if edge_weights is not None:
            weights *= edge_weights[:, None]
        states = self.states(inputs)
        mixed: list[list[tf.Tensor]] = [[] for _ in range(self.nodes)]
        passed: list[list[tf.Tensor]] = [[] for _ in range(self.nodes)]
        for source, (edges, by_edge) in enumerate(
            zip(self.sources, self._by_source(weights), strict=True)
        ):
            state = states[source]
            nodes = nodes_of_source(source, self.nodes)
            for node, output in zip(nodes, edges(self._mixed(state), by_edge), strict=True):
                mixed[node].append(output)
            if self.partial > 1:
                rest = passing_by(state, self.partial, self.stride(source))
                for node in nodes:
                    passed[node].append(_scaled(rest, edge_weights, edge_number(node, source)))
            if source:  # node `source - 1` has now heard from all states before it
                states.append(self._node(mixed[source - 1], passed[source - 1]))
        return tf.concat(states[2:], -1)

    def _by_source(self, weights: tf.Tensor) -> list[tf.Tensor]:
        """The rows of (edges, ops) by the state that they read."""
        nodes = [nodes_of_source(source, self.nodes) for source in range(self.nodes + 1)]
        order = [edge_number(node, source) for source, read in enumerate(nodes) for node in read]
        parts: list[tf.Tensor] = tf.split(tf.gather(weights, order), [len(n) for n in nodes])
        return parts

    def _mixed(self, state: tf.Tensor) -> tf.Tensor:
        return state if self.partial == 1 else state[..., : self.filters // self.partial]

    def _node(self, mixed: list[tf.Tensor], passed: list[tf.Tensor]) -> tf.Tensor:
        total = tf.add_n(mixed)
        if not passed:
            return total
        # The shuffle is linear: once a node is the same as once an edge.
        return shuffle(tf.concat([total, tf.add_n(passed)], -1), self.partial)


def _scaled(x: tf.Tensor, edge_weights: tf.Tensor | None, number: int) -> tf.Tensor:
    return x if edge_weights is None else tf.cast(edge_weights[number], x.dtype) * x

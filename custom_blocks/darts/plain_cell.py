"""A DARTS cell computed one operation at a time: the readable one, and the tests' reference."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from automl_kit.custom_blocks.darts.cell_base import CellBase
from automl_kit.custom_blocks.darts.edges import edge_number, sources_of_node
from automl_kit.custom_blocks.darts.mixed_op import MixedOp
from automl_kit.custom_blocks.darts.supernet_layers import Shape


@keras.saving.register_keras_serializable(package="automl_kit")
class PlainDartsCell(CellBase):
    """The plain form of a cell: its arguments, inputs and output are `CellBase`'s."""

    def build_edges(self, shape: Shape) -> None:
        """Makes one `MixedOp` an edge, in the order of the rows of α."""
        halved = (shape[0], *(-(-(n or 0) // 2) for n in shape[1:3]), shape[3])
        inner = halved if self.reduction else shape
        self.edges = []
        for node in range(self.nodes):
            for source in range(sources_of_node(node)):
                edge = MixedOp(self.ops, self.stride(source), self.partial, dtype=self.dtype_policy)
                edge.build(shape if source < 2 else inner)
                self.edges.append(edge)

    def call(self, inputs: Sequence[tf.Tensor]) -> tf.Tensor:
        """See the class."""
        weights, edge_weights = inputs[2], inputs[3] if len(inputs) == 4 else None
        states = self.states(inputs)
        for node in range(self.nodes):
            terms = []
            for source, state in enumerate(states):
                number = edge_number(node, source)
                term = self.edges[number](state, weights[number])
                if edge_weights is not None:
                    term = tf.cast(edge_weights[number], term.dtype) * term
                terms.append(term)
            states.append(tf.add_n(terms))
        return tf.concat(states[2:], -1)

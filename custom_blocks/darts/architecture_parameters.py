"""The architecture parameters α of one kind of cell, apart from the weights."""

from typing import Any

import keras
import tensorflow as tf

from automl_kit.custom_blocks.darts.edges import count_edges, sources_of_node
from automl_kit.spaces import DARTS_OPS


@keras.saving.register_keras_serializable(package="automl_kit")
class ArchitectureParameters(keras.layers.Layer):  # type: ignore[misc]
    """Gives the weights by which the cells of one kind mix their operations: softmax(α), eq. 2.

    One such layer serves all cells of a kind: its output is an input of each of them, so that a
    functional model shows in its graph which cells share what. Training a model with `fit`
    trains α with the weights on the same rows; `automl_kit.tuners.DartsSearch` keeps them apart.

    Args:
        kind: "normal" or "reduction".
        nodes: Nodes of a cell.
        ops: Names of the operations that an edge mixes.
        edge_weights: Whether each edge has a weight too, normalised over the edges into a node
            (Xu et al. 2020, "PC-DARTS", eq. 3 and 4): with partial channels, random sampling
            of channels makes α alone unstable.

    Example:
        >>> import keras
        >>> from automl_kit.custom_blocks.darts import DartsCell
        >>> image = keras.Input((8, 8, 4))
        >>> weights = ArchitectureParameters("normal", nodes=2)(image)
        >>> y = DartsCell(4, nodes=2)([image, image, weights])
        >>> y.shape
        (None, 8, 8, 8)
    """

    def __init__(
        self,
        kind: str = "normal",
        nodes: int = 4,
        ops: tuple[str, ...] = DARTS_OPS,
        edge_weights: bool = False,
        **kwargs: Any,
    ):
        super().__init__(autocast=False, **kwargs)
        self.kind = kind
        self.nodes = nodes
        self.ops = tuple(ops)
        self.edge_weights = edge_weights

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes `alpha` (edges, ops) and, with `edge_weights`, `beta` (edges,)."""
        edges = count_edges(self.nodes)
        start = keras.initializers.RandomNormal(stddev=1e-3)
        self.alpha = self.add_weight(
            shape=(edges, len(self.ops)), initializer=start, name=f"alpha_{self.kind}"
        )
        self.beta = (
            self.add_weight(shape=(edges,), initializer=start, name=f"beta_{self.kind}")
            if self.edge_weights
            else None
        )

    @property
    def parameters(self) -> list[keras.Variable]:
        """`alpha`, and `beta` if there is one."""
        return [self.alpha] if self.beta is None else [self.alpha, self.beta]

    def call(self, x: tf.Tensor) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        """Gives (edges, ops), rows summing to 1, and with `edge_weights` also (edges,).

        Args:
            x: Any tensor: it places the layer in a functional model and is not read.
        """
        weights, *edges = self.mix([parameter.value for parameter in self.parameters])
        return (weights, *edges) if edges else weights

    def mix(self, parameters: list[tf.Tensor]) -> list[tf.Tensor]:
        """What `call` gives for other values of `parameters`."""
        weights = tf.nn.softmax(parameters[0])
        if not self.edge_weights:
            return [weights]
        into_nodes = tf.split(parameters[1], [sources_of_node(n) for n in range(self.nodes)])
        return [weights, tf.concat([tf.nn.softmax(node) for node in into_nodes], 0)]

    def compute_output_spec(self, x: Any) -> Any:
        """Shapes without a batch, whatever the input."""
        edges = count_edges(self.nodes)
        weights = keras.KerasTensor((edges, len(self.ops)), self.variable_dtype)
        if not self.edge_weights:
            return weights
        return weights, keras.KerasTensor((edges,), self.variable_dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "kind": self.kind,
            "nodes": self.nodes,
            "ops": list(self.ops),
            "edge_weights": self.edge_weights,
        }

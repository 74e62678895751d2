"""Gradients of a supernet's loss with respect to its weights and to its architecture."""

from typing import Any

import keras
import tensorflow as tf

from automl_kit.custom_blocks.darts import FlatVariables
from automl_kit.search.stages.darts.network_architecture import Architecture

Batch = tuple[tf.Tensor, tf.Tensor]

# A function called three times in a step is compiled once if it isn't copied to its callers.
_ONCE = {"_noinline": True}


class SupernetLoss:
    """The loss as a function of two vectors, the weights w and the architecture's parameters α.

    Attributes:
        architecture: The network's architecture parameters.
        weights: Its other trainable variables.

    Args:
        network: A built Keras model.
        loss: Of targets and outputs.

    Raises:
        InputError: If there is no architecture to search for: see `Architecture`.
    """

    def __init__(self, network: keras.Model, loss: keras.losses.Loss):
        self.network = network
        self.loss = loss
        self.architecture = Architecture(network)
        chosen = {id(variable) for variable in self.architecture.flat.variables}
        self.weights = FlatVariables(
            [v for v in network.trainable_variables if id(v) not in chosen]
        )

    def value(
        self, w: tf.Tensor, alpha: tf.Tensor, batch: Batch
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """Gives the loss, the share of rows answered right, and the state after the batch."""
        x, y = batch
        values = [
            pair
            for flat, vector in ((self.weights, w), (self.architecture.flat, alpha))
            for pair in zip(flat.variables, flat.split(vector), strict=True)
        ]
        states = self.network.non_trainable_variables
        values += [(variable, variable.value) for variable in states]
        # Not `stateless_call`, which wants a subclassed model's `call` to take `training`.
        with keras.StatelessScope(values, collect_losses=True) as scope:
            outputs = self.network(x, training=True)
            extra = self.network.losses
            state = [scope.get_current_value(variable) for variable in states]
        right = tf.cast(
            tf.argmax(outputs, -1) == tf.cast(tf.reshape(y, (-1,)), tf.int64), "float32"
        )
        loss = tf.cast(self.loss(y, outputs), w.dtype) + tf.add_n([*extra, tf.zeros((), w.dtype)])
        return loss, tf.reduce_mean(right), state

    @tf.function(experimental_attributes=_ONCE)  # type: ignore[untyped-decorator]
    def by_weights(self, w: tf.Tensor, alpha: tf.Tensor, batch: Batch) -> tuple[Any, ...]:
        """Gives loss, accuracy, state and dL/dw."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(w)
            loss, accuracy, state = self.value(w, alpha, batch)
        return loss, accuracy, state, tape.gradient(loss, w)

    @tf.function(experimental_attributes=_ONCE)  # type: ignore[untyped-decorator]
    def by_alphas(self, w: tf.Tensor, alpha: tf.Tensor, batch: Batch) -> tuple[Any, ...]:
        """Gives loss, accuracy and dL/dα; kernels' gradients aren't computed."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(alpha)
            loss, accuracy, _ = self.value(w, alpha, batch)
        return loss, accuracy, tape.gradient(loss, alpha)

    @tf.function(experimental_attributes=_ONCE)  # type: ignore[untyped-decorator]
    def by_both(self, w: tf.Tensor, alpha: tf.Tensor, batch: Batch) -> tuple[Any, ...]:
        """Gives loss, accuracy, dL/dw and dL/dα."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch((w, alpha))
            loss, accuracy, _ = self.value(w, alpha, batch)
        return loss, accuracy, *tape.gradient(loss, (w, alpha))

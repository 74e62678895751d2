"""The weights of a network of paths, and the compiled steps that change and use them."""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_kit.custom_blocks.darts import FlatVariables
from automl_kit.custom_blocks.paths import KEPT, PathNetwork, Statistics
from automl_kit.evaluation.sharing.flat_scope import values_of
from automl_kit.evaluation.sharing.sharing_settings import SharingSettings

# A function called several times in a step is compiled once if it isn't copied to its callers.
_ONCE = {"_noinline": True}


class SharedWeights:
    """Weights that all paths share; each function is compiled once and serves every path.

    What isn't on a path that is trained stays as it is: neither momentum nor decay moves it.

    Args:
        network: Built; its variables are given the weights by `write`.
        settings: Momentum, decay and clipping.

    Attributes:
        state: Vectors by name: weights "w" and "velocity".
    """

    def __init__(self, network: PathNetwork, settings: SharingSettings):
        self.network, self.settings = network, settings
        self.flat = FlatVariables(network.trainable_variables)
        w = self.flat.read()
        self.state = {
            name: tf.Variable(value, name=name)
            for name, value in {"w": w, "velocity": np.zeros_like(w)}.items()
        }
        self._places = network.places_of()
        self._sizes = [int(np.prod(v.shape)) for v in self.flat.variables]

    def train(
        self, x: tf.Tensor, y: tf.Tensor, weights: tf.Tensor, paths: tf.Tensor, rate: float
    ) -> tuple[float, float]:
        """One step along some paths, whose gradients are added up.

        Args:
            x: Images (b, h, w, c), standardised.
            y: Class ids (b,).
            weights: Of the rows in the loss, (b,).
            paths: (paths, edges) int32.
            rate: The learning rate.

        Returns:
            Loss and accuracy before the step, the means over the paths.
        """
        found = [self.gradient(x, y, weights, path) for path in tf.unstack(paths)]
        total = found[0][2] if len(found) == 1 else tf.add_n([gradient for *_, gradient in found])
        self.change(total, paths, tf.constant(rate, total.dtype))
        loss, accuracy = np.mean([(float(a), float(b)) for a, b, _ in found], axis=0)
        return float(loss), float(accuracy)

    @tf.function(experimental_attributes=_ONCE, reduce_retracing=True)  # type: ignore[untyped-decorator]
    def gradient(
        self, x: tf.Tensor, y: tf.Tensor, weights: tf.Tensor, path: tf.Tensor
    ) -> tuple[Any, Any, Any]:
        """Loss, accuracy, and the gradient by all weights, zero for those not on the path."""
        w = self.state["w"].read_value()
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(w)
            with values_of(self.flat, w):
                logits = self.network.call(x, path)
            loss, accuracy = _judged(logits, y, weights)
        return loss, accuracy, tape.gradient(loss, w)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def change(self, gradient: tf.Tensor, paths: tf.Tensor, rate: tf.Tensor) -> None:
        """SGD with momentum, for the weights that are on one of the paths."""
        state, settings = self.state, self.settings
        gradient = tf.clip_by_norm(gradient, settings.clip)
        w, velocity = state["w"].read_value(), state["velocity"].read_value()
        moved = settings.momentum * velocity + gradient + settings.weight_decay * w
        on = self._on(paths)
        state["velocity"].assign(tf.where(on, moved, velocity))
        state["w"].assign(tf.where(on, w - rate * moved, w))

    def _on(self, paths: tf.Tensor) -> tf.Tensor:
        """Whether each weight is on one of the paths, (weights,)."""
        edges, ops = self._places[:, 0], self._places[:, 1]
        chosen = tf.gather(paths, np.maximum(edges, 0), axis=1) == ops
        return tf.repeat(tf.reduce_any(chosen, 0) | (edges < 0), self._sizes)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def by_batch(self, x: tf.Tensor, y: tf.Tensor, path: tf.Tensor) -> tuple[Any, Any]:
        """Loss and accuracy of a path on rows, normalised by these rows."""
        with values_of(self.flat, self.state["w"].read_value()):
            logits = self.network.call(x, path)
        return _judged(logits, y, tf.ones(tf.shape(y), logits.dtype))

    # Judging a path, by the network's own variables

    def write(self) -> None:
        """Gives the network's variables the weights."""
        self.flat.write(self.state["w"].numpy())

    def probabilities(
        self, path: NDArray[np.int32], calibrate: list[NDArray[Any]], x: list[NDArray[Any]]
    ) -> NDArray[np.float32]:
        """What a path says of images once its normalisations are found anew; after `write`.

        Args:
            path: (edges,).
            calibrate: Batches of images by whose statistics channels are normalised, each
                (b, h, w, c), standardised.
            x: Batches of images to judge, likewise.

        Returns:
            (rows, classes).
        """
        chosen = tf.constant(path)
        for number, batch in enumerate(calibrate):
            self._calibrate(tf.constant(batch), chosen, tf.constant(1.0 / (number + 1)))
        return np.concatenate([self._forward(tf.constant(b), chosen).numpy() for b in x])

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def _calibrate(self, x: tf.Tensor, path: tf.Tensor, share: tf.Tensor) -> None:
        self.network.call(x, path, Statistics(share=share))

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def _forward(self, x: tf.Tensor, path: tf.Tensor) -> tf.Tensor:
        return tf.nn.softmax(self.network.call(x, path, KEPT))


def _judged(logits: tf.Tensor, y: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)
    right = tf.cast(tf.argmax(logits, -1) == y, "float32")
    return tf.reduce_mean(losses * tf.cast(weights, losses.dtype)), tf.reduce_mean(right)

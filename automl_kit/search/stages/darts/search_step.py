"""One step of the bi-level search: first the architecture, then the weights."""

from typing import Any

import numpy as np
import tensorflow as tf

from automl_kit.search.stages.darts.darts_settings import DartsSettings
from automl_kit.search.stages.darts.supernet_loss import Batch, SupernetLoss


class SearchStep:
    """Algorithm 1 of Liu et al. (2019), with all of its state.

    Attributes:
        state: Vectors by name: weights "w" and "velocity", "alpha" with Adam's "mean" and
            "square", and "updates", how often α was changed.
    """

    def __init__(self, supernet: SupernetLoss, settings: DartsSettings):
        self.supernet = supernet
        self.settings = settings
        w, alpha = supernet.weights.read(), supernet.architecture.flat.read()
        start = {
            "w": w,
            "velocity": np.zeros_like(w),
            "alpha": alpha,
            "mean": np.zeros_like(alpha),
            "square": np.zeros_like(alpha),
            "updates": np.zeros((), alpha.dtype),
        }
        self.state = {name: tf.Variable(value, name=name) for name, value in start.items()}

    @tf.function  # type: ignore[untyped-decorator]
    def both(
        self,
        train: Batch,
        valid: Batch,
        rate: tf.Tensor,
        decay: tf.Tensor,
        mutation: tf.Tensor | None = None,
    ) -> Any:
        """Changes α by `valid`, then w by `train`.

        Args:
            train: Rows and class ids that weights learn from.
            valid: Those that α learns from.
            rate: Learning rate of the weights.
            decay: λ of β-DARTS.
            mutation: As for `weights`.

        Returns:
            Loss and accuracy on `train`, loss and accuracy on `valid`, all before the change.
        """
        loss, accuracy, gradient = self.alpha_gradient(train, valid, rate)
        self._change_alpha(gradient + self._decay_gradient(decay))
        return *self.weights(train, rate, mutation), loss, accuracy

    @tf.function  # type: ignore[untyped-decorator]
    def weights(self, train: Batch, rate: tf.Tensor, mutation: tf.Tensor | None = None) -> Any:
        """Changes w alone; gives loss and accuracy before it.

        Args:
            train: Rows and class ids.
            rate: The learning rate.
            mutation: What replaces α where it isn't 0; see `EdgeMutation.draw`. None: nothing.
        """
        state = self.state
        w, alpha = state["w"].read_value(), state["alpha"].read_value()
        if mutation is not None:
            alpha = tf.where(mutation == 0, alpha, mutation)
        loss, accuracy, model_state, gradient = self.supernet.by_weights(w, alpha, train)
        gradient = tf.clip_by_norm(gradient, self.settings.clip)
        gradient += self.settings.weight_decay * w
        velocity = self.settings.momentum * state["velocity"] + gradient
        state["velocity"].assign(velocity)
        state["w"].assign(w - rate * velocity)
        for variable, value in zip(
            self.supernet.network.non_trainable_variables, model_state, strict=True
        ):
            variable.assign(value)
        return loss, accuracy

    def alpha_gradient(self, train: Batch, valid: Batch, rate: tf.Tensor) -> Any:
        """Gives loss and accuracy on `valid`, and the gradient by which α changes."""
        w, alpha = self.state["w"].read_value(), self.state["alpha"].read_value()
        if self.settings.order == 1:
            return self.supernet.by_alphas(w, alpha, valid)
        unrolled = self._unrolled(w, alpha, train, rate)
        loss, accuracy, v, gradient = self.supernet.by_both(unrolled, alpha, valid)
        return loss, accuracy, gradient - rate * self._hessian_product(w, alpha, train, v)

    def _unrolled(self, w: tf.Tensor, alpha: tf.Tensor, train: Batch, rate: tf.Tensor) -> tf.Tensor:
        """The weights after one step of SGD: w' in eq. 6, as the paper's code takes it."""
        *_, gradient = self.supernet.by_weights(w, alpha, train)
        settings = self.settings
        velocity = settings.momentum * self.state["velocity"] + gradient + settings.weight_decay * w
        return w - rate * velocity

    def _hessian_product(
        self, w: tf.Tensor, alpha: tf.Tensor, train: Batch, v: tf.Tensor
    ) -> tf.Tensor:
        """The second derivative of the training loss by α and w, times v (eq. 8)."""
        radius = self.settings.radius / tf.norm(v)
        above, below = (
            self.supernet.by_alphas(w + sign * radius * v, alpha, train)[2] for sign in (1.0, -1.0)
        )
        return (above - below) / (2 * radius)

    def _decay_gradient(self, strength: tf.Tensor) -> tf.Tensor:
        """Of β-DARTS's term, strength · mean over edges of logsumexp(α)."""
        alpha = self.state["alpha"].read_value()
        matrices = self.supernet.architecture.flat.split(alpha)
        edges = sum(m.shape[0] for m in matrices if m.shape.rank == 2)
        parts = [
            tf.nn.softmax(m) / edges if m.shape.rank == 2 else tf.zeros_like(m) for m in matrices
        ]
        return strength * tf.concat([tf.reshape(part, (-1,)) for part in parts], 0)

    def _change_alpha(self, gradient: tf.Tensor) -> None:
        """Adam with the decay inside the gradient, as PyTorch's `Adam(weight_decay=…)`."""
        state, settings = self.state, self.settings
        first, second = settings.alpha_betas
        gradient += settings.alpha_weight_decay * state["alpha"]
        updates = state["updates"].read_value() + 1
        mean = first * state["mean"] + (1 - first) * gradient
        square = second * state["square"] + (1 - second) * gradient**2
        for name, value in {"updates": updates, "mean": mean, "square": square}.items():
            state[name].assign(value)
        root = tf.sqrt(square / (1 - second**updates))
        step = settings.alpha_learning_rate * mean / (1 - first**updates) / (root + 1e-8)
        state["alpha"].assign_sub(step)

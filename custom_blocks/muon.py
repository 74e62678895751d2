"""Muon: convolutions' kernels move by orthogonal matrices, all other weights by AdamW."""

import math
from typing import Any

import keras
from keras import ops

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)


@keras.saving.register_keras_serializable(package="automl_kit")
class Muon(keras.optimizers.AdamW):  # type: ignore[misc]
    """AdamW, but for kernels of convolutions, whose momentum is made orthogonal first.

    Jordan et al. (2024), "Muon: an optimizer for hidden layers in neural networks"; the kernel
    (h, w, c, d) is taken as a matrix (h·w·c, d). Steps are as large as AdamW's, root mean square
    0.2 times the learning rate: Liu et al. (2025), "Muon is scalable for LLM training",
    equation 4. Keras's own Muon leaves kernels of four axes to AdamW.

    Args:
        learning_rate: Of all weights.
        momentum: Of the kernels, Nesterov's.
        steps: Newton-Schulz iterations.

    Other arguments are AdamW's.

    Example:
        >>> import keras
        >>> from automl_kit.custom_blocks.muon import Muon
        >>> kernel = keras.Variable(keras.ops.zeros((1, 1, 2, 2)))
        >>> optimizer = Muon(1.0, momentum=0.0, weight_decay=0.0)
        >>> optimizer.apply([keras.ops.reshape([[3.0, 0.0], [0.0, 1.0]], (1, 1, 2, 2))], [kernel])
        >>> bool(keras.ops.all(keras.ops.abs(kernel[0, 0] + 0.28 * keras.ops.eye(2)) < 0.1))
        True
    """

    def __init__(
        self, learning_rate: Any = 0.001, momentum: float = 0.9, steps: int = 3, **adamw: Any
    ):
        super().__init__(learning_rate, **adamw)
        self.momentum = momentum
        self.steps = steps

    @staticmethod
    def moves(variable: Any) -> bool:
        """Whether a weight is a convolution's kernel; a depthwise one has 1 as its last axis."""
        return len(variable.shape) == 4 and variable.shape[-1] != 1

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Moves one weight."""
        if not self.moves(variable):
            super().update_step(gradient, variable, learning_rate)
            return
        kept = self._momentums[self._get_variable_index(variable)]
        self.assign(kept, self.momentum * kept + gradient)
        step = direction(gradient + self.momentum * kept, self.steps)
        self.assign_sub(variable, ops.cast(learning_rate, variable.dtype) * step)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "momentum": self.momentum, "steps": self.steps}


def direction(kernel: Any, steps: int) -> Any:
    """Where a kernel (h, w, c, d) goes: orthogonal, and as long as a step of AdamW."""
    matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
    scale = 0.2 * math.sqrt(max(matrix.shape))
    return ops.reshape(scale * orthogonal(matrix, steps), kernel.shape)


def orthogonal(matrix: Any, steps: int) -> Any:
    """Brings the singular values of a matrix (a, b) near 1, by Newton-Schulz iterations."""
    turned = matrix.shape[0] > matrix.shape[1]
    x = ops.transpose(matrix) if turned else matrix
    x = x / (ops.norm(x) + 1e-7)
    first, third, fifth = _COEFFICIENTS
    for _ in range(steps):
        square = ops.matmul(x, ops.transpose(x))
        x = first * x + ops.matmul(third * square + fifth * ops.matmul(square, square), x)
    return ops.transpose(x) if turned else x

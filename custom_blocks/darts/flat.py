"""Many variables as one vector."""

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray


class FlatVariables:
    """A vector of all the values of some variables, and the way back.

    As one vector, clipping, momentum, an unrolled step and a finite difference are each one
    operation instead of one a variable.

    Args:
        variables: Keras variables; the vector is in their dtype.

    Example:
        >>> import keras
        >>> flat = FlatVariables([keras.Variable([1.0, 2.0]), keras.Variable([[3.0]])])
        >>> flat.read().tolist()
        [1.0, 2.0, 3.0]
    """

    def __init__(self, variables: list[keras.Variable]):
        self.variables = variables
        self._sizes = [int(np.prod(variable.shape)) for variable in variables]

    @property
    def size(self) -> int:
        """Values in all."""
        return sum(self._sizes)

    def read(self) -> NDArray[np.floating]:
        """The variables' values now, (size,)."""
        return np.concatenate([np.ravel(v.numpy()) for v in self.variables] or [np.zeros(0)])

    def write(self, vector: NDArray[np.floating]) -> None:
        """Gives the variables the values of (size,)."""
        parts = np.split(vector, np.cumsum(self._sizes)[:-1])
        for variable, part in zip(self.variables, parts, strict=True):
            variable.assign(part.reshape(variable.shape))

    def split(self, vector: tf.Tensor) -> list[tf.Tensor]:
        """Cuts (size,) into tensors of the variables' shapes; differentiable."""
        parts = tf.split(vector, self._sizes)
        return [tf.reshape(p, v.shape) for p, v in zip(parts, self.variables, strict=True)]

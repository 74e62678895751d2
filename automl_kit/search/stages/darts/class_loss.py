"""The loss of a search for cells: cross-entropy, weighted by class."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np


class CrossEntropy(keras.losses.Loss):  # type: ignore[misc]
    """Mean cross-entropy of class ids and logits, each row weighted as its class.

    Args:
        class_weight: Weight of each class id; None for 1.
        classes: How many there are.
    """

    def __init__(self, class_weight: Mapping[int, float] | None, classes: int):
        super().__init__(name="cross_entropy")
        weights = class_weight or {}
        self.weights = np.array([weights.get(label, 1.0) for label in range(classes)], "float32")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Of ids (b,) and logits (b, k), (b,)."""
        losses = keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
        ids = keras.ops.cast(y_true, "int32")  # Keras makes numbers of the loss's type of them.
        return losses * keras.ops.take(keras.ops.cast(self.weights, losses.dtype), ids)

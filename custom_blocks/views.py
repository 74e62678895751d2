"""Several views of each image when predicting: flipped, and moved by a pixel.

A network that was trained on flipped and shifted images has seen them all alike. The mean of its
answers is no worse than they are in the mean: log-loss is convex in the logits (Jensen's
inequality); and a network that halves its maps answers differently to an image that lies one
pixel further on. The vectors in front of the last dense layer are averaged, which is the mean of
the logits.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from automl_kit.custom_blocks.training_layers import dtype_kept

View = tuple[Sequence[int], int]
"""The axes to flip (1 for upside down, 2 for left and right), and pixels to move down and right."""

_FLIPPED: dict[str, list[int]] = {
    "none": [],
    "horizontal": [2],
    "vertical": [1],
    "horizontal_and_vertical": [1, 2],
}


def views_of(flip: str, translation: float) -> list[View]:
    """The views that a network trained with such an augmentation has learned.

    Args:
        flip: As `AugmentationBlock` has it.
        translation: As `AugmentationBlock` has it.

    Returns:
        The image itself first; alone where nothing is augmented.

    Example:
        >>> views_of("horizontal", 0.05)
        [([], 0), ([2], 1), ([2], -1)]
        >>> views_of("horizontal", 0.0), views_of("none", 0.05)
        ([([], 0), ([2], 0)], [([], 0), ([], 1), ([], -1)])
    """
    axes = _FLIPPED[flip]
    if translation:
        return [([], 0), (axes, 1), (axes, -1)]
    return [([], 0), (axes, 0)] if axes else [([], 0)]


@keras.saving.register_keras_serializable(package="automl_kit")
class ViewsBeside(keras.layers.Layer):  # type: ignore[misc]
    """Predicting, puts the views of the images one after the other: (n, h, w, c) to (v n, h, w, c).

    In training it does nothing. `MeanOfViews` brings the views of an image together again.

    Args:
        views: What is shown. What a shift leaves empty is filled from the nearest pixel, as in
            training.

    Example:
        >>> import keras
        >>> from automl_kit.custom_blocks.views import ViewsBeside
        >>> image = keras.ops.reshape([[1.0, 2.0], [3.0, 4.0]], (1, 2, 2, 1))
        >>> ViewsBeside([([], 0), ([2], 1)])(image).numpy().ravel().tolist()
        [1.0, 2.0, 3.0, 4.0, 2.0, 2.0, 2.0, 2.0]
    """

    def __init__(self, views: Sequence[View], **kwargs: Any):
        super().__init__(**kwargs)
        self.views = [(list(axes), pixels) for axes, pixels in views]
        dtype_kept(self)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """All views."""
        return inputs if training else self._shown(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """As the input, of an unknown number of rows."""
        return (None, *input_shape[1:])

    def stock(self) -> keras.Model:
        """The same of Keras's operations."""
        entry = keras.Input(self.input.shape[1:])
        return keras.Model(entry, self._shown(entry), name=self.name)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "views": self.views}

    def _shown(self, images: Any) -> Any:
        return keras.ops.concatenate([_seen(images, *view) for view in self.views], axis=0)


@keras.saving.register_keras_serializable(package="automl_kit")
class MeanOfViews(keras.layers.Layer):  # type: ignore[misc]
    """Predicting, averages the vectors of the views of each image: (v n, d) to (n, d).

    In training it does nothing.

    Args:
        views: How many there are, v.

    Example:
        >>> import keras
        >>> from automl_kit.custom_blocks.views import MeanOfViews
        >>> vectors = keras.ops.convert_to_tensor([[1.0], [5.0], [3.0], [5.0]])
        >>> MeanOfViews(2)(vectors).numpy().ravel().tolist()
        [2.0, 5.0]
    """

    def __init__(self, views: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.views = views

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The mean over the views."""
        return inputs if training else self._mean(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """As the input, of an unknown number of rows."""
        return (None, *input_shape[1:])

    def stock(self) -> keras.Model:
        """The same of Keras's operations."""
        entry = keras.Input(self.input.shape[1:])
        return keras.Model(entry, self._mean(entry), name=self.name)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "views": self.views}

    def _mean(self, vectors: Any) -> Any:
        parts = keras.ops.reshape(vectors, (self.views, -1, vectors.shape[-1]))
        return keras.ops.mean(parts, axis=0)


def _seen(images: Any, axes: Sequence[int], pixels: int) -> Any:
    """One view of images, of gathered rows and columns: an operation that every format has."""
    for axis in (1, 2):
        order = np.arange(images.shape[axis])
        places = np.clip(order - pixels, 0, order[-1])
        order = order[::-1] if axis in axes else order
        if axis in axes or pixels:
            images = keras.ops.take(images, order[places].tolist(), axis=axis)
    return images

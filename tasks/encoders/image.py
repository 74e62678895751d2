"""Images as the user has them, as one uint8 or float32 tensor of one size."""

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from automl_kit.data import release
from automl_kit.errors import InputError

if TYPE_CHECKING:
    from automl_kit.data import ImageSchema

_CHUNK_BYTES = 16 << 20


def fit_encoder(
    images: np.ndarray, schema: "ImageSchema"
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Makes the model that resizes images, and finds what standardises their pixels.

    Args:
        images: Training images, (n, height, width, channels), any real dtype; a memory-mapped
            array is read in pieces of 16 MB.
        schema: Their height, width and channels, as the data say.

    Returns:
        The encoder, a Keras model of stock layers with one float32 input "image" of shape
        (n, any height, any width, channels), which gives (n, height, width, channels): the
        images bit for bit where they have that size already, resized as by Pillow elsewhere.
        And the arguments `scale` and `offset` of `custom_blocks.ImageInput`, one number a
        channel: pixel · scale + offset has mean 0 and standard deviation 1 over `images`.

    Raises:
        InputError: There are no images, or they have another shape than the schema says.

    Example:
        >>> import numpy as np
        >>> from automl_kit.data import ImageSchema
        >>> images = np.array([0, 2], "uint8").reshape(2, 1, 1, 1)
        >>> encoder, standard = fit_encoder(images, ImageSchema(1, 1, 1, low=0.0, high=2.0))
        >>> standard
        {'scale': [1.0], 'offset': [-1.0]}
    """
    expected = (schema.height, schema.width, schema.channels)
    if images.ndim != 4 or not len(images) or images.shape[1:] != expected:
        raise InputError(
            f"Expected images of shape (n, {', '.join(map(str, expected))}) with n ≥ 1. "
            f"Received: {images.shape}."
        )
    image = keras.Input((None, None, schema.channels), name="image")
    # Anti-aliased, since files are shrunk by Pillow's bilinear filter, which is: 200×180 pixels of
    # noise shrunk to 64×64 differ from Pillow's by 0.27 of 255 on average, without it by 34.
    resize = keras.layers.Resizing(schema.height, schema.width, antialias=True)
    return keras.Model(image, resize(image), name="image_encoder"), _standard(images)


def _standard(images: np.ndarray) -> dict[str, list[float]]:
    """Scale and offset of each channel, from one pass over the images.

    Means and squared deviations of the pieces are joined by Chan, Golub and LeVeque (1983),
    "Algorithms for computing the sample variance", equation 2.1: the plain sum of squares loses
    all digits of the deviation where it is small beside the mean.
    """
    step = max(1, _CHUNK_BYTES // (8 * int(np.prod(images.shape[1:]))))
    count, mean, squares = 0, np.zeros(images.shape[-1]), np.zeros(images.shape[-1])
    for start in range(0, len(images), step):
        pixels = np.asarray(images[start : start + step], dtype="float64")
        pixels = pixels.reshape(-1, images.shape[-1])
        release(images)
        size, piece_mean = len(pixels), pixels.mean(axis=0)
        squares += ((pixels - piece_mean) ** 2).sum(axis=0)
        squares += (piece_mean - mean) ** 2 * (count * size / (count + size))
        mean += (piece_mean - mean) * (size / (count + size))
        count += size
    deviation = np.sqrt(squares / count)
    # A channel of one value (an alpha channel, say) carries nothing: it becomes zero everywhere.
    # The bound keeps rounding noise of float32 pixels from being blown up to deviation 1.
    constant = deviation <= 1e-6 * np.maximum(np.abs(mean), 1e-30)
    scale = 1.0 / np.where(constant, 1.0, deviation)
    return {"scale": _floats(scale), "offset": _floats(-mean * scale)}


def _floats(values: Any) -> list[float]:
    return [float(value) for value in values]

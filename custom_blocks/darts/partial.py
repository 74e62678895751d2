"""Partial channel connections: only some channels go through the operations.

Xu, Y. et al. (2020), "PC-DARTS", section 3.1: the first 1/K of the channels are mixed, the others
pass by, and a shuffle lets other channels be mixed next time.
"""

import tensorflow as tf

from automl_kit.errors import InputError


def check_partial(channels: int | None, partial: int) -> int:
    """Gives how many channels are mixed.

    Raises:
        InputError: If `partial` doesn't divide the channels.
    """
    if channels is None or partial < 1 or channels % partial:
        raise InputError(
            f"Expected partial to divide the number of channels, {channels}; got {partial}."
        )
    return channels // partial


def passing_by(x: tf.Tensor, partial: int, strides: int) -> tf.Tensor:
    """The channels that aren't mixed, 2×2 maxima of them where the size is halved."""
    rest = x[..., x.shape[-1] // partial :]
    return rest if strides == 1 else tf.nn.max_pool2d(rest, 2, 2, "SAME")


def shuffle(x: tf.Tensor, partial: int) -> tf.Tensor:
    """Deals the channels out: the first of each of `partial` groups, and so on."""
    height, width, channels = x.shape[1:]
    grouped = tf.reshape(x, (-1, height, width, partial, channels // partial))
    return tf.reshape(tf.transpose(grouped, [0, 1, 2, 4, 3]), (-1, height, width, channels))

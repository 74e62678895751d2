"""How deep and how fine a convolutional network may be for images of one size."""

import math

_LARGEST_STAGES = 4
_LARGEST_SIDE = 32


def stem_stride(shape: tuple[int, ...]) -> int:
    """Stride of the first convolution: brings the longer side to 32 pixels or fewer.

    The cost of a network grows with its first stage's pixels: a 3×3 convolution of 32 to 32
    channels takes 9.4 million multiplications at 32×32 and 151 million at 128×128.

    Args:
        shape: Shape of the images, (height, width, channels); a batch axis in front is fine.

    Example:
        >>> stem_stride((28, 28, 1)), stem_stride((64, 64, 3)), stem_stride((8, 200, 3))
        (1, 2, 4)
    """
    height, width = shape[-3:-1]
    wanted = math.ceil(max(height, width) / _LARGEST_SIDE)
    return max(1, min(1 << (wanted - 1).bit_length(), min(height, width) // 2))


def stage_limit(shape: tuple[int, ...]) -> int:
    """The most stages, each half as fine as the one before, that leave 2 pixels on every side.

    Args:
        shape: Shape of the images, (height, width, channels); a batch axis in front is fine.

    Example:
        >>> stage_limit((8, 8, 1)), stage_limit((28, 28, 1)), stage_limit((64, 64, 3))
        (2, 3, 4)
    """
    side = math.ceil(min(shape[-3:-1]) / stem_stride(shape))
    return max(1, min(_LARGEST_STAGES, side.bit_length() - 2))

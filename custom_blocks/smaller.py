"""Smaller networks of the same hyperparameters, while a proxy judges them."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import keras

_LEAST = 4  # channels or units; widths are multiples of it, as groups and heads want


@dataclass(frozen=True)
class _Size:
    width: float = 1.0
    pixels: int | None = None


_WHOLE = _Size()
_IN_FORCE = ContextVar("_IN_FORCE", default=_WHOLE)


@contextlib.contextmanager
def smaller(width: float = 1.0, pixels: int | None = None) -> Iterator[None]:
    """Within it blocks build narrower networks, and inputs of images shrink them.

    Hyperparameters are asked for and noted as ever.

    Args:
        width: By what channels, filters, units and embeddings are multiplied.
        pixels: The longer side of images at most; None for as they are.

    Example:
        >>> with smaller(width=0.5):
        ...     narrowed(48), narrowed(4), narrowed(0)
        (24, 4, 0)
        >>> narrowed(48)
        48
    """
    token = _IN_FORCE.set(_Size(width, pixels))
    try:
        yield
    finally:
        _IN_FORCE.reset(token)


def narrowed(width: int) -> int:
    """A width as it is to be built: a multiple of 4, no wider than it was; 0 stays none."""
    share = _IN_FORCE.get().width
    if share == 1.0 or not width:
        return width
    return min(width, max(_LEAST, round(width * share / _LEAST) * _LEAST))


def shrunk(images: Any) -> Any:
    """Images (n, height, width, channels) as large as they are to be; never larger."""
    pixels, sides = _IN_FORCE.get().pixels, images.shape[1:3]
    if pixels is None or None in sides or max(sides) <= pixels:
        return images
    height, width = (max(1, round(side * pixels / max(sides))) for side in sides)
    return keras.layers.Resizing(height, width, antialias=True)(images)

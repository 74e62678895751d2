"""Decoding one image file with Pillow."""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

_GREY = {"1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N"}
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_LONGEST_SIDE = 64  # of images whose size the user did not choose: what a CPU trains on
_SAMPLE = 256  # files whose size is looked at


class UnreadableImageError(Exception):
    """A file that Pillow can't decode; the message is the reason."""


def decode(
    path: str | os.PathLike[str], height: int, width: int, channels: int
) -> NDArray[np.uint8]:
    """Reads an image file and brings it to a size and a number of channels.

    The orientation in the EXIF data is applied. Pixels of 16 bits are scaled to 8.
    A file of several frames gives the first.

    Returns:
        Shape (height, width, channels), contiguous.

    Raises:
        UnreadableImageError: If the file is missing, damaged or no image.
    """
    with _opened(path) as image:
        if image.format == "JPEG":
            # Decodes at 1/2, 1/4 or 1/8 size where that is still twice what is needed.
            side = 2 * max(height, width)
            image.draft(_MODES[channels], (side, side))
        turned = ImageOps.exif_transpose(image)
        pixels = _to_mode(turned, channels).resize((width, height), Image.Resampling.BILINEAR)
        return np.asarray(pixels).reshape(height, width, channels)


def common_size(paths: Sequence[str]) -> tuple[int, int]:
    """Gives the median height and width of a sample, scaled down to 64 pixels at most.

    Raises:
        UnreadableImageError: If none of the files can be read.
    """
    step = max(1, len(paths) // _SAMPLE)
    sizes = _sizes(paths[::step]) or _sizes(paths)
    if not sizes:
        raise UnreadableImageError("no file can be read")
    height, width = np.median(np.array(sizes), axis=0)
    scale = min(1.0, _LONGEST_SIDE / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def common_channels(paths: Sequence[str]) -> int:
    """Gives 1 if all images that can be read are grey, else 3."""
    for path in paths:
        try:
            with _opened(path) as image:
                if image.mode not in _GREY:
                    return 3
        except UnreadableImageError:
            continue
    return 1


def _sizes(paths: Sequence[str]) -> list[tuple[int, int]]:
    sizes = []
    for path in paths:
        try:
            with _opened(path) as image:
                turned = image.getexif().get(0x0112, 1) >= 5  # EXIF orientation: a quarter turn
                sizes.append(image.size if turned else image.size[::-1])
        except UnreadableImageError:
            continue
    return sizes


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's remarks on odd metadata
            with Image.open(path) as image:
                yield image
    except UnidentifiedImageError as error:
        raise UnreadableImageError("not an image file, or damaged") from error
    except Exception as error:
        # Pillow's decoders raise OSError, ValueError, SyntaxError, EOFError, struct.error and
        # others on damaged files; whichever it is, the file can't be used.
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UnreadableImageError(reason) from error


def _to_mode(image: Image.Image, channels: int) -> Image.Image:
    if image.mode.startswith("I"):
        # Pillow would clip 16 bits at 255 instead of scaling.
        values = np.asarray(image).astype(np.int64)
        values = values // 257 if values.max() > 255 else values
        image = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    elif image.mode == "F":
        raise ValueError("floating-point pixels are not supported")
    elif image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    return image if image.mode == _MODES[channels] else image.convert(_MODES[channels])

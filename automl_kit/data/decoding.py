"""Decoding one image file with Pillow."""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

_GREY = {"1", "L", "LA", "La", "F", "I", "I;16", "I;16B", "I;16L", "I;16N"}
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_SEE_THROUGH = {"RGBA", "LA", "PA", "RGBa", "La"}
_LONGEST_SIDE = 64  # of images whose size the user did not choose: what a CPU trains on
_SAMPLE = 256  # files whose size is looked at


class UnreadableImageError(Exception):
    """A file that Pillow can't decode; the message is the reason."""


def decode(
    path: str | os.PathLike[str], height: int, width: int, channels: int
) -> NDArray[np.uint8]:
    """Reads an image file and brings it to a size and a number of channels.

    The orientation in the EXIF data is applied. Pixels of 16 bits are scaled to 8. What is
    see-through gets a ground, unless there are 4 channels.
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
        pixels = _to_mode(turned, channels, _is_deep(image)).resize(
            (width, height), Image.Resampling.BILINEAR
        )
        return np.asarray(pixels).reshape(height, width, channels)


def as_seen(images: Sequence[Image.Image], channels: int | None) -> list[NDArray[np.uint8]]:
    """Gives images in memory as the same ones in files are read, at their own sizes.

    Args:
        images: Pillow's images.
        channels: 1, 3 or 4; by default 1 if all are grey, else 3.
    """
    if channels is None:
        channels = 1 if all(image.mode in _GREY for image in images) else 3
    pixels = [_to_mode(ImageOps.exif_transpose(e), channels, _is_deep(e)) for e in images]
    return [np.asarray(e).reshape(e.height, e.width, channels) for e in pixels]


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


def _is_deep(image: Image.Image) -> bool:
    """Whether pixels have 16 bits."""
    return image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG")


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
    if not path:
        raise UnreadableImageError("no path")
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


def _to_mode(image: Image.Image, channels: int, sixteen_bits: bool) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        image = Image.fromarray(_bytes(np.asarray(image).astype(np.float64), sixteen_bits))
    elif image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    if channels < 4 and image.mode in _SEE_THROUGH:
        image = _on_ground(image.convert("RGBA"))
    return image if image.mode == _MODES[channels] else image.convert(_MODES[channels])


def _bytes(values: NDArray[np.float64], sixteen_bits: bool) -> NDArray[np.uint8]:
    """Pixels of other depths as 8 bits; Pillow would clip them at 255.

    The depth decides, and not how bright an image is: all images of a set are scaled alike.
    Where a format has no depth, as of floats, values up to 1 are shares of white.
    """
    values = np.nan_to_num(values)
    highest = float(values.max(initial=0.0))
    if sixteen_bits or highest > 255:
        values = values / 257
    elif 0 < highest <= 1:
        values = values * 255
    return np.clip(values, 0, 255).astype(np.uint8)


def _on_ground(image: Image.Image) -> Image.Image:
    """What is see-through on a ground that the drawing stands out from: white, or black."""
    pixels = np.asarray(image).astype(np.float64)
    drawn = pixels[..., 3:]
    bright = (pixels[..., :3] * drawn).sum() / max(3 * drawn.sum(), 1.0)
    ground = Image.new("RGBA", image.size, (255,) * 4 if bright < 128 else (0, 0, 0, 255))
    return Image.alpha_composite(ground, image).convert("RGB")

"""Reading images in memory: arrays and lists to one array (n, height, width, channels)."""

import mmap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_kit.data.schema import CHANNELS
from automl_kit.errors import InputError

_CHUNK = 1 << 24  # bytes looked at in one go, so that checks need little memory


def as_images(X: object, channels: int | None = None) -> NDArray[Any]:
    """Gives images as one array, channels last.

    Values are kept, never rescaled. uint8 stays (a memory-mapped array stays on disk); other
    integers become uint8 where they fit in 0–255 and float32 otherwise; booleans become 0
    and 1 in uint8; floats become float32.

    Args:
        X: Array of shape (n, height, width) or (n, height, width, channels) with 1, 3 or 4
            channels, or a list of such images, all of one shape.
        channels: Those of the training images, where these are others: a single one of them,
            (height, width, channels) or grey (height, width), is taken too.

    Returns:
        uint8 or float32, shape (n, height, width, channels).

    Raises:
        InputError: If the values are not finite numbers or the shape is another one.
    """
    array = _stack(_as_seen(X, channels))
    if array.dtype.kind == "c":
        raise InputError("Complex data not supported: pixels must be real numbers.")
    if array.dtype.kind not in "biuf":
        raise InputError(
            f"Pixels must be numbers, but the images have dtype {array.dtype}. "
            "To read image files, pass a folder, a CSV of paths, or a list of paths."
        )
    array = _numbers(_channels_last(_batch(array, channels)))
    if array.dtype.kind == "f":
        _check_finite(array)
    return array


def release(array: NDArray[Any]) -> None:
    """Drops the pages of a memory-mapped array from this process's memory.

    They are read again from the file when they are next used. Call it now and then while
    going through a large array. Arrays in memory are left alone.

    Args:
        array: A memory-mapped array or a view of one.
    """
    owner: Any = array
    while owner is not None and not isinstance(owner, mmap.mmap):
        if isinstance(owner, np.memmap) and owner.mode == "c":
            return  # Private pages hold changes that are nowhere else.
        owner = getattr(owner, "base", None)
    if owner is not None and hasattr(mmap, "MADV_DONTNEED"):
        owner.madvise(mmap.MADV_DONTNEED)


def _stack(X: Any) -> NDArray[Any]:
    if X is None or isinstance(X, str | bytes | dict | set | pd.DataFrame) or np.isscalar(X):
        advice = (
            "Pass its column of paths, such as X['path'], or its pixels as an array, such as "
            "X.to_numpy().reshape(-1, 28, 28)."
            if isinstance(X, pd.DataFrame)
            else "Pass an array (n, height, width), a folder or a list of files."
        )
        what = "a DataFrame" if isinstance(X, pd.DataFrame) else f"{X!r:.60}"
        raise InputError(f"Expected an array of images, but got {what}. {advice}")
    if isinstance(X, Sequence):
        images = [image if isinstance(image, Sequence) else np.asarray(image) for image in X]
        shapes = {image.shape for image in images if isinstance(image, np.ndarray)}
        if len(shapes) > 1:
            raise _ragged(", ".join(map(str, sorted(shapes)[:4])))
        X = images
    try:
        array = X if isinstance(X, np.ndarray) else np.asarray(X)
    except ValueError as error:
        raise _ragged("nested lists of different lengths") from error
    if array.dtype == object and array.ndim == 1 and len(array):
        if all(isinstance(image, np.ndarray) for image in array):
            return _stack(list(array))
    elif array.dtype == object:
        try:
            return array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"Pixels must be numbers, but {error}.") from error
    return array


def _as_seen(X: Any, channels: int | None) -> Any:
    """Pillow's images as their pixels look: those of a palette are no colours."""
    listed = isinstance(X, Sequence) and len(X) and all(hasattr(e, "getbands") for e in X)
    if not listed and not hasattr(X, "getbands"):
        return X
    from automl_kit.data.decoding import as_seen

    return as_seen(list(X), channels) if listed else as_seen([X], channels)[0]


def _batch(array: NDArray[Any], channels: int | None) -> NDArray[Any]:
    """A single image as a batch of one."""
    grey = array.ndim == 2 and channels == 1
    if channels is not None and (grey or (array.ndim == 3 and array.shape[2] == channels)):
        return array[np.newaxis]
    return array


def _ragged(shapes: str) -> InputError:
    return InputError(
        f"The images must all have one shape, but came with different ones: {shapes}. Resize "
        "them and bring them to the same channels, or pass a folder of files, which is resized."
    )


def _channels_last(array: NDArray[Any]) -> NDArray[Any]:
    if array.size == 0:
        raise InputError(
            f"There are no images: 0 sample(s) or pixels in shape {array.shape}, "
            "while a minimum of 1 is required."
        )
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4:
        raise InputError(
            "Images must have shape (n, height, width) or (n, height, width, channels), but came "
            f"with shape {array.shape}. Reshape your data, for example X.reshape(-1, 28, 28)."
        )
    if array.shape[3] not in CHANNELS:
        first = array.shape[1] in CHANNELS
        advice = "These look like channels-first: pass np.transpose(X, (0, 2, 3, 1))."
        raise InputError(
            f"Images must have 1, 3 or 4 channels, last in the shape, but came with shape "
            f"{array.shape}. {advice if first else 'Choose the channels to keep.'}"
        )
    return array


def _numbers(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype == np.uint8 or array.dtype == np.float32:
        return array
    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):
            return array.astype(np.float32)
    fits = array.dtype == bool or (array.min() >= 0 and array.max() <= 255)
    return array.astype(np.uint8 if fits else np.float32)


def _check_finite(array: NDArray[Any]) -> None:
    step = max(1, _CHUNK // array[0].nbytes)
    for start in range(0, len(array), step):
        finite = np.isfinite(array[start : start + step]).all(axis=(1, 2, 3))
        if not finite.all():
            raise InputError(
                f"Pixels must be finite, but image {start + int(np.argmin(finite))} (counted from "
                "0) has NaN or infinity. Replace them, for example with np.nan_to_num(X)."
            )
        release(array)

"""A search for cells in a process of its own, whose threads suit it.

The kernels of a supernet are small and many: they run best one thread each, as many at a time as
there are cores. TensorFlow's threads are settings of a whole process, made before its first
operation, so that the process of the trials can't have them.
"""

import dataclasses
import json
import math
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_kit import errors
from automl_kit.errors import SearchError
from automl_kit.progress import Progress
from automl_kit.search.stages.darts.darts_settings import CellSearch
from automl_kit.spaces import CellSpace, Genotype
from automl_kit.spaces.operation_names import is_registered

if TYPE_CHECKING:
    from automl_kit.search.stages.darts.finding import Images

_CHILD = "automl_kit.search.stages.darts.apart_main"
_STEPS = 200  # from which on the start of a process, some seconds, is worth it


def suits(how: CellSearch, space: CellSpace, rows: int) -> bool:
    """Whether a search is to have a process of its own.

    Where nobody says: if it is long, on several cores without an accelerator, and of operations
    that another process has too.

    Args:
        how: The search.
        space: Its cells.
        rows: Images that it is on.
    """
    if how.apart is not None:
        return how.apart
    settings = how.settings
    steps = settings.epochs * rows * settings.train_share / settings.batch_size
    own = any(is_registered(op) for op in space.ops)
    alone = _cores() == 1 or bool(tf.config.list_physical_devices("GPU"))
    return steps >= _STEPS and not own and not alone


def search_apart(
    told: dict[str, Any], images: "Images", seconds: float | None, progress: Progress
) -> Genotype:
    """Runs `apart_main` on a search; what it prints becomes calls of `progress`.

    Args:
        told: What the other process makes its `CellFinder` of.
        images: The images that are searched on.
        seconds: For the search; None for no limit.
        progress: Hears of steps and epochs.

    Returns:
        The genotype; the epochs are on disk.

    Raises:
        AutoMLKitError: As the search raises it.
        SearchError: If the process ends otherwise.
    """
    ends = None if seconds is None else time.time() + seconds
    weights = sorted((images.class_weight or {}).items())
    told = {**told, "ends": ends, "classes": images.classes, "class_weight": weights}
    told |= {"scale": images.scale, "offset": images.offset}
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": str(_cores()),
        "OMP_NUM_THREADS": "1",
    }
    found = None
    with tempfile.TemporaryFile("w+") as errors_file:
        with subprocess.Popen(
            [sys.executable, "-m", _CHILD], env=environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=errors_file,
        ) as process:  # fmt: skip
            try:
                _give(process, told, images)
                found = _hear(process, progress)
            finally:
                if found is None:  # It has ended, unless this one is interrupted.
                    process.kill()
        if found is not None:
            return found
        errors_file.seek(0)
        last = errors_file.read().strip().splitlines()[-1:]
    raise SearchError(
        f"The process that searched cells ended with status {process.returncode}"
        f"{': ' + last[0][:300] if last else ''}. The same call goes on with the search; "
        "CellSearch(apart=False) searches in this process."
    )


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _give(process: "subprocess.Popen[bytes]", told: dict[str, Any], images: "Images") -> None:
    """Sends a line of JSON and the bytes of two arrays."""
    arrays = [np.ascontiguousarray(array) for array in (images.x, images.ids)]
    told = {**told, "arrays": [(array.dtype.str, array.shape) for array in arrays]}
    stream = process.stdin
    assert stream is not None
    try:
        stream.write(json.dumps(told).encode() + b"\n")
        for array in arrays:
            stream.write(array.data)
        stream.close()
    except BrokenPipeError:
        pass  # It ended already; `_hear` comes to the end at once.


def _hear(process: "subprocess.Popen[bytes]", progress: Progress) -> Genotype | None:
    """Passes on what comes; gives the genotype, or None where the process ended without one."""
    assert process.stdout is not None
    calls: dict[str, Callable[..., None]] = {
        "share": progress.epoch_share,
        "message": progress.message,
        "warning": lambda text: warnings.warn(text, UserWarning, stacklevel=8),
    }
    for line in process.stdout:
        name, *values = json.loads(line)
        if name in calls:
            calls[name](*values)
        elif name == "error":
            raise getattr(errors, values[0])(values[1])
        else:
            return Genotype.from_json(values[0])
    return None


def read_given(stream: IO[bytes]) -> tuple[dict[str, Any], Any, Any]:
    """What `search_apart` sends: JSON, images, class ids."""
    told = json.loads(stream.readline())
    x, ids = (_read_array(stream, *of) for of in told["arrays"])
    return told, x, ids


def _read_array(stream: IO[bytes], kind: str, shape: list[int]) -> NDArray[Any]:
    dtype = np.dtype(kind)
    content = stream.read(dtype.itemsize * math.prod(shape))
    return np.frombuffer(content, dtype).reshape(shape)


def told_of(space: CellSpace, how: CellSearch, seed: int, notes: Path) -> dict[str, Any]:
    """What the other process makes its `CellFinder` of, as JSON values."""
    return {
        "policy": keras.config.dtype_policy().name,
        "space": dataclasses.asdict(space),
        "how": how.to_json(),
        "seed": seed,
        "notes": str(notes.absolute()),
    }

"""Collecting the garbage of trials, without looking at everything else each time."""

import contextlib
import gc
from collections.abc import Iterator

_OWN = 1000  # objects at most that an interpreter freezes itself: 375 in Python 3.12.1


@contextlib.contextmanager
def only_new_objects() -> Iterator[None]:
    """Has Python's collector look at objects alone that are made from here on.

    Keras and KerasTuner collect before each network that they build, so that the memory of the
    one before is free. A full collection visits the half million objects of TensorFlow and
    whatever the user holds: a quarter of a second, several times a trial. Afterwards everything
    is looked at again. Where somebody has frozen objects already (`gc.freeze`), nothing is done:
    they couldn't be told from ours.

    Example:
        >>> with only_new_objects():
        ...     gc.get_freeze_count() > 0
        True
    """
    if gc.get_freeze_count() > _OWN:
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()

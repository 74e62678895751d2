"""Settings and random generators that belong to the whole process, and how they are left alone."""

import contextlib
import random
from collections.abc import Iterator

import numpy as np


@contextlib.contextmanager
def global_generators_kept() -> Iterator[None]:
    """Leaves Python's and NumPy's global random generators as they were."""
    state = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(state[0])
        np.random.set_state(state[1])

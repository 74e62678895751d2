"""One thread a worker, no start-up lines of TensorFlow, and networks of a moment run eagerly."""

import gc
import os
from pathlib import Path

# Two workers of two threads each get in each other's way on two cores: KerasTuner's Gaussian
# process takes three times the processor's time then, in threads that wait for each other.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ.setdefault(name, "1")

import pytest  # noqa: E402

from automl_kit import quiet  # noqa: E402

quiet.load_tensorflow()

import tensorflow as tf  # noqa: E402

EAGER = ("ending", "evaluation", "search", "tasks", "test_chapter.py", "tuners")
_latest: list[Path] = []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Has searches run eagerly, but for tests marked `compiled`.

    Tracing a network that is trained for a few steps takes longer than training it. It is asked
    before fixtures of modules are made, which train too.
    """
    place = item.path.relative_to(Path(__file__).parent).parts[0]
    compiled = item.get_closest_marker("compiled") is not None
    tf.config.run_functions_eagerly(place in EAGER and not compiled)
    if _latest != [item.path]:
        _latest[:] = [item.path]
        freeze()


def freeze() -> None:
    """Has collections leave alone what is there already.

    Keras and KerasTuner collect all garbage before each network that they build. Half a million
    objects of TensorFlow are there for good, and more from file to file: looking at them each
    time took a fifth of the tests' time.
    """
    gc.collect()
    gc.freeze()

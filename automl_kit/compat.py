"""Defects of AutoKeras and KerasTuner that are worked around, one function each.

Each names where the defect is and its upstream issue where there is one.
`tests/test_compat.py` holds, for each, the test that fails once the defect is
mended upstream and the function here can go.
"""

from typing import Any

import autokeras.graph
import autokeras.utils.io_utils
import keras_tuner.src.utils

from automl_kit import files


def apply() -> None:
    """Puts every work-around in place; calling it again changes nothing."""
    _plain_integer_shapes()
    _atomic_json()


def _plain_integer_shapes() -> None:
    """AutoKeras 3.0: shapes of NumPy integers reach `Dense(units)`, which Keras ≥ 3.13 refuses.

    Seen in `autokeras.graph.Graph.set_io_shapes`: `node.shape = tuple(shape[1:])` of an array,
    so no head builds. No upstream issue.
    """
    original = autokeras.graph.Graph.set_io_shapes
    if hasattr(original, "__wrapped__"):
        return

    def set_io_shapes(self: autokeras.graph.Graph, shapes: Any) -> None:
        original(self, shapes)
        for node in self.inputs:
            node.shape = tuple(int(size) for size in node.shape)
        for node in self.outputs:
            head = node.in_blocks[0]
            head.shape = tuple(int(size) for size in head.shape)

    set_io_shapes.__wrapped__ = original  # type: ignore[attr-defined]
    autokeras.graph.Graph.set_io_shapes = set_io_shapes


def _atomic_json() -> None:
    """KerasTuner 1.4.8 and AutoKeras 3.0 write their state in place.

    A kill in mid-write leaves a project that can't be reloaded. Seen in
    `keras_tuner.src.utils.save_json` and `autokeras.utils.io_utils.save_json`.
    """
    keras_tuner.src.utils.save_json = files.write_json
    autokeras.utils.io_utils.save_json = files.write_json

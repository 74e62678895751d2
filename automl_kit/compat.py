"""What AutoKeras and KerasTuner don't export but is needed, and their defects worked around.

The only file that reaches into these packages. A work-around names where the defect is and its
upstream issue where there is one; `tests/test_compat.py` holds, for each, the test that fails
once the defect is mended upstream and the function here can go.
"""

import threading
import weakref
from collections.abc import Callable
from typing import Any

import autokeras
import autokeras.graph
import autokeras.utils.io_utils
import keras_tuner.src.engine.oracle
import keras_tuner.src.utils
from autokeras.adapters import TextAdapter
from autokeras.engine.analyser import Analyser
from autokeras.engine.block import Block
from autokeras.engine.head import Head
from autokeras.graph import Graph
from autokeras.pipeline import load_pipeline
from autokeras.tuners.greedy import GreedyOracle as AutoKerasGreedyOracle
from autokeras.utils.data_utils import dataset_shape
from keras_tuner.src.engine import hyperparameters, metrics_tracking, tuner_utils
from keras_tuner.src.engine.objective import create_objective
from keras_tuner.src.engine.trial import Trial, TrialStatus
from keras_tuner.src.engine.tuner import maybe_distribute

from automl_kit import files

TunerCallback = tuner_utils.TunerCallback
best_of_history = tuner_utils._get_best_value_and_best_epoch_from_history
infer_metric_direction = metrics_tracking.infer_metric_direction

__all__ = [
    "Analyser",
    "AutoKerasGreedyOracle",
    "Block",
    "Graph",
    "Head",
    "TextAdapter",
    "Trial",
    "TrialStatus",
    "TunerCallback",
    "apply",
    "best_of_history",
    "build_config",
    "create_objective",
    "dataset_shape",
    "forget_dropped_oracles",
    "has_one_classification_head",
    "hyperparameters",
    "infer_metric_direction",
    "is_graph",
    "labels_of_head",
    "load_pipeline",
    "maybe_distribute",
    "space_of_graph",
]


def is_graph(hypermodel: Any) -> bool:
    """Whether it is an AutoKeras graph, and not a KerasTuner hypermodel."""
    return isinstance(hypermodel, Graph)


def has_one_classification_head(graph: Graph) -> bool:
    """Whether a graph ends in one head of classes."""
    heads = [node.in_blocks[0] for node in graph.outputs]
    return len(heads) == 1 and isinstance(heads[0], autokeras.ClassificationHead)


def labels_of_head(head: Head) -> list[Any]:
    """The labels that AutoKeras's classification head found, sorted; empty where it needs none."""
    return list(getattr(head, "_labels", None) or [])


def space_of_graph(graph: Graph) -> dict[str, Any]:
    """The search space as a JSON value: every block's configuration, without the data's part."""
    config: dict[str, Any] = graph.get_config()
    config.pop("nodes")  # Layouts and shapes follow from the data.
    for block in config["blocks"]:
        block["config"].pop("shape", None)
        block["config"].pop("num_classes", None)
    return config


def build_config(path: str) -> dict[str, Any]:
    """What KerasTuner noted of a model's input shapes."""
    config: dict[str, Any] = files.read_json(path)
    return config


def apply() -> None:
    """Puts every work-around in place; calling it again changes nothing."""
    _plain_integer_shapes()
    _atomic_json()
    forget_dropped_oracles()


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


def forget_dropped_oracles() -> None:
    """KerasTuner 1.4.8 keeps every oracle ever made, with its trials, until the program ends.

    Seen in `keras_tuner.src.engine.oracle`: LOCKS and THREADS are dictionaries whose keys are
    oracles, and nothing is ever taken out. Here the keys are weak. No upstream issue.
    """
    module = keras_tuner.src.engine.oracle
    if not isinstance(module.LOCKS, _OfOracles):
        module.LOCKS = _OfOracles(threading.Lock)
        module.THREADS = _OfOracles(lambda: None)


class _OfOracles(weakref.WeakKeyDictionary[Any, Any]):
    """Something for each oracle that is still in use, made when it is asked for first."""

    def __init__(self, make: Callable[[], Any]):
        super().__init__()
        self.make = make

    def __getitem__(self, oracle: Any) -> Any:
        return self.setdefault(oracle, self.make())

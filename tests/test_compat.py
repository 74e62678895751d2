"""Each test fails once the defect is mended upstream: then delete the work-around and the test."""

import inspect
import json

import autokeras.graph
import keras
import keras_tuner
import keras_tuner.src.engine.oracle
import keras_tuner.src.utils
import numpy as np
import pytest

from automl_kit import compat


def test_keras_still_refuses_numpy_integers_and_autokeras_still_passes_them():
    compat.apply()
    if tuple(map(int, keras.__version__.split(".")[:2])) >= (3, 12):  # Earlier ones took them.
        with pytest.raises(ValueError, match="units"):
            keras.layers.Dense(np.int64(1))

    class Head:
        shape = None

    class Node:
        shape = None

        def __init__(self):
            self.in_blocks = [Head()]

    class Graph:
        inputs = (Node(),)
        outputs = (Node(),)

    shapes = ([np.array([5, 2])], [np.array([5, 3])])
    original = autokeras.graph.Graph.set_io_shapes.__wrapped__
    original(Graph, shapes)
    assert type(Graph.outputs[0].in_blocks[0].shape[0]) is np.int64
    autokeras.graph.Graph.set_io_shapes(Graph, shapes)
    assert type(Graph.outputs[0].in_blocks[0].shape[0]) is int


def test_state_is_replaced_whole(tmp_path):
    compat.apply()
    path = tmp_path / "oracle.json"
    path.write_text('{"old": 1}')
    with pytest.raises(TypeError):
        keras_tuner.src.utils.save_json(path, {"new": object()})
    assert json.loads(path.read_text()) == {"old": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["oracle.json"]


def test_kerastuner_still_keeps_every_oracle():
    compat.apply()
    module = keras_tuner.src.engine.oracle
    source = inspect.getsource(module)
    assert "LOCKS = collections.defaultdict(lambda: threading.Lock())" in source
    assert "LOCKS.pop" not in source
    oracle = keras_tuner.oracles.RandomSearchOracle("val_loss")
    assert module.LOCKS[oracle] is module.LOCKS[oracle]
    assert module.THREADS[oracle] is None
    module.THREADS[oracle] = "here"
    assert module.THREADS[oracle] == "here"

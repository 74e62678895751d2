"""Cells as ordinary Keras layers in other people's models."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_kit.custom_blocks.darts import (
    ArchitectureParameters,
    DartsCell,
    FlatVariables,
    MixedOp,
    PlainDartsCell,
    darts_supernet,
    make_operation,
)
from automl_kit.errors import InputError

CELLS = [DartsCell, PlainDartsCell]


def functional(cell, **arguments):
    image = keras.Input((6, 6, 3))
    weights = ArchitectureParameters("normal", nodes=2)(image)
    first = cell(4, nodes=2, **arguments)([image, image, weights])
    second = cell(4, nodes=2, **arguments)([image, first, weights])
    return keras.Model(image, keras.layers.GlobalAveragePooling2D()(second))


@pytest.mark.parametrize("cell", CELLS)
def test_a_functional_model_is_saved_and_loaded(cell, tmp_path):
    model = functional(cell)
    x = np.random.default_rng(0).random((3, 6, 6, 3), "float32")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    # Two graphs of the same network may sum in another order: 2e-8 was seen in values of .1.
    expected = model.predict(x, verbose=0)
    np.testing.assert_allclose(loaded.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)
    shared = [layer for layer in loaded.layers if isinstance(layer, ArchitectureParameters)]
    assert len(shared) == 1  # both cells still share one architecture


@pytest.mark.parametrize(
    "layer",
    [
        DartsCell(4, nodes=3, ops=("none", "skip_connect"), reduction=True, partial=2),
        PlainDartsCell(4, nodes=1, reduction=True),
        MixedOp(("skip_connect", "sep_conv_3x3"), 2, 2),
        ArchitectureParameters("reduction", 3, ("none", "avg_pool_3x3"), edge_weights=True),
    ],
)
def test_configuration_round_trip(layer):
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize("cell", CELLS)
def test_a_subclassed_model_trains(cell):
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.architecture = ArchitectureParameters("reduction", nodes=1)
            self.cell = cell(4, nodes=1, reduction=True)
            self.classifier = keras.layers.Dense(2)

        def call(self, x):
            y = self.cell([x, x, self.architecture(x)])
            return self.classifier(tf.reduce_mean(y, [1, 2]))

    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).random((16, 5, 5, 2), "float32")
    y = (x.mean(axis=(1, 2, 3)) > 0.5).astype(int)
    model = Model()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.05), loss, run_eagerly=True)
    losses = model.fit(x, y, epochs=5, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("reduction", [False, True])
@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(cell, dtype, reduction):
    """Half precision is used, gives about the same, and the architecture stays in float32."""
    x = tf.constant(np.random.default_rng(0).random((4, 6, 6, 3)), "float32")
    weights = tf.nn.softmax(tf.random.stateless_normal((5, 8), (0, 0)))
    outputs = {}
    for policy in ("float32", dtype):
        keras.utils.set_random_seed(0)
        layer = cell(4, nodes=2, reduction=reduction, dtype=policy)
        with tf.GradientTape() as tape:
            tape.watch(weights)
            outputs[policy] = layer([x, x, weights])
            total = tf.reduce_sum(tf.cast(outputs[policy], "float32") ** 2)
        assert tape.gradient(total, weights).dtype == tf.float32
        assert all(variable.dtype == "float32" for variable in layer.trainable_variables)
    half = outputs[dtype]
    assert half.dtype == keras.DTypePolicy(dtype).compute_dtype
    difference = tf.cast(half, "float32") - outputs["float32"]
    assert tf.norm(difference) < 0.1 * tf.norm(outputs["float32"])


@pytest.mark.parametrize("cell", CELLS)
def test_the_output_depends_on_the_architecture(cell):
    """All weight on skip connections: a node is the sum of its sources."""
    layer = cell(4, nodes=1, ops=("none", "skip_connect", "sep_conv_3x3"))
    x = tf.constant(np.random.default_rng(0).random((4, 6, 6, 3)), "float32")
    skips = tf.constant([[0.0, 1.0, 0.0]] * 2)
    output = layer([x, x, skips])
    sources = layer.states([x, x])
    np.testing.assert_allclose(output, sources[0] + sources[1], atol=1e-5)
    zero = layer([x, x, tf.constant([[1.0, 0.0, 0.0]] * 2)])
    assert not np.any(zero)


@pytest.mark.parametrize("cell", CELLS)
def test_the_zero_operation_costs_nothing(cell):
    """A graph with it has no more image-sized operations than one without."""

    def convolutions_and_sums(ops):
        layer = cell(4, nodes=2, ops=ops)
        x = tf.zeros((2, 6, 6, 3))
        layer([x, x, tf.zeros((5, len(ops)))])
        graph = tf.function(lambda x, w: layer([x, x, w])).get_concrete_function(
            x, tf.zeros((5, len(ops)))
        )
        return sum(
            any(output.shape.rank == 4 and output.shape[0] == 2 for output in op.outputs)
            for op in graph.graph.get_operations()
        )

    ops = ("sep_conv_3x3", "max_pool_3x3")
    assert convolutions_and_sums(("none", *ops)) == convolutions_and_sums(ops)


def test_architecture_starts_near_equal_weights():
    keras.utils.set_random_seed(0)
    layer = ArchitectureParameters("normal", edge_weights=True)
    weights, edges = layer(tf.zeros((1, 2)))
    np.testing.assert_allclose(weights, 1 / 8, atol=1e-3)
    np.testing.assert_allclose(edges[:2], 1 / 2, atol=2e-3)
    np.testing.assert_allclose(edges[9:], 1 / 5, atol=2e-3)
    assert 0.0005 < np.std(layer.alpha) < 0.002


def test_flat_variables_there_and_back():
    variables = [keras.Variable(np.arange(6.0).reshape(2, 3)), keras.Variable(7.0)]
    flat = FlatVariables(variables)
    assert flat.size == 7
    vector = flat.read() * 2
    flat.write(vector)
    assert variables[0].numpy().tolist() == [[0, 2, 4], [6, 8, 10]]
    assert [part.shape for part in flat.split(tf.constant(vector))] == [(2, 3), ()]


@pytest.mark.parametrize("cell", CELLS)
def test_what_cannot_be_is_refused(cell):
    x, weights = tf.zeros((1, 6, 6, 3)), tf.zeros((2, 8))
    with pytest.raises(InputError, match="partial to divide"):
        cell(4, partial=3)
    with pytest.raises(InputError, match="besides none"):
        cell(4, ops=("none",))
    with pytest.raises(InputError, match="mixing weights"):
        cell(4, nodes=2)([x, x, weights])
    with pytest.raises(InputError, match="twice as large"):
        cell(4, nodes=1)([tf.zeros((1, 9, 9, 3)), x, weights])
    with pytest.raises(InputError, match="even number"):
        cell(3, nodes=1, reduction=True)([x, x, weights])
    with pytest.raises(InputError, match="operation"):
        cell(4, nodes=1, ops=("no_such_op", "none"))([x, x, tf.zeros((2, 2))])
    with pytest.raises(InputError, match="fixed size"):
        cell(4, nodes=1)([keras.Input((None, None, 3))] * 2 + [keras.KerasTensor((2, 8))])


def test_unknown_operations_are_named():
    with pytest.raises(InputError, match="sep_conv_3x3"):
        make_operation("conv", 4)
    assert make_operation("none", 4) is None


def test_the_network_reduces_at_one_and_two_thirds():
    network = darts_supernet((16, 16, 1), 4, filters=2, cells=6, nodes=1)
    sizes = [network.get_layer(f"cell_{n}").output.shape[1:] for n in range(6)]
    assert [size[0] for size in sizes] == [16, 16, 8, 8, 4, 4]
    assert [size[2] for size in sizes] == [2, 2, 4, 4, 8, 8]

"""Separable convolutions with gradients written by hand, beside Keras's."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_kit.custom_blocks import build_cell_network
from automl_kit.custom_blocks.separable import TrainingSeparableConv2D
from automl_kit.export.stock import to_stock
from automl_kit.spaces import Edge, Genotype

CONVOLUTIONS = ("sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5")
HAND, KERAS = True, False
STOCK = keras.layers.SeparableConv2D


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape)


def gradients(layer, x, y):
    """The output in training, and the gradients of a linear form of it."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x, training=True)
        loss = tf.reduce_sum(outputs * y)
    return [outputs, *tape.gradient(loss, [x, *(w.value for w in layer.trainable_weights)])]


@pytest.mark.parametrize(
    ("way", "size", "arguments"),
    [
        (HAND, 3, {}),
        (HAND, 5, {}),
        (HAND, 7, {}),
        (HAND, 3, {"dilation_rate": 2}),
        (HAND, 5, {"dilation_rate": 2, "activation": "relu"}),
        (KERAS, 3, {"strides": 2}),
        (KERAS, 4, {}),
        (KERAS, (3, 5), {}),
        (KERAS, 3, {"depth_multiplier": 2}),
        (KERAS, 3, {"padding": "valid"}),
    ],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_gradients_are_those_of_keras_in_float64(way, size, arguments, compiled):
    """Keras's are asked for one by one: compiled, they would be what is doubted for dilations."""
    given = {"padding": "same", "dtype": "float64", **arguments}
    layers = [kind(6, size, **given) for kind in (TrainingSeparableConv2D, STOCK)]
    x = tf.constant(normal(2, 9, 8, 4))
    for layer in layers:
        layer.build(x.shape)
        layer.set_weights([normal(*weight.shape) for weight in layer.weights])
    ours, stock = layers
    assert ours._is_by_hand is way
    y = tf.constant(normal(*stock(x).shape))
    found = (tf.function(gradients) if compiled else gradients)(ours, x, y)
    for mine, keras_own in zip(found, gradients(stock, x, y), strict=True):
        np.testing.assert_allclose(mine, keras_own, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(ours(x), stock(x))


@pytest.mark.compiled
def test_a_trained_network_of_cells_is_exported_as_keras_own_and_loaded(tmp_path):
    pairs = zip(CONVOLUTIONS[::2], CONVOLUTIONS[1::2], strict=True)
    cell = tuple((Edge(first, 0), Edge(second, 1)) for first, second in pairs)
    entry = keras.Input((9, 9, 2))
    vector = build_cell_network(entry, Genotype(cell, cell), cells=2, channels=4)
    model = keras.Model(entry, keras.layers.Dense(3)(vector))
    kinds = [type(layer) for layer in model.layers]
    assert kinds.count(TrainingSeparableConv2D) == 12  # separable ones twice, in two cells
    x, y = normal(32, 9, 9, 2).astype("float32"), normal(32, 3).astype("float32")
    model.compile("sgd", "mse", jit_compile=False)
    losses = model.fit(x, y, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    stock = to_stock(model)
    assert {type(layer).__module__.split(".")[0] for layer in stock.layers} == {"keras"}
    stock.save(tmp_path / "stock.keras")
    model.save(tmp_path / "ours.keras")
    expected = np.asarray(model(x))
    for name in ("stock", "ours"):
        loaded = keras.models.load_model(tmp_path / f"{name}.keras")
        np.testing.assert_array_equal(loaded(x), expected)
    kinds = [type(layer) for layer in loaded.layers]
    assert kinds.count(TrainingSeparableConv2D) == 12

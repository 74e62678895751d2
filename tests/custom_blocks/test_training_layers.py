"""Layers that train in another way than Keras's own, and predict and are exported as these."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_kit.custom_blocks import training_layers
from automl_kit.custom_blocks.training_layers import (
    FusedBatchNormalization,
    TrainingConv2D,
    TrainingCropping2D,
    dtype_kept,
)
from automl_kit.export.stock import to_stock


def maps(*shape):
    return np.random.default_rng(0).normal(1.0, 2.0, size=shape).astype("float32")


def pair(ours, stock, x):
    """Both layers, built, of the same weights."""
    for layer in (ours, stock):
        layer.build(x.shape)
    stock.set_weights([weight + 0.1 for weight in stock.get_weights()])
    ours.set_weights(stock.get_weights())
    return ours, stock


def gradients(layer, x, y):
    with tf.GradientTape() as tape:
        inputs = tf.constant(x)
        tape.watch(inputs)
        loss = tf.reduce_sum(tf.cast(layer(inputs, training=True), "float32") * y)
    return tape.gradient(loss, [inputs, *(weight.value for weight in layer.trainable_weights)])


@pytest.mark.parametrize("shape", [(4, 6, 5, 3), (2, 1, 1, 3), (1, 1, 1, 3)])
@pytest.mark.parametrize("affine", [True, False])
def test_normalisation_trains_as_keras_does(shape, affine):
    x, y = maps(*shape), maps(*shape)
    arguments = {"momentum": 0.9, "center": affine, "scale": affine}
    ours, stock = pair(
        FusedBatchNormalization(**arguments), keras.layers.BatchNormalization(**arguments), x
    )
    for mine, keras_own in zip(gradients(ours, x, y), gradients(stock, x, y), strict=True):
        np.testing.assert_allclose(mine, keras_own, atol=2e-4)
    np.testing.assert_allclose(ours(x, training=True), stock(x, training=True), atol=1e-4)
    for mine, keras_own in zip(ours.get_weights(), stock.get_weights(), strict=True):
        np.testing.assert_allclose(mine, keras_own, atol=1e-5)
    np.testing.assert_array_equal(ours(x, training=False), stock(x, training=False))


def test_a_frozen_normalisation_keeps_its_averages():
    x = maps(4, 3, 3, 2)
    layer = FusedBatchNormalization(trainable=False)
    np.testing.assert_allclose(layer(x, training=True), x / np.sqrt(1.001), rtol=1e-5)
    np.testing.assert_array_equal(layer.moving_mean, [0.0, 0.0])


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_convolution_trains_in_the_dtype_of_the_machine(dtype, monkeypatch):
    """bfloat16 has 8 bits: gradients are right within half a hundredth of the largest."""
    monkeypatch.setattr(training_layers, "training_dtype", lambda: dtype)
    x, y = maps(4, 6, 6, 3), maps(4, 3, 3, 8)
    arguments = {"strides": 2, "padding": "same"}
    ours, stock = pair(TrainingConv2D(8, 3, **arguments), keras.layers.Conv2D(8, 3, **arguments), x)
    assert ours(x, training=True).dtype == dtype
    assert all(weight.dtype == "float32" for weight in ours.weights)
    for mine, keras_own in zip(gradients(ours, x, y), gradients(stock, x, y), strict=True):
        most = np.abs(keras_own).max() * (1e-6 if dtype == "float32" else 2e-2)
        np.testing.assert_allclose(mine, keras_own, atol=most)
    np.testing.assert_array_equal(ours(x, training=False), stock(x, training=False))


def test_bfloat16_passes_through_a_network_and_its_export_is_keras_own(monkeypatch):
    monkeypatch.setattr(training_layers, "training_dtype", lambda: "bfloat16")
    entry = keras.Input((8, 8, 3))
    tensor = FusedBatchNormalization()(TrainingConv2D(4, 3, use_bias=False)(entry))
    tensor = dtype_kept(keras.layers.ReLU())(tensor)
    inner = keras.Model(entry, tensor)
    assert inner(maps(2, 8, 8, 3), training=True).dtype == tf.bfloat16
    model = keras.Model(entry, keras.layers.GlobalAveragePooling2D()(tensor))
    model.compile("sgd", "mse")
    x = maps(16, 8, 8, 3)
    model.fit(x, maps(16, 4), verbose=0)
    assert model(x, training=True).dtype == model(x).dtype == tf.float32
    stock = to_stock(model)
    assert {type(layer).__module__.split(".")[0] for layer in stock.layers} == {"keras"}
    np.testing.assert_array_equal(stock(x), model(x))


def test_normalisation_in_float64_is_keras_own():
    x = maps(4, 3, 3, 2).astype("float64")
    ours, stock = pair(
        FusedBatchNormalization(dtype="float64"),
        keras.layers.BatchNormalization(dtype="float64"),
        x,
    )
    np.testing.assert_array_equal(ours(x, training=True), stock(x, training=True))
    assert ours(x, training=True).dtype == "float64"


@pytest.mark.parametrize("cut", [((1, 0), (1, 0)), ((0, 2), (1, 1)), ((0, 0), (3, 0))])
def test_cropping_trains_as_keras_does_and_is_exported_as_its(cut):
    x = maps(2, 5, 6, 3)
    ours, stock = TrainingCropping2D(cut), keras.layers.Cropping2D(cut)
    y = maps(*stock(x).shape)
    np.testing.assert_array_equal(ours(x, training=True), stock(x))
    np.testing.assert_array_equal(*(gradients(layer, x, y)[0] for layer in (ours, stock)))
    entry = keras.Input(x.shape[1:])
    exported = to_stock(keras.Model(entry, ours(entry)))
    assert type(exported.layers[-1]) is keras.layers.Cropping2D
    np.testing.assert_array_equal(exported(x), stock(x))


def test_a_dtype_policy_of_the_user_is_kept():
    layer = TrainingConv2D(2, 3, dtype="mixed_float16")
    assert layer(maps(1, 4, 4, 1), training=True).dtype == tf.float16


def test_the_dtype_follows_from_the_machine(monkeypatch, tmp_path):
    told = tmp_path / "cpuinfo"
    monkeypatch.setattr(training_layers, "_PROCESSOR", told)
    ask = training_layers.training_dtype.__wrapped__
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    assert ask() == "float32"  # no such file, as on macOS and Windows
    told.write_text("flags : fpu avx512_bf16\n")
    assert ask() == "float32"
    told.write_text("flags : fpu amx_bf16 amx_tile\n")
    assert ask() == "bfloat16"
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert ask() == "float32"
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["GPU"])
    assert ask() == "float32"

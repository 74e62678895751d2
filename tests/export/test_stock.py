import keras
import numpy as np
import pytest
from autokeras.keras_layers import CastToFloat32, ExpandLastDim

from automl_kit.custom_blocks.muon import Muon
from automl_kit.errors import ExportError
from automl_kit.export import require_stock, to_stock

layers = keras.layers


class Doubled(layers.Layer):
    def call(self, inputs):
        return 2 * inputs

    def compute_output_shape(self, input_shape):
        return input_shape


def my_activation(x):
    return x


def model_of(*stack: keras.Layer, shape=(5,)) -> keras.Model:
    entry = value = keras.Input(shape)
    for layer in stack:
        value = layer(value)
    return keras.Model(entry, value)


def test_autokeras_layers_are_rewritten_with_the_same_numbers():
    inner = model_of(CastToFloat32(name="cast"), ExpandLastDim(name="expand"), layers.Conv1D(4, 3))
    model = model_of(CastToFloat32(), inner, layers.Flatten(), layers.Dense(3))
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(20, 5)).astype("float32")
    model.fit(x, np.ones((20, 3)), verbose=0)
    stock = to_stock(model)
    np.testing.assert_array_equal(stock.predict(x, verbose=0), model.predict(x, verbose=0))
    assert not stock.compiled
    assert "Custom>" not in str(keras.saving.serialize_keras_object(stock))
    assert [w.path for w in stock.weights] == [w.path for w in model.weights]
    assert all(a is b for a, b in zip(stock.weights, model.weights, strict=True))


def test_how_parts_were_trained_is_left_out():
    inner = model_of(layers.Dense(2))
    inner.compile(Muon(), "mse")
    stock = to_stock(model_of(inner))
    assert "Muon" not in str(keras.saving.serialize_keras_object(stock))


def test_what_is_not_keras_is_refused_by_name():
    nested = model_of(model_of(Doubled(name="twice")))
    for model in (model_of(Doubled(name="twice")), nested):
        with pytest.raises(ExportError, match=r"layer 'twice' \(.*Doubled\).*not part of Keras"):
            to_stock(model)
        with pytest.raises(ExportError, match="layer 'twice'"):
            require_stock(model)
    with pytest.raises(ExportError, match=r"holds function \("):
        to_stock(model_of(layers.Dense(2, activation=my_activation)))
    with pytest.raises(ExportError, match="Lambda"):
        to_stock(model_of(layers.Lambda(lambda x: x)))
    with pytest.raises(ExportError, match="Doubled"):
        to_stock(model_of(layers.TimeDistributed(Doubled()), shape=(4, 2)))


def test_subclassed_models_are_refused():
    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(ExportError, match="not a functional"):
        to_stock(Own())


def test_sequential_networks_and_operations_pass():
    model = keras.Sequential([keras.Input((4,)), CastToFloat32(), layers.Dense(2)])
    stock = to_stock(model)
    x = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(stock(x), model(x))
    entry = keras.Input((4,))
    require_stock(keras.Model(entry, keras.ops.tanh(entry) + 1))

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_kit.export import predict_in_batches
from automl_kit.export.predicting import specs


class Batches(keras.layers.Layer):
    """Gives the number of rows of the batch it is called on, a row."""

    def call(self, x):
        return tf.ones_like(x) * tf.cast(tf.shape(x)[0], x.dtype)


def doubling(dtype="float32") -> keras.Model:
    entry = keras.Input((1,), dtype=dtype, name="x")
    return keras.Model(entry, keras.ops.cast(entry, "float32") * 2.0)


@pytest.mark.parametrize("rows", [1, 6, 7, 15])
def test_every_row_once_in_its_place(rows):
    raw = np.arange(rows, dtype="float32")[:, None]
    np.testing.assert_array_equal(predict_in_batches(doubling(), raw, batch_size=7), raw * 2)


def test_all_batches_have_one_size():
    entry = keras.Input((1,))
    model = keras.Model(entry, Batches()(entry))
    raw = np.zeros((15, 1), "float32")
    assert predict_in_batches(model, raw, batch_size=7).ravel().tolist() == [7.0] * 15
    assert predict_in_batches(model, raw[:1]).tolist() == [[64.0]]


def test_a_row_is_answered_alone_as_among_others(table):
    whole = predict_in_batches(table.model, table.raw)
    for row in (0, 3, 39):
        alone = {name: values[[row]] for name, values in table.raw.items()}
        np.testing.assert_array_equal(predict_in_batches(table.model, alone), whole[[row]])


def test_values_are_cast_to_the_input():
    raw = np.array([[0], [200], [255]], np.uint8)
    assert predict_in_batches(doubling(), raw).ravel().tolist() == [0.0, 400.0, 510.0]
    assert predict_in_batches(doubling("int32"), raw).ravel().tolist() == [0.0, 400.0, 510.0]


def test_inputs_by_name_whatever_their_order():
    inputs = {name: keras.Input((1,), name=name, dtype=dtype) for name, dtype in KINDS.items()}
    length = keras.layers.StringLookup(vocabulary=["a", "b"])(inputs["word"])
    model = keras.Model(inputs, inputs["number"] * 10.0 + keras.ops.cast(length, "float32"))
    raw = {
        "word": np.array([["b"], [""], ["a"]], object),
        "number": np.float32([[1], [2], [3]]),
        "unused": np.float32([[9], [9], [9]]),
    }
    assert predict_in_batches(model, raw, batch_size=2).ravel().tolist() == [12.0, 20.0, 31.0]


KINDS = {"number": "float32", "word": "string"}


def test_specs_have_the_models_structure(table, text):
    assert specs(text.model) == tf.TensorSpec((None, 1), tf.string, name="text")
    assert {name: spec.dtype.name for name, spec in specs(table.model).items()} == {
        "age_years": "float32",
        "member": "float32",
        "city": "string",
        "joined": "float32",
    }


def test_it_traces_once_and_keeps_no_model_alive():
    traced = []

    class Spy(keras.layers.Layer):
        def call(self, x):
            traced.append(x.shape)
            return x

    entry = keras.Input((1,))
    model = keras.Model(entry, Spy()(entry))
    traced.clear()  # building has called it too
    for rows in (1, 3, 100):
        predict_in_batches(model, np.zeros((rows, 1), "float32"))
    predict_in_batches(model, np.zeros((5, 1), "float32"), batch_size=2)
    assert len(traced) == 1
    held = weakref.ref(model)
    del model, entry
    gc.collect()
    assert held() is None

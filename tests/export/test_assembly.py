import autokeras as ak
import keras
import keras_tuner
import numpy as np
import pytest

from automl_kit.errors import ExportError
from automl_kit.export import assemble, predict_in_batches
from tests.export.conftest import classification

layers = keras.layers
TWO = classification(["no", "yes"])


def test_two_columns_out_of_one_sigmoid(image):
    got = predict_in_batches(image.model, image.raw)
    p = image.network.predict(image.raw, verbose=0)
    np.testing.assert_allclose(got, np.hstack([1 - p, p]), atol=1e-6)


def test_inputs_and_output(table, text, image):
    assert set(table.model.input) == {"age_years", "member", "city", "joined"}
    assert text.model.input.dtype == "string"
    assert tuple(image.model.input.shape) == (None, None, None, 3)
    for case in (table, text, image):
        assert case.model.output_names == ["probabilities"]
        assert case.model.output.dtype == "float32"
        assert tuple(case.model.output.shape) == (None, len(case.classes))


def test_shares_the_weights(table):
    assert {id(w) for w in table.network.weights} <= {id(w) for w in table.model.weights}


def test_a_plain_call_does_not_augment(image):
    first, second = (np.asarray(image.model(image.raw)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first, image.expected, atol=1e-6)
    trained = [np.asarray(image.model(image.raw, training=True)) for _ in range(2)]
    assert np.abs(trained[0] - trained[1]).max() > 1e-4  # fine-tuning still augments


def test_resized_pixels_are_not_cut_to_bytes():
    entry = keras.Input((None, None, 1), name="image")
    encoder = keras.Model(entry, layers.Resizing(1, 1)(entry))
    given = keras.Input((1, 1, 1), dtype="uint8")
    value = layers.Flatten()(layers.Rescaling(0.01)(given))
    model = assemble(encoder, keras.Model(given, layers.Concatenate()([value, value])), TWO)
    pixels = np.array([10, 11, 10, 11], np.uint8).reshape(1, 2, 2, 1)
    assert predict_in_batches(model, pixels)[0, 0] == pytest.approx(0.105)


def test_integer_tokens_into_a_float_network(text):
    tokens = keras.Input((6,), dtype="float32")
    output = layers.Dense(2, activation="softmax")(tokens)
    network = keras.Model(tokens, output)
    model = assemble(text.encoder, network, TWO)
    encoded = predict_in_batches(text.encoder, text.raw)
    np.testing.assert_allclose(
        predict_in_batches(model, text.raw), network.predict(encoded * 1.0, verbose=0), atol=1e-6
    )


def test_network_of_autokeras_blocks():
    node = ak.Input()
    graph = ak.graph.Graph(
        inputs=[node],
        outputs=[ak.ClassificationHead(num_classes=3, dropout=0.0)(ak.DenseBlock()(node))],
    )
    graph.inputs[0].shape, graph.outputs[0].in_blocks[0].shape = (4,), (3,)
    network = graph.build(keras_tuner.HyperParameters())
    assert "CastToFloat32" in str([type(layer) for layer in network.layers])
    entry = {name: keras.Input((1,), name=name) for name in ("a", "b", "c", "d")}
    model = assemble(
        keras.Model(entry, layers.Concatenate()(list(entry.values()))),
        network,
        classification([1, 2, 3]),
    )
    x = np.random.default_rng(0).normal(size=(9, 4)).astype("float32")
    raw = {name: x[:, [i]] for i, name in enumerate(entry)}
    np.testing.assert_allclose(
        predict_in_batches(model, raw), network.predict(x, verbose=0), atol=1e-6
    )
    assert all(type(layer).__module__.startswith("keras.") for layer in model.layers)


def test_parts_that_do_not_fit(table, text):
    with pytest.raises(ExportError, match="does not fit"):
        assemble(text.encoder, table.network, TWO)
    entry = keras.Input((6,), dtype="int32")
    with pytest.raises(ExportError, match=r"expected shape \(n, 2\)"):
        assemble(text.encoder, keras.Model(entry, layers.Embedding(99, 3)(entry)), TWO)

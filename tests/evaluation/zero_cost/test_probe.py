"""Networks are run for scores without a change to them."""

import random

import keras
import numpy as np
import pytest
from keras import layers

from automl_kit.custom_blocks.drop_path import DropPath
from automl_kit.custom_blocks.submodels import mean_of_submodels
from automl_kit.custom_blocks.views import MeanOfViews, ViewsBeside
from automl_kit.errors import InputError
from automl_kit.evaluation.zero_cost import SCORES, zero_cost_scores
from automl_kit.evaluation.zero_cost.probe import Probe

RNG = np.random.default_rng(0)
X = RNG.normal(size=(8, 6, 6, 2)).astype("float32")
Y = np.eye(3, dtype="float32")[np.arange(8) % 3]


def images():
    """A network of everything that training changes or draws."""
    entry = keras.Input((6, 6, 2))
    x = layers.RandomFlip()(entry)
    for _ in range(2):
        x = layers.Conv2D(4, 3, padding="same")(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = DropPath(0.5)(layers.Dropout(0.5)(x))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(entry, layers.Dense(3, "softmax")(x))


def test_weights_state_and_generators_are_as_they_were():
    keras.utils.set_random_seed(3)
    model = images()
    before = [np.array(value) for value in model.get_weights()]
    policies = [layer.dtype_policy.name for layer in model.layers]
    state = random.getstate(), str(np.random.get_state())
    first = zero_cost_scores(model, X, Y, SCORES)
    assert (random.getstate(), str(np.random.get_state())) == state
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert policies == [layer.dtype_policy.name for layer in model.layers]
    drawn = np.asarray(keras.random.uniform((3,)))
    keras.utils.set_random_seed(3)
    images()
    np.testing.assert_array_equal(drawn, np.asarray(keras.random.uniform((3,))))
    assert zero_cost_scores(model, X, Y, SCORES) == first
    assert list(first) == list(SCORES)


def test_batches_are_normalised_and_nothing_is_dropped():
    model = images()
    plain = keras.Sequential(
        [
            layer
            for layer in model.layers
            if not isinstance(layer, layers.Dropout | DropPath | layers.RandomFlip)
        ]
    )
    moved = [np.array(value) for value in model.get_weights()]
    (outputs,) = Probe(model, X).run(logits=False)
    expected = plain(X, training=True)  # which moves the averages of batches
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-6)
    model.set_weights(moved)
    heard = []
    Probe(model, X).run(normalise=False, hear=lambda op, given, gave: heard.append((op, gave)))
    assert not any(isinstance(op, layers.BatchNormalization) for op, _ in heard)
    relus = [gave[0] for op, gave in heard if isinstance(op, layers.ReLU)]
    first = next(layer for layer in model.layers if isinstance(layer, layers.Conv2D))
    np.testing.assert_allclose(relus[0], np.maximum(first(X), 0), rtol=1e-5, atol=1e-6)


def _dense(entry):
    return layers.Dense(3, name="last")(entry)


@pytest.mark.parametrize(
    "end",
    [
        lambda entry: layers.Softmax()(_dense(entry)),
        lambda entry: layers.Dense(3, "softmax", name="last")(entry),
        lambda entry: layers.Dense(3, "sigmoid", name="last")(entry),
        lambda entry: keras.ops.softmax(_dense(entry)),
        lambda entry: layers.Reshape((3,))(layers.Activation("softmax")(_dense(entry))),
        lambda entry: keras.Sequential([layers.Dense(3, "softmax", name="last")])(entry),
    ],
    ids=["layer", "activation", "sigmoid", "operation", "reshaped", "nested"],
)
def test_the_last_softmax_is_left_out(end):
    entry = keras.Input((4,))
    model = keras.Model(entry, end(entry))
    x = RNG.normal(size=(5, 4)).astype("float32")
    (outputs,) = Probe(model, x).run()
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(outputs, x @ kernel + bias, rtol=1e-5, atol=1e-6)


def test_submodels_give_the_mean_of_their_logits_and_views_are_not_taken():
    entry = keras.Input((2, 3))
    model = keras.Model(entry, mean_of_submodels(entry, 2, "label"))
    x = RNG.normal(size=(5, 2, 3)).astype("float32")
    kernel, bias = model.get_weights()
    expected = (np.einsum("nkd,kdc->nkc", x, kernel) + bias).mean(axis=1)
    np.testing.assert_allclose(Probe(model, x).run()[0], expected, rtol=1e-4, atol=1e-5)

    entry = keras.Input((4, 4, 1))
    views = [([], 0), ([2], 1)]
    vector = layers.GlobalMaxPooling2D()(layers.Flatten()(entry)[:, None, :, None])
    seen = layers.GlobalMaxPooling2D()(ViewsBeside(views)(entry))
    model = keras.Model(entry, [MeanOfViews(2)(seen), vector])
    x = RNG.normal(size=(3, 4, 4, 1)).astype("float32")
    one, other = Probe(model, x).run()
    np.testing.assert_allclose(one, other)


def test_what_cannot_be_run_is_told():
    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(InputError, match="need the graph of a built functional or sequential"):
        Probe(Own(), X)
    with pytest.raises(InputError, match=r"takes rows of shape \(6, 6, 2\); got \(5, 6, 2\)"):
        Probe(images(), X[:, 1:])
    with pytest.raises(InputError, match="has 1 inputs; got 2 arrays"):
        Probe(images(), [X, X])
    words = keras.Input((1,), dtype="string")
    ids = layers.StringLookup(vocabulary=["a", "b"], output_mode="multi_hot")(words)
    with pytest.raises(InputError, match="takes strings"):
        Probe(keras.Model(words, layers.Dense(1)(ids)), np.array([["a"]]))
    with pytest.raises(InputError, match="among flops, parameters"):
        zero_cost_scores(images(), X, scores=("flops", "size"))

"""Networks side by side: each member gives what its network gives alone, exported too."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from automl_kit.custom_blocks.submodels import Submodels, mean_of_submodels
from automl_kit.evaluation.members.conversions import NotStackableError
from automl_kit.evaluation.members.parts import cut
from automl_kit.evaluation.members.side_by_side import load_together
from automl_kit.evaluation.members.stacking import stack
from automl_kit.export.stock import to_stock

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.normal(size=(5, 6)).astype("float32")
IDS = RANDOM.integers(0, 4, (5, 6)).astype("int32")


def mlp(x):
    return layers.Dense(3, activation="softmax")(layers.Dropout(0.3)(layers.Dense(4, "relu")(x)))


def residual(x):
    x = layers.Dense(4, use_bias=False)(x)
    return layers.Add()([x, layers.Dense(4)(layers.LayerNormalization()(x))])


def normalised(x):
    return layers.BatchNormalization(momentum=0.9)(layers.Dense(4, activation="tanh")(x))


def many_factors(x):
    many = layers.EinsumDense("nd,md->nmd", output_shape=(2, 6))(x)
    dropped = layers.Dropout(0.5, noise_shape=(None, 2, 1))(layers.Dense(3)(many))
    return ops.mean(dropped, axis=1)


def waves(x):
    angles = layers.EinsumDense("nf,fk->nfk", output_shape=(6, 2), bias_axes="fk")(x)
    joined = layers.Concatenate()([ops.sin(angles), ops.cos(angles)])
    return layers.Flatten()(joined)


def columns(x):
    hidden = layers.Dense(4)(x)
    first, rest = hidden[:, :1], hidden[:, 1:]
    taken = ops.take(hidden, [3, 0], axis=1)
    grown = ops.max(ops.expand_dims(rest, -1) * 2.0 - 1.0, axis=-1)
    return layers.Concatenate(axis=1)([ops.maximum(first, taken), layers.ReLU()(grown)])


def tokens(x):
    vectors = layers.Embedding(4, 3)(x)
    seen = ops.cast(ops.expand_dims(x > 1, -1), "float32")
    return layers.Dense(2)(ops.sum(vectors * seen, axis=1))


def submodels(x):
    many = layers.EinsumDense("nd,md->nmd", output_shape=(2, 6))(x)
    return mean_of_submodels(Submodels()(layers.Dense(4)(many)), 3, "label")


NETWORKS = [mlp, residual, normalised, many_factors, waves, columns, tokens, submodels]


def build(make):
    data = IDS if make is tokens else ROWS
    x = keras.Input(data.shape[1:], dtype=data.dtype.name)
    model = keras.Model(x, make(x))
    model.compile("sgd", "mse")
    return model, data


def drawn(model):
    """The weights of three networks, none of them as it was."""
    return [
        np.abs(RANDOM.normal(size=(3, *weight.shape))).astype("float32")
        if "variance" in weight.name
        else RANDOM.normal(size=(3, *weight.shape)).astype("float32")
        for weight in model.weights
    ]


@pytest.mark.parametrize("make", NETWORKS, ids=lambda make: make.__name__)
def test_a_member_is_its_network(make, tmp_path):
    """In the stack, in their mean, and in the mean of stock layers that is read from its file."""
    model, data = build(make)
    front = [np.array(weight.value) for weight in cut(model).front.weights]
    weights = drawn(cut(model).back)
    alone = []
    for member in range(3):
        back = cut(model).back
        back.set_weights([weight[member] for weight in weights])
        alone.append(np.asarray(model(data)))
    stacked = stack(cut(model).back, 3)
    for variable, values in zip(stacked.weights, weights, strict=True):
        variable.assign(values.reshape(variable.shape))
    inputs = [np.stack([x] * 3) for x in keras.tree.flatten(cut(model).front(data))]
    given = inputs if len(inputs) > 1 else inputs[0]
    np.testing.assert_allclose(stacked.network(given), alone, atol=1e-5)

    mean = load_together(build(make)[0], [*front, *weights])
    np.testing.assert_allclose(mean(data), np.mean(alone, axis=0), atol=1e-5)
    to_stock(mean).save(tmp_path / "mean.keras")
    read = keras.models.load_model(tmp_path / "mean.keras")
    np.testing.assert_allclose(read(data), np.mean(alone, axis=0), atol=1e-5)


def test_batch_statistics_are_each_members_own():
    x = keras.Input((6,))
    model = keras.Model(x, normalised(x))
    stacked = stack(model, 2)
    batches = RANDOM.normal(size=(2, 5, 6)).astype("float32")
    weights = [np.stack([weight.value, weight.value]) for weight in model.weights]
    for variable, values in zip(stacked.weights, weights, strict=True):
        variable.assign(values.reshape(variable.shape))
    together = np.asarray(stacked.network(batches, training=True))
    for member in range(2):
        model.set_weights([values[member] for values in weights])
        np.testing.assert_allclose(
            together[member], model(batches[member], training=True), atol=1e-5
        )
        for weight, variable in zip(model.weights, stacked.weights, strict=True):
            now = np.asarray(variable.value)[member].reshape(weight.shape)
            np.testing.assert_allclose(now, weight.value, atol=1e-6)


def test_dropout_drops_its_share_and_keeps_the_mean():
    x = keras.Input((400,))
    stacked = stack(keras.Model(x, layers.Dropout(0.25)(x)), 2)
    (layer,) = stacked.dropouts
    layer.rates.assign([0.25, 0.5])
    layer.seeds = np.array([[1, 0], [2, 0]], "int32")
    ones = np.asarray(stacked.network(np.ones((2, 100, 400), "float32"), training=True))
    assert np.mean(ones == 0, axis=(1, 2)) == pytest.approx([0.25, 0.5], abs=0.01)
    assert ones.mean(axis=(1, 2)) == pytest.approx([1, 1], abs=0.01)
    np.testing.assert_allclose(np.unique(ones), [0, 4 / 3, 2], rtol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: ops.mean(layers.Dense(3)(x), axis=0, keepdims=True),
        lambda x: layers.LayerNormalization(axis=1, scale=False)(layers.Dense(3)(x)),
        lambda x: layers.GaussianNoise(0.1)(layers.Dense(3)(x)),
        lambda x: layers.Dense(3)(layers.LSTM(2)(ops.expand_dims(x, -1))),
        lambda x: layers.Dense(3, kernel_constraint="non_neg")(x),
    ],
    ids=["rows", "no scale", "noise", "recurrent", "constraint"],
)
def test_what_has_no_twin_is_refused(make):
    model, _ = build(make)
    with pytest.raises(NotStackableError):
        stack(cut(model).back, 2)


def test_a_network_is_cut_before_what_is_trained():
    x = keras.Input((6,))
    scaled = ops.clip(layers.Rescaling(2.0)(x), -1.0, 1.0)
    model = keras.Model(x, layers.Dense(3)(layers.Concatenate()([scaled, scaled[:, :2]])))
    parts = cut(model)
    assert not parts.front.weights
    assert parts.front.output.shape == (None, 8)
    assert [weight.path for weight in parts.back.weights] == [w.path for w in model.weights]
    np.testing.assert_allclose(parts.back(parts.front(ROWS)), model(ROWS), atol=1e-6)

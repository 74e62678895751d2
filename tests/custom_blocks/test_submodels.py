"""Submodels with a loss of their own: in training alone, compiled or not, and in no export."""

import keras
import keras_tuner
import numpy as np
import pytest
from autokeras.graph import Graph

from automl_kit.custom_blocks import ClassificationHead, EnsembleBlock, TableInput
from automl_kit.custom_blocks.submodels import MeanOfSubmodels, SubmodelLoss, Submodels
from automl_kit.export.stock import to_stock

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(12, 4)).astype("float32")
Y = np.eye(3, dtype="float32")[np.arange(12) % 3]


def built(**others):
    entry = TableInput(name="table")
    block = EnsembleBlock(members=2, depth=1, width=5, dropout=0.0, name="ensemble")
    head = ClassificationHead(name="label", dropout=0.0, **others)
    graph = Graph(entry, head(block(entry))[0])
    graph.inputs[0].shape, head.shape = (4,), (np.int64(3),)
    graph.num_samples, graph.epochs = 12, 1
    return graph.build(keras_tuner.HyperParameters()), head


@pytest.fixture
def model():
    return built()[0]


def logits_of(model, x=X):
    (mean,) = (layer for layer in model.layers if isinstance(layer, MeanOfSubmodels))
    return keras.Model(model.inputs, mean.input)(x)


def test_the_mean_of_their_probabilities_predicts(model):
    logits = np.asarray(logits_of(model), "float64")
    each = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(model(X), each.mean(axis=1), atol=1e-6)
    np.testing.assert_allclose(to_stock(model)(X), each.mean(axis=1), atol=1e-6)


def test_each_is_trained_by_its_own_loss_and_the_mean_is_judged(model):
    """By Keras's `fit`, of the same weights: learning rate 0."""
    logits = np.asarray(logits_of(model), "float64")
    each = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    weights = np.linspace(0.5, 2, 12)
    own = -np.log((each * Y[:, None]).sum(axis=-1)).mean(axis=1)
    of_mean = -np.log((each.mean(axis=1) * Y).sum(axis=-1))
    model.compile(keras.optimizers.SGD(0.0), model.loss)
    logs = model.fit(
        X, Y, sample_weight=weights, batch_size=12, epochs=1, validation_data=(X, Y, weights),
        verbose=0,
    ).history  # fmt: skip
    assert logs["loss"][0] == pytest.approx(np.mean(own * weights), rel=1e-5)
    assert logs["val_loss"][0] == pytest.approx(np.mean(of_mean * weights), rel=1e-5)
    assert np.mean(own) > np.mean(of_mean) + 1e-3


def test_a_submodel_learns_nothing_of_the_others(model):
    """What moves its last layer is the same, whatever the other one says."""
    import tensorflow as tf

    (last,) = (layer for layer in model.layers if isinstance(layer, keras.layers.EinsumDense)
               if layer.equation == "nkd,kdc->nkc")  # fmt: skip

    def gradient():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(
                SubmodelLoss("categorical_crossentropy").call(Y, model(X, training=True))
            )
        return np.asarray(tape.gradient(loss, last.kernel.value))

    before = gradient()
    bias = np.array(last.bias)
    bias[1] += [5.0, 0.0, -5.0]
    last.bias.assign(bias)
    after = gradient()
    np.testing.assert_allclose(after[0], before[0], atol=1e-7)
    assert np.abs(after[1] - before[1]).max() > 0.01


def test_the_loss_given_is_each_ones_and_a_plain_head_keeps_it():
    smooth = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    model, head = built(loss=smooth)
    assert keras.tree.flatten(model.loss)[0].loss is smooth
    told = keras.losses.deserialize(head.get_config()["loss"])
    assert type(told) is keras.losses.CategoricalCrossentropy  # Not how the last network was built.
    loss = SubmodelLoss.from_config(SubmodelLoss(smooth).get_config())
    assert loss.loss.label_smoothing == 0.1
    tensor = keras.Input((4,))
    head.build(keras_tuner.HyperParameters(), tensor)
    assert head.loss is smooth


def test_without_a_head_behind_it_the_mean_of_the_vectors_is_given():
    block = EnsembleBlock(members=2, depth=1, width=5, dropout=0.0, member_dropout=0.0)
    built = block.build(keras_tuner.HyperParameters(), keras.Input((4,)))
    assert built.shape == (None, 5)
    assert not isinstance(built._keras_history.operation, Submodels)

"""The auxiliary classifier: in the loss of training, in nothing else."""

import json

import keras
import keras_tuner
import numpy as np
import pytest
from autokeras.graph import Graph

from automl_kit.custom_blocks import (
    AuxiliaryClassifier,
    AuxiliaryLoss,
    CellBlock,
    ClassificationHead,
    ImageInput,
)
from automl_kit.errors import InputError
from automl_kit.export.stock import to_stock
from automl_kit.spaces import Edge, Genotype

NODE = (Edge("skip_connect", 0), Edge("nor_conv_1x1", 1))
X = np.random.default_rng(0).normal(size=(24, 6, 6, 1)).astype("float32")
Y = np.eye(3, dtype="float32")[np.arange(24) % 3]


def make_graph():
    entry = ImageInput(name="image")
    cells = CellBlock(
        genotype=Genotype((NODE,)), cells=1, channels=2, drop_path=0.0, auxiliary=True, name="cells"
    )
    return Graph(entry, ClassificationHead(name="label", dropout=0.0)(cells(entry))[0])


def built(graph):
    graph.inputs[0].shape, graph.outputs[0].in_blocks[0].shape = (6, 6, 1), (np.int64(3),)
    graph.num_samples, graph.epochs = 24, 1
    keras.utils.set_random_seed(0)
    return graph.build(keras_tuner.HyperParameters())


@pytest.fixture(scope="module")
def model():
    return built(make_graph())


def cross_entropy(probabilities):
    return -np.log((np.asarray(probabilities) * Y).sum(axis=1))


def test_training_adds_its_loss_and_validation_does_not(model):
    """Of the same weights, by hand: learning rate 0, and the batch's statistics in training."""
    (second,) = (layer for layer in model.layers if isinstance(layer, AuxiliaryClassifier))
    inside = keras.Model(model.inputs, second.input)
    probabilities, earlier = inside(X, training=True)
    logits = second.network(earlier, training=True)
    main, other = cross_entropy(probabilities), cross_entropy(keras.ops.softmax(logits))
    weights = np.linspace(0.5, 2, 24)
    before = model.get_weights()
    model.compile(keras.optimizers.SGD(0.0), model.loss, metrics=["accuracy"])
    history = model.fit(X, Y, 24, sample_weight=weights, verbose=0).history
    expected = np.sum(weights * (main + 0.4 * other)) / 24
    assert history["loss"] == [pytest.approx(expected, rel=1e-4)]
    assert np.mean(other) > 0.1
    model.set_weights(before)
    evaluated = model.evaluate(X, Y, batch_size=24, verbose=0)
    assert evaluated[0] == pytest.approx(
        cross_entropy(model.predict(X, verbose=0)).mean(), rel=1e-4
    )


def test_it_learns_and_the_cells_below_learn_of_it():
    model = built(make_graph())
    (second,) = (layer for layer in model.layers if isinstance(layer, AuxiliaryClassifier))
    before = [variable.numpy() for variable in second.trainable_variables]
    model.compile(keras.optimizers.SGD(0.1), model.loss, run_eagerly=True)
    model.fit(X, Y, 24, epochs=1, verbose=0)
    for variable, value in zip(second.trainable_variables, before, strict=True):
        assert not np.array_equal(variable, value), variable.path
    # The weights of two networks of one seed differ by what the second loss says.
    alone = built(make_graph())
    loss = keras.losses.CategoricalCrossentropy()
    alone.compile(keras.optimizers.SGD(0.1), loss, run_eagerly=True)
    alone.fit(X, Y, 24, epochs=1, verbose=0)
    first, other = (network.trainable_variables[0].numpy() for network in (model, alone))
    assert not np.allclose(first, other, atol=1e-6)


def test_the_export_has_one_output_of_stock_layers_without_it(model, tmp_path):
    assert [output.shape for output in model.outputs] == [(None, 3)]
    assert model.output_names == ["label"]
    stock = to_stock(model)
    assert not any(isinstance(layer, AuxiliaryClassifier) for layer in stock.layers)
    (second,) = (layer for layer in model.layers if isinstance(layer, AuxiliaryClassifier))
    assert stock.count_params() == model.count_params() - second.count_params()
    stock.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(X, verbose=0), model.predict(X, verbose=0), atol=1e-6)


def test_a_graph_with_it_is_configured_through_json():
    graph = make_graph()
    copy = Graph.from_config(json.loads(json.dumps(graph.get_config())))
    assert copy.get_config() == graph.get_config()
    cells_copy, head_copy = copy.blocks
    assert cells_copy.auxiliary
    assert isinstance(head_copy.loss, AuxiliaryLoss)
    assert not isinstance(head_copy.loss.loss, AuxiliaryLoss)
    assert built(copy).count_params() == built(graph).count_params()


def test_what_is_no_map_is_told():
    entry = ImageInput(name="image")
    with pytest.raises(InputError, match=r"takes one tensor, and perhaps a map .*; got 3 nodes"):
        ClassificationHead(name="label")([entry] * 3)
    head = ClassificationHead(name="label", dropout=0.0)
    head.shape = (2,)
    tensors = [keras.Input((4,)), keras.Input((5,))]
    with pytest.raises(InputError, match=r"beside its tensor; got one of shape \(None, 5\)"):
        head.build(keras_tuner.HyperParameters(), tensors)
    with pytest.raises(InputError, match=r"auxiliary_weight must be 0 or more. Received: -1"):
        ClassificationHead(auxiliary_weight=-1)

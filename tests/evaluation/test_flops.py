"""FLOPs of networks, counted by hand."""

import keras
import keras_tuner
import numpy as np
import pytest
from keras import layers

from automl_kit.custom_blocks.linear_layer import Linear
from automl_kit.custom_blocks.views import MeanOfViews, ViewsBeside
from automl_kit.errors import InputError
from automl_kit.evaluation.flops import flops
from automl_kit.tuners import Pareto, RandomSearch


def test_convolutions_and_dense_layers_are_counted(capfd):
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(image)
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.Flatten()(x)
    network = keras.Model(image, layers.Dense(10, use_bias=False)(x))
    by_hand = 2 * (8 * 8 * 4 * 3 * 3 * 3 + 8 * 8 * 4 * 3 * 3 + 8 * 8 * 4 * 10)
    assert flops(network) == by_hand
    assert flops(keras.Sequential([keras.Input((3,)), layers.Dense(5)])) == 2 * 15 + 5
    assert capfd.readouterr().out == ""


def test_two_inputs_and_dropout():
    a, b = keras.Input((3,)), keras.Input((4,))
    joined = layers.Dropout(0.5)(layers.Concatenate()([a, b]))
    assert flops(keras.Model([a, b], layers.Dense(2, use_bias=False)(joined))) == 2 * 7 * 2


def of(shape, *chain):
    return flops(keras.Sequential([keras.Input(shape), *chain]))


@pytest.mark.parametrize(
    ("shape", "layer", "by_hand"),
    [
        ((9, 9, 6), layers.Conv2D(4, 3, groups=2), 7 * 7 * 4 * (2 * 3 * 3 * 3 + 1)),
        ((9, 6), layers.Conv1D(4, 3, strides=2, use_bias=False), 4 * 4 * 2 * 3 * 6),
        ((5, 5, 6), layers.DepthwiseConv2D(3, depth_multiplier=2), 3 * 3 * 12 * (2 * 9 + 1)),
        ((5, 5, 6), layers.SeparableConv2D(4, 3), 9 * (2 * 9 * 6 + 2 * 6 * 4 + 4)),
        ((5, 5, 6), layers.Conv2DTranspose(4, 3), 25 * 2 * 9 * 6 * 4 + 7 * 7 * 4),
        ((5, 6), layers.EinsumDense("btd,de->bte", (5, 3), bias_axes="e"), 5 * 3 * (2 * 6 + 1)),
        ((5, 6), layers.EinsumDense("btd,tde->be", 3), 3 * 2 * 5 * 6),
        ((5, 6), layers.Dense(3), 5 * 3 * (2 * 6 + 1)),
        ((5, 6), layers.LSTM(2), None),
        ((5,), Linear(3), 3 * (2 * 5 + 1)),
        ((5, 5, 6), layers.BatchNormalization(), 0),
        ((4,), layers.Embedding(9, 3), 0),
        ((5,), keras.Sequential([layers.Dense(3), layers.Dense(2)]), 3 * 11 + 2 * 7),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_layers_by_hand(shape, layer, by_hand):
    if by_hand is None:  # Of a loop's step by TensorFlow's profiler, four matrix products at least.
        assert 5 * 2 * 4 * 2 * (6 + 2) <= of(shape, layer) < 1.3 * 5 * 2 * 4 * 2 * (6 + 2)
    else:
        assert of(shape, layer) == by_hand


def test_attention_is_counted_by_queries_and_keys():
    """8 queries of 6 numbers, 5 keys of 4, two heads of 3 numbers."""
    query, value = keras.Input((8, 6)), keras.Input((5, 4))
    attended = layers.MultiHeadAttention(2, 3)(query, value)
    dense = 8 * 6 * (2 * 6 + 1) + 2 * 5 * 6 * (2 * 4 + 1) + 8 * 6 * (2 * 6 + 1)
    products = 2 * 2 * 2 * 8 * 5 * 3
    assert flops(keras.Model([query, value], attended)) == dense + products


def test_a_layer_counts_as_often_as_it_is_called_and_for_each_view():
    entry, shared = keras.Input((4, 4, 1)), layers.Conv2D(1, 1, use_bias=False)
    assert flops(keras.Model(entry, shared(shared(entry)))) == 2 * 2 * 16
    seen = ViewsBeside([([], 0), ([2], 1), ([2], -1)])(entry)
    vector = MeanOfViews(3)(layers.Flatten()(shared(seen)))
    last = layers.Dense(1, use_bias=False)(vector)
    assert flops(keras.Model(entry, last)) == 3 * 2 * 16 + 2 * 16


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)

    def call(self, inputs):
        return self.dense(inputs)


def test_a_model_without_a_graph_has_none_and_its_trials_neither(tmp_path):
    with pytest.raises(InputError, match="counted along a graph of layers"):
        flops(Own())

    def build(hp):
        model = Own() if hp.Boolean("own") else keras.Sequential([layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    tuner = RandomSearch(build, objective="val_loss", max_trials=2, directory=tmp_path, seed=0)
    x = np.ones((8, 2), "float32")
    tuner.search(x, x[:, :1], validation_data=(x, x[:, :1]), epochs=1, verbose=0)
    board = tuner.leaderboard().set_index("own")
    assert board.loc[False, "flops"] == 2 * 2 + 1
    assert board["flops"].isna().sum() == 1


def test_a_search_may_make_them_few(tmp_path):
    def build(hp):
        width = hp.Int("width", 1, 20)
        model = keras.Sequential(
            [keras.Input((2,)), layers.Dense(width, use_bias=False), layers.Dense(1)]
        )
        model.compile("sgd", "mse")
        return model

    tuner = Pareto(build, objective=["val_loss", "flops"], max_trials=3, directory=tmp_path, seed=0)
    x = np.ones((8, 2), "float32")
    tuner.search(x, x[:, :1], validation_data=(x, x[:, :1]), epochs=1, verbose=0)
    for trial in tuner.oracle.completed():
        width = trial.hyperparameters.get("width")
        assert trial.metrics.get_last_value("flops") == 2 * 2 * width + 2 * width + 1
    assert keras_tuner.Objective("flops", "min") in tuner.oracle.costs
    assert "flops" in tuner.leaderboard()

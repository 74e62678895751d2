"""FLOPs of networks, counted by hand."""

import keras
import keras_tuner
import numpy as np
from keras import layers

from automl_kit.evaluation.flops import flops
from automl_kit.tuners import Pareto


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

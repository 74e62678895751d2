import autokeras as ak
import keras
import keras_tuner
import numpy as np
import pytest

from automl_kit.custom_blocks import ClassificationHead
from automl_kit.tasks.auto_model import AutoModel, ClassifierGraph, LearningRates
from automl_kit.tuners import get_tuner_class


def built(graph: ClassifierGraph, hp: keras_tuner.HyperParameters) -> keras.Model:
    graph.epochs, graph.num_samples = 10, 320  # 100 steps of 32 rows
    graph.inputs[0].shape, graph.outputs[0].in_blocks[0].shape = (4,), (2,)
    return graph.build(hp)


def graph_of(folder, **arguments) -> ClassifierGraph:
    entry = ak.Input()
    output = ClassificationHead(name="head", dropout=0.0)(ak.DenseBlock(dropout=0.0)(entry))
    model = AutoModel(
        entry, output, max_trials=1, directory=folder, tuner=get_tuner_class("random"), **arguments
    )
    return model.tuner.hypermodel


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, (3e-4, 1e-2, 2e-3)),
        ({"learning_rates": LearningRates(1e-3, 2e-2, 6e-3)}, (1e-3, 2e-2, 6e-3)),
    ],
)
def test_searches_the_given_learning_rates(arguments, expected, tmp_path):
    hp = keras_tuner.HyperParameters()
    model = built(graph_of(tmp_path, **arguments), hp)
    (rate,) = [one for one in hp.space if one.name == "learning_rate"]
    assert (rate.min_value, rate.max_value, rate.default) == expected
    assert rate.sampling == "log"
    schedule = model.optimizer._learning_rate
    rates = [float(np.asarray(schedule(step))) for step in range(101)]
    assert max(rates) == pytest.approx(expected[2], rel=1e-3)
    assert int(np.argmax(rates)) == 5  # after a warm-up of 5 % of the steps
    assert rates[0] == pytest.approx(expected[2] / 10)
    assert rates[-1] < expected[2] / 1000


def test_decay_leaves_biases_alone(tmp_path):
    model = built(graph_of(tmp_path), keras_tuner.HyperParameters())
    decayed = {
        weight.path.rsplit("/", 1)[-1]
        for weight in model.trainable_variables
        if model.optimizer._use_weight_decay(weight)
    }
    assert decayed == {"kernel"}

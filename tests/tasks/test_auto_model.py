"""AutoModel: the training recipe, and data, strategies and results as AutoKeras has them."""

import autokeras
import keras
import keras_tuner
import numpy as np
import pandas as pd
import pytest

import automl_kit as ak
from automl_kit.custom_blocks import CellBlock, ConvolutionBlock
from automl_kit.custom_blocks import ClassificationHead as OneHotHead
from automl_kit.custom_blocks.muon import Muon
from automl_kit.errors import ExportError, InputError
from automl_kit.evaluation import Folds
from automl_kit.spaces import CellSpace, Genotype
from automl_kit.tasks.auto_arrays import arrays_of, label_numbers
from automl_kit.tasks.recipe import LearningRates, RecipeGraph
from automl_kit.tuners import CellSearch, Darts, DartsSettings, Evolution, RandomSearch

ROWS = 48
X = np.random.default_rng(0).normal(size=(ROWS, 3)).astype("float32")
SECOND = (X[:, 0] > 0).astype(int)
OF_THREE = np.digitize(X[:, 0], [-0.4, 0.4])


def searched(folder, y, head=None, x=X, entry=None, epochs=8, **arguments):
    """A model that was fitted: one dense layer between a node and a head."""
    entry = entry or ak.Input()
    block = ak.DenseBlock(num_layers=1, num_units=16, use_batchnorm=False, dropout=0.0)
    output = (head or ak.ClassificationHead(dropout=0.0))(block(entry))
    given = {"max_trials": 1, "tuner": "random", "seed": 0, "learning_rates": FAST, **arguments}
    model = ak.AutoModel(entry, output, directory=folder, **given)
    model.history = model.fit(x, y, epochs=epochs, batch_size=16, verbose=0)
    return model


FAST = LearningRates(0.02, 0.05, 0.03)


@pytest.fixture(scope="module")
def second(tmp_path_factory):
    """A model of two classes, for tests that only ask it."""
    return searched(tmp_path_factory.mktemp("second"), SECOND)


# The recipe


def built(graph: RecipeGraph, hp: keras_tuner.HyperParameters) -> keras.Model:
    graph.epochs, graph.num_samples = 10, 320  # 100 steps of 32 rows
    graph.inputs[0].shape, graph.outputs[0].in_blocks[0].shape = (4,), (2,)
    return graph.build(hp)


def graph_of(folder, **arguments) -> RecipeGraph:
    entry = ak.Input()
    output = OneHotHead(name="head", dropout=0.0)(ak.DenseBlock(dropout=0.0)(entry))
    model = ak.AutoModel(
        entry, output, max_trials=1, directory=folder, tuner=RandomSearch, **arguments
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


def test_networks_of_images_may_be_trained_by_muon(tmp_path):
    entry = ak.ImageInput()
    block = ConvolutionBlock(1, 1, 16, 3, "max", True, 0.0)
    output = OneHotHead(name="head", dropout=0.0, reduction="average")(block(entry))
    model = ak.AutoModel(entry, output, max_trials=1, directory=tmp_path, tuner=RandomSearch)
    graph, hp = model.tuner.hypermodel, keras_tuner.HyperParameters()
    graph.epochs, graph.num_samples = 10, 320
    graph.inputs[0].shape, graph.outputs[0].in_blocks[0].shape = (8, 8, 1), (2,)
    assert type(graph.build(hp).optimizer) is keras.optimizers.AdamW
    hp.values["optimizer"] = "muon"
    assert type(graph.build(hp).optimizer) is Muon
    asked = keras_tuner.HyperParameters()
    built(graph_of(tmp_path / "table"), asked)
    assert "optimizer" not in asked, "no kernels of four axes are in it"


# Labels


@pytest.mark.parametrize(
    ("labels", "shape"),
    [
        (SECOND, (ROWS, 1)),
        (np.array(["no", "yes"])[SECOND], (ROWS, 1)),
        (OF_THREE.reshape(-1, 1) + 5, (ROWS, 1)),
        (np.eye(3)[OF_THREE], (ROWS, 3)),
    ],
    ids=["integers (n,)", "strings", "integers (n, 1)", "one-hot"],
)
def test_labels_of_any_shape_and_kind_are_learned_and_predicted_in_their_type(
    labels, shape, tmp_path, second
):
    model = second if labels is SECOND else searched(tmp_path, labels)
    found = model.predict(X, verbose=0)
    assert found.shape == shape
    if labels.ndim == 2 and labels.shape[1] == 3:
        found, labels = found.argmax(1), labels.argmax(1)
    assert found.dtype.kind == labels.dtype.kind
    assert np.mean(found.ravel() == labels.ravel()) > 0.7
    loss, accuracy = model.evaluate(X, labels if shape[1] == 1 else np.eye(3)[labels], verbose=0)
    assert accuracy == pytest.approx(np.mean(found.ravel() == labels.ravel()), abs=1e-6)
    assert loss > 0


def test_several_labels_a_row(tmp_path):
    labels = np.stack([SECOND, 1 - SECOND, X[:, 1] > 0], axis=1).astype(int)
    model = searched(tmp_path, labels, ak.ClassificationHead(multi_label=True, dropout=0.0))
    found = model.predict(X, verbose=0)
    assert found.shape == (ROWS, 3)
    assert np.mean(found == labels) > 0.7


def test_the_loss_and_the_metrics_of_a_head_are_those_of_the_network(tmp_path):
    head = ak.ClassificationHead(loss="mean_absolute_error", metrics=["mse"], dropout=0.0)
    model = searched(tmp_path, OF_THREE, head, epochs=1)
    probabilities = model.export_model().predict(X, verbose=0)
    loss, squared = model.evaluate(X, OF_THREE, verbose=0)
    targets = np.eye(3)[OF_THREE]
    assert loss == pytest.approx(np.abs(probabilities - targets).mean(), rel=1e-4)
    assert squared == pytest.approx(((probabilities - targets) ** 2).mean(), rel=1e-4)


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (np.array(["b", "a", "b"]), [1, 0, 1]),
        (np.array([[7], [7], [3]]), [1, 1, 0]),
        (np.array([0.1, 0.7, 0.3]), [0, 0, 0]),
        (np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]]), [0, 0, 0]),
        ((np.array([0, 1, 1]), np.array([0, 1, 1])), [0, 0, 0]),
    ],
)
def test_a_split_is_stratified_by_one_label_a_row(y, expected):
    from automl_kit.evaluation.rows import Rows

    assert label_numbers(Rows(np.zeros((3, 2)), y)).tolist() == expected


def test_data_of_several_nodes_and_of_one():
    array = np.ones((4, 2))
    assert isinstance(arrays_of((array, array), 2), tuple)
    assert len(arrays_of(((array, array),), 2)) == 2
    assert arrays_of([[1, 2], [3, 4]], 1).shape == (2, 2)
    assert arrays_of(pd.DataFrame({"a": [1, 2]}), 1).shape == (2, 1)
    assert arrays_of(pd.Series(["a", "b"], dtype=object), 1).dtype.kind == "U"


# Graphs of several ends, and blocks that nobody gave


def test_two_inputs_and_two_heads(tmp_path):
    entries = [ak.Input(name="one"), ak.Input(name="two")]
    merged = ak.DenseBlock(num_layers=1, num_units=8)(ak.Merge("concatenate")(entries))
    outputs = [ak.ClassificationHead()(merged), ak.RegressionHead()(merged)]
    model = ak.AutoModel(entries, outputs, max_trials=1, directory=tmp_path, seed=0)
    history = model.fit([X, X[:, :1]], [SECOND, X[:, 1]], epochs=2, verbose=0)
    labels, numbers = model.predict([X, X[:, :1]], verbose=0)
    assert labels.shape == numbers.shape == (ROWS, 1)
    assert numbers.dtype.kind == "f"
    whole = {"batch_size": ROWS, "verbose": 0}  # Keras weighs parts of a loss by batch, not by row
    figures = model.evaluate([X, X[:, :1]], [SECOND, X[:, 1]], **whole)
    assert len(figures) == 5  # the sum, a loss each, a metric each
    assert figures[0] == pytest.approx(figures[1] + figures[2], rel=1e-3)
    assert history.epoch == list(range(len(history.history["loss"])))


def test_images_without_a_block_get_one_that_enlarges_nothing(tmp_path):
    model = ak.AutoModel(ak.ImageInput(), ak.ClassificationHead(), directory=tmp_path)
    kinds = [type(block).__name__ for block in model.tuner.hypermodel.blocks]
    assert kinds == ["ImageBlock", "ClassificationHead"]
    assert not isinstance(model.tuner.hypermodel.blocks[0], autokeras.ImageBlock)


def test_texts_reach_the_network_as_their_words(tmp_path):
    texts = np.array(["good film", "bad film"] * 20, dtype=object)
    model = ak.AutoModel(
        ak.TextInput(), ak.ClassificationHead(), max_trials=1, directory=tmp_path, seed=0,
        learning_rates=FAST,
    )  # fmt: skip
    model.fit(texts, np.array([1, 0] * 20), epochs=6, batch_size=8, verbose=0)
    found = model.predict(np.array([["a good one"], ["so bad"]]), verbose=0)
    assert found.ravel().tolist() == [1, 0]
    with pytest.raises(ExportError, match="TextInput encodes its data outside of the network"):
        model.export_model(tmp_path / "texts.keras")


# Strategies


@pytest.mark.parametrize(
    ("tuner", "name"),
    [
        (None, "greedy"),
        ("evolution", "evolution"),
        (Evolution, "evolution"),
        (ak.Hyperband, "hyperband"),
        (Evolution.configured(population_size=4), "evolution"),
    ],
)
def test_strategies_by_name_class_and_value(tuner, name, tmp_path):
    head = ak.ClassificationHead()(ak.DenseBlock()(entry := ak.Input()))
    model = ak.AutoModel(entry, head, tuner=tuner, directory=tmp_path)
    assert model.tuner.searched.name == name
    if not isinstance(tuner, type | str | None):
        assert model.tuner.oracle.population_size == 4


def test_several_objectives_and_folds(tmp_path):
    model = searched(
        tmp_path, SECOND, tuner="pareto", objective=["val_loss", "parameters"],
        evaluation=Folds(2), max_trials=2, epochs=2,
    )  # fmt: skip
    assert len(model.tuner.pareto_front()) in (1, 2)
    assert set(model.tuner.leaderboard().columns) >= {"score", "parameters"}


def test_darts_finds_the_cells_of_a_graph(tmp_path):
    images = np.random.default_rng(1).random((24, 6, 6, 1)).astype("float32")
    space = CellSpace(nodes=1, ops=("conv_3x3", "identity"), reduction=False, distinct_sources=True)
    block = CellBlock(space, cells=3, channels=2, drop_path=0.0, name="cells")
    entry = ak.ImageInput()
    output = ak.ClassificationHead(dropout=0.0)(block(entry))
    settings = DartsSettings(epochs=1, batch_size=8, warmup_epochs=0)
    search = CellSearch(settings=settings, filters=2, cells=3)
    model = ak.AutoModel(
        entry, output, max_trials=1, directory=tmp_path, seed=0, tuner=Darts.configured(search)
    )
    model.fit(images, np.arange(24) % 2, epochs=1, verbose=0)
    assert isinstance(model.tuner.found["genotype"], Genotype)
    assert model.predict(images, verbose=0).shape == (24, 1)


# Results


def test_the_history_is_that_of_the_network_that_predicts(tmp_path, second):
    model = second
    trial = model.tuner.best_trial()
    assert isinstance(model.history, keras.callbacks.History)
    assert set(model.history.history) == {"loss", "accuracy"}  # trained on all rows
    assert len(model.history.epoch) == trial.best_step + 1
    apart = ak.AutoModel(
        entry := ak.Input(), ak.ClassificationHead()(ak.DenseBlock()(entry)), max_trials=1,
        directory=tmp_path / "apart", seed=0,
    )  # fmt: skip
    history = apart.fit(X, SECOND, epochs=2, validation_data=(X, SECOND), verbose=0)
    assert len(history.history["val_loss"]) == 2
    assert min(history.history["val_loss"]) == pytest.approx(apart.tuner.best_trial().score)


def test_the_network_is_built_once_for_all_predictions(tmp_path, monkeypatch):
    model = searched(tmp_path, SECOND, epochs=1)
    built, original = [], model.tuner.get_best_model
    monkeypatch.setattr(model.tuner, "get_best_model", lambda: built.append(1) or original())
    first = model.predict(X, verbose=0)
    model.evaluate(X, SECOND, verbose=0)
    np.testing.assert_array_equal(model.predict(X, verbose=0), first)
    assert built == [1]


def test_the_exported_file_gives_the_networks_outputs_with_keras_alone(tmp_path):
    model = searched(tmp_path, OF_THREE, epochs=2)
    network = model.export_model()
    assert network.compiled
    back = keras.models.load_model(model.export_model(tmp_path / "m.keras"))
    assert all(type(layer).__module__.startswith("keras.") for layer in back.layers)
    np.testing.assert_allclose(back.predict(X, verbose=0), network.predict(X, verbose=0), atol=1e-6)
    with pytest.raises(ExportError, match=r"to a \.keras file; got 'm\.onnx'"):
        model.export_model(tmp_path / "m.onnx")


def test_the_tuner_tells_its_results_as_kerastuners_do(second, capsys):
    second.tuner.results_summary()
    told = capsys.readouterr().out
    assert "Trial 0 summary" in told
    assert "learning_rate" in told


def test_nothing_held_out_is_refused(tmp_path):
    head = ak.RegressionHead()(ak.DenseBlock()(entry := ak.Input()))
    model = ak.AutoModel(entry, head, directory=tmp_path)
    with pytest.raises(InputError, match="Either validation_data or a non-zero"):
        model.fit(X, X[:, 0], validation_split=0)
    with pytest.raises(ValueError, match="Expected x to have 1 arrays, but got 2"):
        model.fit((X, X), X[:, 0])

"""What Hyperband's trials are: parts of trainings, each going on where the earlier one ended."""

import autokeras as ak
import keras
import numpy as np
import pytest

from automl_kit.custom_blocks import ClassificationHead
from automl_kit.evaluation.by_keras import advance as _advance
from automl_kit.evaluation.rows import Rows, TrainingData
from automl_kit.tasks.auto_model import AutoModel
from automl_kit.testing.trainings import Hypermodel, points
from automl_kit.tuners import Evolution, Hyperband

X, Y = points(36)
TRAIN, HELD = (X[:24], Y[:24]), (X[24:], Y[24:])
STEPS: list = []


class Steps(keras.callbacks.Callback):
    """Notes epoch, number and rate of each step, a list a training."""

    def __deepcopy__(self, memo):
        return Steps()

    def on_train_begin(self, logs=None):
        STEPS.append([])

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        optimizer = self.model.optimizer
        STEPS[-1].append((self.epoch, int(optimizer.iterations), float(optimizer.learning_rate)))


@pytest.mark.parametrize(
    ("epochs", "rows", "size", "step"), [(0, 24, 8, 0), (3, 24, 8, 9), (2, 25, 8, 8), (1, 5, 32, 1)]
)
def test_the_rate_is_put_where_the_earlier_epochs_end(epochs, rows, size, step):
    schedule = keras.optimizers.schedules.PolynomialDecay(1.0, 100, 0.0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile(keras.optimizers.SGD(schedule), "mse")
    data = TrainingData(Rows(np.zeros((rows, 4)), np.zeros((rows, 3))), None, 9, size)
    _advance(model, epochs, data)
    assert int(model.optimizer.iterations) == step
    assert float(model.optimizer.learning_rate) == pytest.approx(1 - step / 100)


def nodes():
    entry = ak.Input(name="node")
    block = ak.DenseBlock(num_layers=1, use_batchnorm=False, dropout=0.0, name="dense")
    return entry, ClassificationHead(name="head", dropout=0.0)(block(entry))[0]


def rungs(oracle):
    trials = (oracle.trials[name] for name in sorted(oracle.trials, key=int))
    parts = (oracle.rung(trial.hyperparameters.values) for trial in trials)
    return [(part.first_epoch, part.epochs, part.continued) for part in parts]


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    """Two trials of one epoch, of which the better goes on to three; that is the bracket."""
    model = AutoModel(
        *nodes(), tuner=Hyperband.configured(max_epochs=3, factor=3), max_trials=4, seed=0,
        directory=tmp_path_factory.mktemp("rungs"),
        initial_hps=[{"learning_rate": 3e-3}, {"learning_rate": 9e-3}],
    )  # fmt: skip
    model.search(
        *TRAIN, validation_data=HELD, epochs=3, batch_size=8, verbose=0, callbacks=[Steps()]
    )
    model.tuner.steps = list(STEPS)
    return model.tuner


def test_a_graphs_rungs_are_parts_of_one_training_and_the_winner_is_the_one_trained_longest(graph):
    parts = rungs(graph.oracle)
    assert all((first, last) in {(0, 1), (1, 3), (0, 3)} for first, last, _ in parts)
    (third,) = [n for n, (first, _, _) in enumerate(parts) if first == 1]
    past = parts[third][2]
    scores = {name: trial.score for name, trial in graph.oracle.trials.items()}
    ended = [name for name, part in zip(scores, parts, strict=True) if part[1] == 1]
    assert past == min(ended, key=scores.get)
    for n, ((first, last, _), steps) in enumerate(zip(parts, graph.steps, strict=True)):
        assert [epoch for epoch, _, _ in steps] == np.repeat(range(first, last), 3).tolist()
        # Batches of 8 of 24 rows: in a rung that goes on, the fourth step is the first one.
        assert [number for _, number, _ in steps] == list(range(3 * first, 3 * last))
        # A rung that goes on is where a whole training of its epochs would be.
        whole = _cosine(graph, f"{n}", 3 * last)
        assert [rate for _, _, rate in steps] == pytest.approx(whole[3 * first :], rel=1e-3)

    best = graph.best_trial()
    assert graph.oracle.rung(best.hyperparameters.values).epochs == 3
    assert best.score == min(
        trial.score for trial in graph.oracle.trials.values()
        if graph.oracle.rung(trial.hyperparameters.values).epochs == 3
    )  # fmt: skip
    network = graph.get_best_model()
    loss = network.evaluate(*HELD, verbose=0, return_dict=True)["loss"]
    assert loss == pytest.approx(best.score, rel=1e-4)


def _cosine(tuner, trial_id, steps):
    """Warm-up of one step, then half a cosine."""
    peak = tuner.oracle.trials[trial_id].hyperparameters.get("learning_rate")
    rest = [peak * (1 + np.cos(np.pi * (n - 1) / (steps - 1))) / 2 for n in range(1, steps)]
    return [peak / 10, *rest]


def test_which_weights_remain_after_a_search_by_rungs(graph):
    """Of a bracket that ended its winner's alone; those under way may all go on."""
    kept = {
        name for name in graph.oracle.trials if graph.trainer.checkpoints.saved(name)
    }  # fmt: skip
    assert kept == graph.oracle.needed_checkpoints() & set(graph.oracle.trials)
    assert graph.best_trial().trial_id in kept


def test_a_hypermodels_rungs_are_parts_of_one_training_too(tmp_path):
    """The weights that a rung begins with are those with which the earlier one was best."""
    begun = []
    STEPS.clear()

    class Begins(keras.callbacks.Callback):
        def __deepcopy__(self, memo):
            return Begins()

        def on_train_begin(self, logs=None):
            begun.append(self.model.get_weights())

    tuner = Hyperband(
        Hypermodel(), "val_loss", max_trials=4, max_epochs=3, factor=3, directory=tmp_path, seed=0
    )
    tuner.search(
        *TRAIN, validation_data=HELD, batch_size=8, verbose=0, callbacks=[Steps(), Begins()]
    )
    parts = rungs(tuner.oracle)
    for (first, last, _), steps in zip(parts, STEPS, strict=True):
        assert [epoch for epoch, _, _ in steps] == np.repeat(range(first, last), 3).tolist()
    (third,) = [n for n, (first, _, _) in enumerate(parts) if first == 1]
    earlier = tuner.load_model(tuner.oracle.trials[parts[third][2]])
    for found, expected in zip(begun[third], earlier.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
    (model,) = tuner.get_best_models(1)
    loss = model.evaluate(*HELD, verbose=0, return_dict=True)["loss"]
    assert loss == pytest.approx(tuner.best_trial().score, rel=1e-4)


def test_of_a_plain_search_the_best_trials_weights_alone_remain(tmp_path):
    model = AutoModel(*nodes(), tuner=Evolution, max_trials=3, seed=0, directory=tmp_path)
    model.search(*TRAIN, validation_data=HELD, epochs=1, batch_size=8, verbose=0)
    tuner = model.tuner
    kept = [name for name in tuner.oracle.trials if tuner.trainer.checkpoints.saved(name)]
    assert kept == [tuner.best_trial().trial_id]
    lost = next(t for name, t in tuner.oracle.trials.items() if name not in kept)
    with pytest.raises(FileNotFoundError, match=f"weights of trial {lost.trial_id} were not kept"):
        tuner.load_model(lost)


def test_of_a_front_each_members_weights_remain_and_load(tmp_path):
    model = AutoModel(
        *nodes(), tuner="pareto", max_trials=4, seed=0, directory=tmp_path,
        objective=["val_loss", "parameters"],
    )  # fmt: skip
    model.search(*TRAIN, validation_data=HELD, epochs=1, batch_size=8, verbose=0)
    tuner = model.tuner
    front = tuner.pareto_front()
    kept = {name for name in tuner.oracle.trials if tuner.trainer.checkpoints.saved(name)}
    assert kept == {trial.trial_id for trial in front}
    for trial in front:
        network = tuner.load_model(trial)
        loss = network.evaluate(*HELD, verbose=0, return_dict=True)["loss"]
        assert loss == pytest.approx(trial.score, rel=1e-4)
        assert network.count_params() == trial.metrics.get_best_value("parameters")
    assert tuner.best_trial() is front[0]

"""The strategies as tuners of Keras models and of AutoKeras graphs, on real trainings."""

import autokeras as ak
import keras
import keras_tuner
import numpy as np
import pytest
from sklearn.datasets import load_iris

from automl_kit import tuners
from automl_kit.custom_blocks import ClassificationHead
from automl_kit.errors import InputError, SearchError
from automl_kit.tuners import registry

X, IDS = load_iris(return_X_y=True)
ORDER = np.random.default_rng(0).permutation(150)
X = ((X - X.mean(axis=0)) / X.std(axis=0)).astype("float32")[ORDER]
Y = np.eye(3, dtype="float32")[IDS[ORDER]]
DATA = {"x": X[:100], "y": Y[:100], "validation_data": (X[100:], Y[100:])}


def _build(hp):
    model = keras.Sequential([keras.Input((4,))])
    if hp.Boolean("hidden", default=True):
        model.add(keras.layers.Dense(hp.Int("units", 2, 32, sampling="log"), "relu"))
    model.add(keras.layers.Dense(3, "softmax"))
    rate = hp.Float("rate", 1e-3, 0.1, sampling="log")
    model.compile(keras.optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"])
    return model


def _search(kind, folder, max_trials=3, **settings):
    settings = {"objective": "val_accuracy", "seed": 0, **settings}
    tuner = kind(_build, max_trials=max_trials, directory=folder, project_name="p", **settings)
    tuner.search(**DATA, epochs=2, batch_size=50, verbose=0)
    return tuner


def _trials(tuner):
    trials = tuner.oracle.trials
    return [(trials[name].hyperparameters.values, trials[name].score) for name in sorted(trials)]


def test_evolution_searches_a_keras_model_as_random_search_does(tmp_path):
    tuner = _search(tuners.Evolution, tmp_path, initial_hps=[{"hidden": True, "units": 32}])
    assert isinstance(tuner, tuners.ModelTuner)
    assert type(tuner).__name__ == "Evolution"
    first, *others = _trials(tuner)
    assert first[0]["units"] == 32
    assert len(others) == 2
    best = tuner.oracle.get_best_trials(1)[0]
    (model,) = tuner.get_best_models(1)
    accuracy = model.evaluate(*DATA["validation_data"], verbose=0, return_dict=True)["accuracy"]
    assert accuracy == pytest.approx(best.score)
    assert best.score == max(score for _, score in _trials(tuner))
    assert best.metrics.get_best_value("parameters") == model.count_params()
    assert tuner.get_best_hyperparameters(1)[0].values == best.hyperparameters.values
    assert tuner.pareto_front() == [best]


@pytest.mark.parametrize("kind", [tuners.Evolution, tuners.Reinforce])
def test_a_search_gone_on_with_is_the_uninterrupted_one(tmp_path, kind):
    whole = _search(kind, tmp_path / "whole", max_trials=4)
    for number in (1, 3, 4):
        parts = _search(kind, tmp_path / "parts", max_trials=number)
    assert _trials(parts) == _trials(whole)


def test_pareto_gives_networks_of_several_sizes(tmp_path):
    tuner = _search(tuners.Pareto, tmp_path, 6, objective=["val_loss", "parameters"])
    figures = [(score, tuner.oracle.trials[f"{n}"].metrics.get_best_value("parameters"))
               for n, (_, score) in enumerate(_trials(tuner))]  # fmt: skip
    front = [(t.score, t.metrics.get_best_value("parameters")) for t in tuner.pareto_front()]
    expected = {
        a for a in figures if not any(b[0] <= a[0] and b[1] <= a[1] and b != a for b in figures)
    }
    assert set(front) == expected
    assert front == sorted(front)


def _graph():
    entry = ak.Input(shape=(4,))
    hidden = ak.DenseBlock(num_layers=1, use_batchnorm=False, dropout=0.0, name="dense")(entry)
    return entry, ClassificationHead(num_classes=3, name="head")(hidden)


def _auto_model(kind, folder, max_trials):
    entry, output = _graph()
    model = ak.AutoModel(
        entry, output, tuner=kind, max_trials=max_trials, seed=0, directory=folder,
        project_name="p", objective="val_accuracy",
    )  # fmt: skip
    model.tuner.oracle.verbose = 0
    model.fit(X[:100], Y[:100], validation_data=(X[100:], Y[100:]), epochs=1, verbose=0)
    return model


def test_evolution_searches_an_autokeras_graph_and_goes_on_with_it(tmp_path):
    whole = _auto_model(tuners.Evolution, tmp_path / "whole", 3)
    assert isinstance(whole.tuner, tuners.SearchTuner)
    assert type(whole.tuner).__name__ == "Evolution"
    _auto_model(tuners.Evolution, tmp_path / "parts", 1)
    parts = _auto_model(tuners.Evolution, tmp_path / "parts", 3)
    assert _trials(parts.tuner) == _trials(whole.tuner)
    expected = whole.tuner.get_best_model().predict(X[:5], verbose=0)
    np.testing.assert_allclose(whole.predict(X[:5], verbose=0), expected, atol=1e-6)
    loss, accuracy = whole.evaluate(X, Y, verbose=0)
    assert loss > 0
    assert 0 <= accuracy <= 1


@pytest.mark.parametrize("name", sorted(set(registry.TUNERS) - {"darts"}))
def test_every_name_is_a_strategy_with_an_oracle_of_its_settings(name, tmp_path):
    kind = tuners.get_tuner_class(name)
    assert tuners.get_tuner_class(kind) is kind
    settings = tuners.OracleSettings("val_loss", 7, seed=0, max_epochs=9)
    oracle = kind.durable_oracle(settings)
    assert (oracle.max_trials, oracle.seed, oracle.objective.name) == (7, 0, "val_loss")


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match=r"no tuner 'genetic'; expected one of 'greedy'.*'pareto'"):
        tuners.get_tuner_class("genetic")
    with pytest.raises(InputError, match="no tuner"):
        tuners.get_tuner_class(int)


def test_hyperband_is_not_for_keras_models(tmp_path):
    with pytest.raises(InputError, match=r"use keras_tuner\.Hyperband"):
        tuners.Hyperband(_build, objective="val_loss", directory=tmp_path)


def test_another_setting_is_a_subclass(tmp_path):
    class Published(tuners.Evolution):
        @classmethod
        def make_oracle(cls, settings):
            return tuners.EvolutionOracle(settings.objective, settings.max_trials, candidates=1)

    tuner = Published(_build, objective="val_loss", max_trials=2, directory=tmp_path, seed=3)
    assert (tuner.oracle.candidates, tuner.oracle.seed) == (1, 3)
    assert type(tuner).__name__ == "Published"


def test_executions_of_a_trial_differ_and_leave_the_global_generators_alone_afterwards(tmp_path):
    scores = []

    def build(hp):
        model = _build(hp)
        scores.append(float(np.abs(model.get_weights()[0]).sum()))
        return model

    tuner = tuners.Evolution(
        build, "val_accuracy", 1, seed=0, executions_per_trial=2, directory=tmp_path
    )
    known = len(scores)
    tuner.search(**DATA, epochs=1, verbose=0)
    first, second = scores[known:]
    assert first != second
    before = np.random.get_state()[1].tolist()
    tuner.get_best_models(1)
    assert np.random.get_state()[1].tolist() == before


def test_a_search_without_one_completed_trial_says_why(tmp_path):
    class NoRoom(keras_tuner.HyperModel):
        def build(self, hp):
            raise MemoryError("no room")

    tuner = tuners.Evolution(None, "val_loss", 2, directory=tmp_path)
    tuner.hypermodel = NoRoom()  # Given before, it would be built to find the space.
    with pytest.raises(SearchError, match="no room"):
        tuner.search(**DATA, verbose=0)


def test_several_objectives_are_for_pareto_alone(tmp_path):
    with pytest.raises(InputError, match="'pareto'"):
        tuners.Evolution(_build, ["val_loss", "parameters"], 1, directory=tmp_path)
    with pytest.raises(InputError, match="first objective"):
        tuners.Pareto(_build, ["parameters", "val_loss"], 1, directory=tmp_path)


def test_a_distributed_worker_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    with pytest.raises(InputError, match="one process"):
        tuners.Evolution(_build, "val_loss", 1, directory=tmp_path)

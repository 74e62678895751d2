"""The strategies as tuners of Keras models and of AutoKeras graphs, on real trainings."""

import pickle

import autokeras as ak
import keras
import keras_tuner
import numpy as np
import pytest
from sklearn.metrics import log_loss

from automl_kit import tuners
from automl_kit.custom_blocks import ClassificationHead
from automl_kit.errors import InputError, SearchError
from automl_kit.evaluation.objectives import MissingObjectiveError
from automl_kit.testing.trainings import Hypermodel, points
from automl_kit.tuners.strategies import TUNERS

X, Y = points(60)
DATA = {"x": X[:40], "y": Y[:40], "validation_data": (X[40:], Y[40:])}


def _build(hp):
    model = keras.Sequential([keras.Input((4,))])
    if hp.Boolean("hidden", default=True):
        model.add(keras.layers.Dense(hp.Int("units", 2, 32, sampling="log"), "relu"))
    model.add(keras.layers.Dense(3, "softmax"))
    rate = hp.Float("rate", 1e-3, 0.1, sampling="log")
    model.compile(keras.optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"])
    return model


def _search(kind, folder, max_trials=3, build=_build, **settings):
    settings = {"objective": "val_accuracy", "seed": 0, **settings}
    tuner = kind(build, max_trials=max_trials, directory=folder, project_name="p", **settings)
    tuner.search(**DATA, epochs=2, batch_size=20, verbose=0)
    return tuner


def _trials(tuner):
    trials = tuner.oracle.trials
    return [(trials[name].hyperparameters.values, trials[name].score) for name in sorted(trials)]


def test_evolution_searches_a_keras_model_as_random_search_does(tmp_path):
    tuner = _search(tuners.Evolution, tmp_path, initial_hps=[{"hidden": True, "units": 32}])
    assert type(tuner) is tuners.Evolution
    assert isinstance(tuner, keras_tuner.Tuner)
    first, *others = _trials(tuner)
    assert first[0]["units"] == 32
    assert len(others) == 2
    best = tuner.oracle.get_best_trials(1)[0]
    (model,) = tuner.get_best_models(1)
    accuracy = model.evaluate(*DATA["validation_data"], verbose=0, return_dict=True)["accuracy"]
    assert accuracy == pytest.approx(best.score)
    assert best.score == max(score for _, score in _trials(tuner))
    assert best.metrics.get_best_value("parameters") == model.count_params()
    assert best.metrics.get_last_value("epochs") == 2
    assert tuner.get_best_hyperparameters(1)[0].values == best.hyperparameters.values
    assert tuner.pareto_front() == [best]


@pytest.mark.parametrize("kind", [tuners.Evolution, tuners.Reinforce])
def test_a_search_gone_on_with_is_the_uninterrupted_one(tmp_path, kind):
    whole = _search(kind, tmp_path / "whole", build=Hypermodel())
    for number in (1, 3):
        parts = _search(kind, tmp_path / "parts", max_trials=number, build=Hypermodel())
    assert _trials(parts) == _trials(whole)


def _beats(a, b):
    return a[0] <= b[0] and a[1] <= b[1] and a != b


def test_pareto_gives_networks_of_several_sizes_and_keeps_each_of_them(tmp_path):
    tuner = _search(tuners.Pareto, tmp_path, 5, objective=["val_loss", "parameters"])
    figures = [(score, tuner.oracle.trials[f"{n}"].metrics.get_best_value("parameters"))
               for n, (_, score) in enumerate(_trials(tuner))]  # fmt: skip
    front = [(t.score, t.metrics.get_best_value("parameters")) for t in tuner.pareto_front()]
    assert front == sorted({a for a in figures if not any(_beats(b, a) for b in figures)})
    assert tuner.best_trial() is tuner.pareto_front()[0]
    for trial in tuner.pareto_front():
        model = tuner.load_model(trial)
        loss = model.evaluate(*DATA["validation_data"], verbose=0, return_dict=True)["loss"]
        assert loss == pytest.approx(trial.score, rel=1e-4)


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
    model.fit(X[:40], Y[:40], validation_data=(X[40:], Y[40:]), epochs=1, verbose=0)
    return model


def test_evolution_searches_an_autokeras_graph_and_goes_on_with_it(tmp_path):
    """As the `tuner=` of AutoKeras's own AutoModel."""
    whole = _auto_model(tuners.Evolution, tmp_path / "whole", 2)
    assert type(whole.tuner) is tuners.Evolution
    _auto_model(tuners.Evolution, tmp_path / "parts", 1)
    parts = _auto_model(tuners.Evolution, tmp_path / "parts", 2)
    assert _trials(parts.tuner) == _trials(whole.tuner)
    outputs = whole.predict(X[40:], verbose=0)
    model = whole.tuner.get_best_model()
    np.testing.assert_allclose(outputs, model.predict(X[40:], verbose=0), atol=1e-6)
    ids = Y[40:].argmax(axis=1)
    loss, accuracy = whole.evaluate(X[40:], Y[40:], verbose=0)
    assert loss == pytest.approx(
        log_loss(ids, outputs.astype("float64"), labels=range(3)), rel=1e-4
    )
    assert accuracy == pytest.approx(np.mean(outputs.argmax(axis=1) == ids))
    assert accuracy == pytest.approx(whole.tuner.best_trial().score)


@pytest.mark.parametrize("name", sorted(TUNERS))
def test_every_name_is_a_strategy_with_an_oracle_of_its_settings(name):
    kind = tuners.get_tuner(name)
    assert tuners.get_tuner(kind) is kind
    strategy = tuners.get_strategy(name)
    assert strategy is kind.strategy
    assert strategy.name == name
    oracle = strategy.make_oracle("val_loss", [], 7, seed=0)
    assert (oracle.max_trials, oracle.seed) == (7, 0)
    assert oracle.objective.name == "val_loss"
    copied = pickle.loads(pickle.dumps(strategy))
    assert copied == strategy
    assert copied.describe() == strategy.describe()


@pytest.mark.parametrize(
    ("kind", "setting", "value"),
    [
        (tuners.Evolution, "population_size", 20),
        (tuners.BayesianOptimization, "beta", 1.5),
        (tuners.BayesianOptimization, "num_initial_points", 3),
        (tuners.Hyperband, "factor", 2),
        (tuners.Hyperband, "max_epochs", 5),
        (tuners.Pareto, "population_size", 6),
    ],
)
def test_a_setting_reaches_the_oracle_however_it_is_given(tmp_path, kind, setting, value):
    class Own(kind):
        strategy = kind.configured(**{setting: value})

    makers = {
        "argument": lambda **more: kind(Hypermodel(), **{setting: value}, **more),
        "value": lambda **more: kind.configured(**{setting: value})(Hypermodel(), **more),
        "subclass": lambda **more: Own(Hypermodel(), **more),
    }
    for name, make in makers.items():
        tuner = make(objective="val_loss", directory=tmp_path, project_name=name, seed=3)
        assert tuner.searched.settings == {setting: value}
        assert tuner.searched.describe()["settings"][setting] == value
        assert (getattr(tuner.oracle, setting, value), tuner.oracle.seed) == (value, 3)


def test_settings_and_names_that_do_not_exist_are_refused_with_those_that_do():
    with pytest.raises(InputError, match=r"no setting popsize; it has .*population_size"):
        tuners.Evolution.configured(popsize=3)
    with pytest.raises(InputError, match=r"'random' has no setting beta; it has none"):
        tuners.RandomSearch(Hypermodel(), "val_loss", beta=1)
    known = r"no strategy 'genetic'; expected one of 'greedy'.*'pareto'"
    with pytest.raises(InputError, match=known):
        tuners.get_tuner("genetic")
    for other in (int, None, keras_tuner.RandomSearch):
        with pytest.raises(InputError, match="no strategy"):
            tuners.get_tuner(other)


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
    assert tuner.best_trial().metrics.get_last_value("epochs") == 2
    before = np.random.get_state()[1].tolist()
    tuner.get_best_models(1)
    assert np.random.get_state()[1].tolist() == before


class NoRoom(keras_tuner.HyperModel):
    """Can be built to find the space, and not to be trained."""

    room = True

    def build(self, hp):
        if not self.room:
            raise MemoryError("no room")
        return Hypermodel()(hp)


def test_a_search_without_one_completed_trial_says_why(tmp_path):
    hypermodel = NoRoom()
    tuner = tuners.Evolution(hypermodel, "val_loss", 2, directory=tmp_path)
    hypermodel.room = False
    with pytest.raises(SearchError, match=r"All 2 trials failed.*out of memory: no room \(2 times"):
        tuner.search(**DATA, verbose=0)
    assert [trial.status for trial in tuner.oracle.trials.values()] == ["FAILED", "FAILED"]


def test_an_objective_that_is_not_logged_ends_the_search_after_one_trial(tmp_path):
    tuner = tuners.Evolution(Hypermodel(), keras_tuner.Objective("val_profit", "max"), 5,
                             directory=tmp_path)  # fmt: skip
    told = r"'val_profit' is not among what the model logs: accuracy, loss, val_accuracy, val_loss"
    with pytest.raises(MissingObjectiveError, match=told):
        tuner.search(**DATA, verbose=0)
    assert len(tuner.oracle.trials) == 1


@pytest.mark.parametrize(
    ("objective", "wrong"),
    [("val_loss", "max"), ("accuracy", "min"), ("val_acc", "min"), ("val_f1_score", "min"),
     ("val_auc", "min"), ("auc_2", "min"), ("val_balanced_accuracy", "min"),
     ("val_neg_log_loss", "min")],
)  # fmt: skip
def test_a_direction_that_contradicts_a_metric_is_refused(tmp_path, objective, wrong):
    with pytest.raises(InputError, match=rf"the objective's direction is '{wrong}'"):
        tuners.Evolution(
            Hypermodel(), keras_tuner.Objective(objective, wrong), 1, directory=tmp_path
        )


def test_a_metric_that_keras_tuner_would_minimise_is_maximised(tmp_path):
    tuner = tuners.RandomSearch(Hypermodel(), "val_f1_score", 1, directory=tmp_path)
    assert tuner.oracle.objective.direction == "max"


def test_several_objectives_are_for_pareto_alone(tmp_path):
    with pytest.raises(InputError, match="'pareto'"):
        tuners.Evolution(Hypermodel(), ["val_loss", "parameters"], 1, directory=tmp_path)
    with pytest.raises(InputError, match="first objective"):
        tuners.Pareto(Hypermodel(), ["parameters", "val_loss"], 1, directory=tmp_path)
    with pytest.raises(InputError, match="empty list"):
        tuners.Pareto(Hypermodel(), [], 1, directory=tmp_path)


@pytest.mark.parametrize("seed", [0, 2**40, None])
def test_seeds_of_any_size_give_one_search_each(tmp_path, seed):
    first = _search(tuners.RandomSearch, tmp_path / "a", 2, Hypermodel(), seed=seed)
    drawn = first.oracle.seed
    assert seed is None or drawn == seed
    again = _search(tuners.RandomSearch, tmp_path / "b", 2, Hypermodel(), seed=drawn)
    assert _trials(again) == _trials(first)


NAMES = ("score", "trial", "seconds", "parameters", "status", "epochs")


def _named(hp):
    for name in NAMES:
        hp.Choice(name, ["a", "b"])


def test_hyperparameters_may_be_called_as_figures_are(tmp_path):
    tuner = _search(tuners.Evolution, tmp_path, 2, Hypermodel(_named))
    board = tuner.leaderboard()
    assert board.score.tolist() == sorted((s for _, s in _trials(tuner)), reverse=True)
    assert (board.seconds > 0).all()
    assert board.parameters.tolist() == [15, 15]
    shown = board.set_index("trial")[[f"hp:{name}" for name in NAMES]]
    for number, (values, _) in enumerate(_trials(tuner)):
        assert shown.loc[str(number)].tolist() == [values[name] for name in NAMES]
    again = _search(tuners.Evolution, tmp_path, 3, Hypermodel(_named))
    assert _trials(again)[:2] == _trials(tuner)


def test_growing_spaces_are_found_alike_whatever_the_generators_were(tmp_path):
    """KerasTuner draws values without a seed to find what is behind conditions."""

    def grown(hp):
        hp.Boolean("deep")
        with hp.conditional_scope("deep", [True]):
            for layer in range(hp.Int("layers", 1, 9) or 0):
                hp.Boolean(f"layer_{layer}")

    spaces = []
    for name in "abcd":
        tuner = tuners.RandomSearch(Hypermodel(grown), "val_loss", 1, directory=tmp_path / name)
        spaces.append([hp.name for hp in tuner.oracle.hyperparameters.space])
    assert spaces[0][:2] == ["deep", "layers"]
    assert all(space == spaces[0] for space in spaces)


def test_a_name_under_two_conditions_is_found_and_searched(tmp_path):
    from automl_kit.testing.searches import CONDITIONAL, conditional, key

    tuner = _search(tuners.RandomSearch, tmp_path, 4, Hypermodel(conditional))
    tried = {key(values) for values, _ in _trials(tuner)}
    assert len(tried) == 4
    assert tried <= {key(values) for values in CONDITIONAL}

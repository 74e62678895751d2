"""Searches whose trials are scored without training: by every strategy, through kills."""

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from automl_kit.ending.refit import trained_by_default
from automl_kit.errors import InputError, ProjectError, SearchError
from automl_kit.evaluation import FullTraining, ZeroCost, get_evaluation
from automl_kit.evaluation.zero_cost import Standing, vectors
from automl_kit.search.session import Session
from automl_kit.tasks.auto_model import AutoModel
from automl_kit.testing.trainings import CELLS, cell_nodes, pictures, points
from automl_kit.tuners import STRATEGIES, Evolution, Hyperband, Pareto, get_tuner

POOL = ZeroCost(("parameters", "jacov"), batch=12, pool=5)


def build(hp):
    """Layers of units that are searched, and a rate that no network shows."""
    hp.Float("rate", 0.01, 0.1)
    hidden = [
        keras.layers.Dense(hp.Int("units", 2, 12), "tanh") for _ in range(hp.Int("deep", 1, 3))
    ]
    model = keras.Sequential([keras.Input((4,)), *hidden, keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "categorical_crossentropy")
    return model


def searched(folder, tuner=Evolution, evaluation=POOL, trials=4, **more):
    x, y = points()
    given = {"directory": folder, "seed": 1, "evaluation": evaluation, "max_trials": trials}
    search = get_tuner(tuner)(build, **{**given, **more})
    search.search(x[::2], y[::2], validation_data=(x[1::2], y[1::2]), epochs=2, verbose=0)
    return search


def told(tuner):
    trials = tuner.oracle.trials
    return [(trials[name].hyperparameters.values, trials[name].score) for name in sorted(trials)]


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "darts"])
def test_every_strategy_climbs_by_it(tmp_path, name):
    kind = Hyperband.configured(max_epochs=2, factor=2) if name == "hyperband" else name
    tuner = searched(tmp_path, kind, ZeroCost("parameters"), trials=3)
    trials = tuner.oracle.completed()
    assert len(trials) == 3
    assert tuner.oracle.objective.name == "zero_cost"
    sizes = [tuner.hypermodel.build(trial.hyperparameters).count_params() for trial in trials]
    assert [trial.score for trial in trials] == sizes == sorted(sizes, reverse=True)
    assert tuner.leaderboard()["epochs"].tolist() == [0, 0, 0]


def test_a_trial_stands_among_the_pool_of_its_project(tmp_path):
    tuner = searched(tmp_path)
    note = json.loads((tmp_path / "untitled_project" / "zero_cost.json").read_text())
    pool = np.array(note["members"])
    assert note["complete"]
    assert pool.shape == (5, 2)
    standing = Standing({"parameters": pool[:, 0], "jacov": pool[:, 1]})
    board = tuner.leaderboard()
    for score, size, jacov in zip(board["score"], board["parameters"], board["jacov"], strict=True):
        assert score == pytest.approx(standing.of({"parameters": size, "jacov": jacov}))
    assert board["score"].is_monotonic_decreasing
    with pytest.raises(FileNotFoundError, match="trains nothing, build the best hyperparameters"):
        tuner.get_best_models()


def test_it_goes_on_as_if_never_stopped(tmp_path, monkeypatch):
    whole = searched(tmp_path / "whole")
    score, calls = vectors.zero_cost_scores, []

    def killed(*arguments):
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return score(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(vectors, "zero_cost_scores", killed)
        with pytest.raises(KeyboardInterrupt):
            searched(tmp_path / "parts")
    path = tmp_path / "parts" / "untitled_project" / "zero_cost.json"
    assert len(json.loads(path.read_text())["members"]) == 3
    searched(tmp_path / "parts", trials=2)
    assert told(searched(tmp_path / "parts")) == told(whole)
    assert path.read_bytes() == path.parents[2].joinpath(
        "whole", "untitled_project", "zero_cost.json"
    ).read_bytes()  # fmt: skip


def test_other_settings_are_another_search_and_a_damaged_pool_is_told(tmp_path):
    searched(tmp_path, trials=1)
    with pytest.raises(ProjectError, match=r"evaluation\.pool was 5, is 6"):
        searched(tmp_path, evaluation=ZeroCost(("parameters", "jacov"), batch=12, pool=6))
    path = tmp_path / "untitled_project" / "zero_cost.json"
    note = json.loads(path.read_text())
    for damage in ({"members": [[1.0, float("nan")]]}, {"members": [[1.0]]}, {"scores": ["flops"]}):
        path.write_text(json.dumps({**note, **damage}))
        with pytest.raises(ProjectError, match=r"zero_cost\.json is damaged"):
            searched(tmp_path, trials=2)
    searched(tmp_path, trials=1, overwrite=True)
    assert json.loads(path.read_text()) == note


def test_a_network_without_a_score_is_a_trial_that_failed(tmp_path):
    with pytest.raises(SearchError, match="there is no ReLU among its layers"):
        searched(tmp_path / "one", evaluation=ZeroCost("naswot"), trials=2)
    with pytest.raises(InputError, match="fewer than two could be scored by flops, naswot"):
        searched(tmp_path / "two", evaluation=ZeroCost(("flops", "naswot"), batch=4, pool=5))


def test_costs_are_weighed_against_it(tmp_path):
    tuner = searched(
        tmp_path, Pareto, ZeroCost("jacov", batch=12), objective=["val_loss", "flops"], trials=6
    )
    front = tuner.pareto_front()
    flops = [trial.metrics.get_last_value("flops") for trial in front]
    assert [trial.score for trial in front] == sorted((t.score for t in front), reverse=True)
    assert flops == sorted(flops, reverse=True)


def test_arguments_are_checked():
    assert get_evaluation("zero_cost") == ZeroCost()
    for wrong in ({"scores": ()}, {"scores": ("jacov", "jacov")}, {"batch": 1}, {"pool": True}):
        with pytest.raises(InputError):
            ZeroCost(**wrong)
    with pytest.raises(InputError, match="the ending 'best' has no networks to take"):
        Evolution(build, evaluation="zero_cost", ending="best")


# The ending of a graph


def graph_search(folder, **more):
    x, y = pictures()
    given = {"tuner": "random", "directory": folder, "seed": 3, "max_trials": 2}
    evaluation = ZeroCost("flops", batch=8)
    model = AutoModel(*cell_nodes(), **{**given, "evaluation": evaluation, **more})
    return model, x, y


def test_the_best_network_is_trained_in_all_epochs_of_its_plan(tmp_path):
    model, x, y = graph_search(tmp_path)
    history = model.fit(x, y, epochs=3, batch_size=8, verbose=0)
    assert len(history.history["loss"]) == 3
    assert model.tuner.best_trial().score == model.tuner.leaderboard()["flops"].max()
    record = json.loads((tmp_path / "auto_model" / "final.json").read_text())
    assert record["trial_id"] == model.tuner.best_trial().trial_id
    np.testing.assert_allclose(model.predict(x, verbose=0).sum(axis=1), 1, rtol=1e-5)


def test_held_out_rows_given_apart_are_no_reason_not_to_train(tmp_path):
    model, x, y = graph_search(tmp_path)
    model.fit(x[:16], y[:16], validation_data=(x[16:], y[16:]), epochs=2, batch_size=8, verbose=0)
    assert model.predict(x, verbose=0).shape == y.shape


def test_how_it_is_trained_is_left_to_defaults(tmp_path):
    model, _, _ = graph_search(tmp_path, evaluation=FullTraining())
    hp = model.tuner.oracle.get_space()
    hp.Float("learning_rate", 1e-3, 1e-1, default=0.01)
    hp.values["learning_rate"] = 0.09
    with hp.name_scope("network"):
        CELLS.declare(hp)
    hp.values["network/normal/node0/edge0/op"] = "avg_pool_3x3"
    found = trained_by_default(hp)
    assert found.values["learning_rate"] == 0.01
    assert found.values["network/normal/node0/edge0/op"] == "avg_pool_3x3"
    assert hp.values["learning_rate"] == 0.09


def test_without_time_there_is_no_network_and_that_is_told(tmp_path):
    model, x, y = graph_search(tmp_path, evaluation=ZeroCost(batch=8, pool=5))
    with pytest.raises(SearchError, match="Time was over after 0 of the 5 networks"):
        model.fit(x, y, epochs=1, verbose=0, time_budget=1e-3)


def test_the_training_has_half_of_a_budget(tmp_path):
    for evaluation, least in ((ZeroCost(), 50.0), (FullTraining(), 4.0)):
        model, _, _ = graph_search(tmp_path / least.hex(), evaluation=evaluation)
        ending = SimpleNamespace(seconds=lambda best, elapsed: 2.0)
        call = SimpleNamespace(tuner=model.tuner, time_budget=100.0)
        assert Session._reserve(call, ending, 0.0) == least + 2.0
        assert Session._reserve(call, None, 0.0) == 4.0

"""Searches whose trials are scored without training: by every strategy, through kills."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest

from automl_kit.errors import InputError, ProjectError, SearchError
from automl_kit.evaluation import Folds, ZeroCost, get_evaluation
from automl_kit.evaluation.zero_cost import Standing, vectors
from automl_kit.oracles.trial_figures import is_whole, measured, score_in_search
from automl_kit.tasks.auto_model import AutoModel
from automl_kit.testing.trainings import cell_nodes, pictures, points
from automl_kit.tuners import STRATEGIES, Evolution, Hyperband, Pareto, get_tuner

POOL = ZeroCost(("parameters", "jacov"), batch=12, pool=5, finalists=1)
SIZE = ZeroCost("parameters", finalists=1)


def build(hp):
    """Layers of units that are searched, and a rate that no network shows."""
    hp.Float("rate", 0.01, 0.1)
    hidden = [
        keras.layers.Dense(hp.Int("units", 2, 12), "tanh") for _ in range(hp.Int("deep", 1, 3))
    ]
    model = keras.Sequential([keras.Input((4,)), *hidden, keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    return model


def searched(folder, tuner=Evolution, evaluation=POOL, trials=4, **more):
    x, y = points()
    given = {"directory": folder, "seed": 1, "evaluation": evaluation, "max_trials": trials}
    more.setdefault("objective", "val_loss")
    search = get_tuner(tuner)(build, **{**given, **more})
    search.search(x[::2], y[::2], validation_data=(x[1::2], y[1::2]), epochs=1, verbose=0)
    return search


def told(tuner):
    trials = tuner.oracle.trials
    return [(trials[name].hyperparameters.values, trials[name].score) for name in sorted(trials)]


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name not in ("darts", "enas")])
def test_every_strategy_climbs_by_it_and_the_best_is_trained(tmp_path, name):
    kind = Hyperband.configured(max_epochs=2, factor=2) if name == "hyperband" else name
    tuner = searched(tmp_path, kind, SIZE, trials=3)
    trials = tuner.oracle.completed()
    assert len(trials) == 3
    sizes = [tuner.hypermodel.build(trial.hyperparameters).count_params() for trial in trials]
    assert [score_in_search(trial) for trial in trials] == [-size for size in sizes]  # of a loss
    assert sizes == sorted(sizes, reverse=True)
    assert [is_whole(trial) for trial in trials] == [True, False, False]
    assert tuner.leaderboard()["epochs"].tolist()[1:] == [0, 0]
    assert 0 < trials[0].score == measured(trials[0], "val_loss")
    assert tuner.get_best_models()[0].count_params() == sizes[0]


def test_a_trial_stands_among_the_pool_of_its_project(tmp_path):
    tuner = searched(tmp_path, objective="val_accuracy")
    note = json.loads((tmp_path / "untitled_project" / "zero_cost.json").read_text())
    pool = np.array(note["members"])
    assert note["complete"]
    assert pool.shape == (5, 2)
    standing = Standing({"parameters": pool[:, 0], "jacov": pool[:, 1]})
    board = tuner.leaderboard().iloc[1:]  # those that were not trained whole
    for score, size, jacov in zip(board["score"], board["parameters"], board["jacov"], strict=True):
        assert score == pytest.approx(standing.of({"parameters": size, "jacov": jacov}))
    assert board["score"].is_monotonic_decreasing
    assert (board["status"] == "ESTIMATED").all()


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
        searched(tmp_path, evaluation=replace(POOL, pool=6))
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
    jacov = ZeroCost("jacov", batch=12, finalists=1)
    aims = ["val_accuracy", "flops"]
    tuner = searched(tmp_path, Pareto, jacov, objective=aims, trials=6)
    (whole,) = (trial for trial in tuner.oracle.completed() if is_whole(trial))
    assert score_in_search(whole) == max(map(score_in_search, tuner.oracle.completed()))
    assert [trial.trial_id for trial in tuner.pareto_front()] == [whole.trial_id]


def test_arguments_are_checked():
    assert get_evaluation("zero_cost") == ZeroCost()
    assert ZeroCost(evaluation="folds").judges_all_rows
    assert ZeroCost(evaluation=Folds(3)).describe()["evaluation"] == {"name": "folds", "number": 3}
    for wrong in (
        {"scores": ()}, {"scores": ("jacov", "jacov")}, {"batch": 1}, {"pool": True},
        {"finalists": 0}, {"evaluation": "nothing"},
    ):  # fmt: skip
        with pytest.raises(InputError):
            ZeroCost(**wrong)


# Of graphs


def graph_search(folder, evaluation, **more):
    x, y = pictures()
    model = AutoModel(
        *cell_nodes(), tuner="random", directory=folder, seed=3, max_trials=3,
        initial_hps=[{"learning_rate": 0.02}], evaluation=evaluation,
    )  # fmt: skip
    model.fit(x, y, epochs=2, batch_size=8, verbose=0, **more)
    return model, x, y


def test_the_best_network_of_a_graph_is_trained_as_the_search_was_to_begin(tmp_path):
    model, x, y = graph_search(tmp_path, ZeroCost("flops", batch=8, finalists=1))
    best, board = model.tuner.best_trial(), model.tuner.leaderboard()
    assert measured(best, "flops") == board["flops"].max()
    assert board["learning_rate"].tolist() == [0.02] * 3  # No untrained network shows it.
    assert model.predict(x, verbose=0).shape == y.shape
    record = json.loads((tmp_path / "auto_model" / "final.json").read_text())
    assert record["trial_id"] == best.trial_id


def test_without_time_there_is_no_network_and_that_is_told(tmp_path):
    with pytest.raises(SearchError, match="Time was over after 0 of the 5 networks"):
        graph_search(tmp_path, ZeroCost(batch=8, pool=5), time_budget=1e-3)

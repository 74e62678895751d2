"""Random pools, ranked by scores of hyperparameters' networks."""

import random

import keras
import numpy as np
import pytest
from keras import layers

from automl_kit.errors import InputError
from automl_kit.evaluation.zero_cost import rank_pool, score_vectors
from automl_kit.tasks.auto_model import AutoModel
from automl_kit.testing.trainings import Hypermodel, cell_nodes, growing, pictures, points
from automl_kit.tuners import Evolution

X, Y = points()
built = []


def build(hp):
    width = hp.Int("width", 1, 9)
    built.append(width)
    if width == 5:
        raise ValueError("no network has five units")
    hidden = layers.Dense(width, "relu")
    model = keras.Sequential([keras.Input((4,)), hidden, layers.Dense(3, "softmax")])
    model.compile("sgd", "categorical_crossentropy")
    return model


def test_a_pool_is_ranked_and_those_without_scores_are_last():
    state = random.getstate(), str(np.random.get_state())
    ranking = rank_pool(build, X, Y, 20, scores=("parameters",), seed=3)
    assert (random.getstate(), str(np.random.get_state())) == state
    widths = [member["width"] for member in ranking.members]
    assert widths == [9, 8, 7, 6, 4, 3, 2, 1, 5]  # All that there are.
    assert np.isnan(ranking.scores[-1]).all()
    np.testing.assert_array_equal(ranking.scores[:-1, 0], [8 * w + 3 for w in widths[:-1]])
    assert (np.diff(ranking.log_ranks) <= 0).all()
    assert ranking.best(2) == [{"width": 9}, {"width": 8}]
    assert {"width": 5} not in ranking.best(9)


def test_the_best_start_a_search(tmp_path):
    starts = rank_pool(build, X, Y, 20, scores=("parameters",)).best(2)
    tuner = Evolution(
        build, objective="val_loss", max_trials=2, initial_hps=starts, directory=tmp_path, seed=0
    )
    tuner.search(X, Y, validation_data=(X, Y), epochs=1, verbose=0)
    trials = [trial.hyperparameters.values for trial in tuner.oracle.trials.values()]
    assert trials == starts


def test_a_seed_gives_one_ranking():
    first, again, other = (
        rank_pool(build, X, Y, 4, scores=("flops", "jacov"), seed=seed) for seed in (1, 1, 2)
    )
    assert first.members == again.members
    np.testing.assert_array_equal(first.scores, again.scores)
    assert {tuple(m.values()) for m in first.members} != {tuple(m.values()) for m in other.members}


def test_features_of_hyperparameters_are_remembered():
    features = score_vectors(build, X, Y, scores=("parameters", "grad_norm"))
    assert features.names == ("parameters", "grad_norm")
    built.clear()
    first = features({"width": 2})
    first[:] = 0
    again = features({"width": 2, "something else": 1})
    assert again[0] == 2 * 8 + 3
    assert built == [2]
    assert np.isnan(features({"width": 5})).all()
    assert "no network has five units" in next(iter(features.failures.values()))
    assert features({})[0] == 8 + 3  # of the default


def test_what_networks_declare_later_is_drawn_too():
    ranking = rank_pool(Hypermodel(growing), X, Y, 12, scores=("parameters",))
    deep = [member for member in ranking.members if member["layers"] == 4]
    assert deep
    assert all(f"units_{layer}" in member for member in deep for layer in range(4))
    assert len({member["units_3"] for member in deep}) > 1


def test_graphs_are_ranked_as_their_trials_would_be(tmp_path):
    x, y = pictures()
    graph = AutoModel(*cell_nodes(), directory=tmp_path).tuner.hypermodel
    ranking = rank_pool(graph, x, y, 3, batch=12)
    assert np.isfinite(ranking.scores).all()
    assert "network/normal/node0/edge0/op" in ranking.members[0]
    assert "learning_rate" not in ranking.members[0]
    with pytest.raises(InputError, match="need y"):
        rank_pool(graph, x, size=3)


def test_a_pool_without_any_score_is_told():
    with pytest.raises(InputError, match="None of 9 random members could be scored by naswot"):
        rank_pool(lambda hp: Hypermodel()(hp), X, Y, 9, scores=("naswot",))

"""Everything that a worker needs can be sent to another process, and is the same there."""

import dataclasses
import pickle
from typing import Any

import keras
import keras_tuner
import numpy as np
import pytest

from automl_kit.evaluation import EVALUATIONS, Folds, Objective, Result, get_evaluation
from automl_kit.evaluation.model_trainer import FitCall
from automl_kit.evaluation.rows import Rows, TrainingData
from automl_kit.oracles import OracleArguments
from automl_kit.problems import Classification, problem_from_json
from automl_kit.search.stage import Pinned
from automl_kit.spaces import DARTS, NAS_BENCH_201, MacroSpace
from automl_kit.tuners import (
    STRATEGIES,
    CellSearch,
    Darts,
    DartsSettings,
    DartsStage,
    Enas,
    EnasSettings,
    Evolution,
    get_tuner,
)


def sent(value: Any) -> Any:
    """What comes out at the other end."""
    return pickle.loads(pickle.dumps(value))


def same(first: Any, second: Any) -> bool:
    """Whether two values are equal, arrays by their content."""
    if isinstance(first, np.ndarray):
        alike = first.dtype == second.dtype and first.shape == second.shape
        return alike and np.array_equal(first, second)
    if type(first) is not type(second):
        return False
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, dict):
        return list(first) == list(second) and all(same(first[k], second[k]) for k in first)
    if dataclasses.is_dataclass(first):
        names = [field.name for field in dataclasses.fields(first)]
        return all(same(getattr(first, name), getattr(second, name)) for name in names)
    if isinstance(first, keras.callbacks.Callback):
        return same(vars(first), vars(second))
    return bool(first == second)


ROWS = Rows(np.eye(4, 3), np.eye(4, 2)[[0, 1, 0, 1]], np.array([1, 2, 1, 2], "float32"))
CONFIGURED = {
    "evolution": Evolution.configured(population_size=20),
    "bayesian": get_tuner("bayesian").configured(num_initial_points=4, beta=1.0),
    "hyperband": get_tuner("hyperband").configured(max_epochs=9, factor=3),
    "darts": Darts.configured(
        CellSearch(settings=DartsSettings(order=2, epochs=5)), share=0.3, trials=Evolution
    ),
    "darts and pareto": Darts.configured(trials="pareto"),
    "enas": Enas.configured(EnasSettings(epochs=5, train="fair"), trials=Evolution),
}


@pytest.mark.parametrize("name", STRATEGIES)
def test_strategies_and_their_tuners(name):
    kind = get_tuner(name)
    assert sent(kind) is kind
    assert sent(kind.strategy) == kind.strategy
    assert sent(kind.strategy).describe() == kind.strategy.describe()


@pytest.mark.parametrize("strategy", CONFIGURED.values(), ids=list(CONFIGURED))
def test_configured_strategies_make_the_same_oracle(strategy):
    again = sent(strategy)
    assert again == strategy
    assert again.describe() == strategy.describe()
    oracles = [s.make_oracle("val_loss", [], 20, seed=1) for s in (strategy, again)]
    assert type(oracles[0]) is type(oracles[1])
    for name, value in strategy.settings.items():
        assert [getattr(oracle, name) for oracle in oracles] == [value] * 2


@pytest.mark.parametrize("name", EVALUATIONS)
def test_evaluations(name):
    evaluation = get_evaluation(name)
    assert sent(evaluation) == evaluation
    assert sent(evaluation).describe() == evaluation.describe()
    assert sent(Folds(3)) == Folds(3) != Folds(4)


@pytest.mark.parametrize(
    "value",
    [
        DartsStage(share=0.2),
        Pinned({"cells": "a"}, 3.5, True, {"genotype": "b"}),
        Result(
            0.5, 2, [0.1, 0.5], {"val_loss": 0.5}, {"seconds": 1.0}, np.eye(3), True, reason="x"
        ),
        Objective("val_accuracy", "max"),
        ROWS,
        TrainingData(ROWS, ROWS.take(np.array([0, 1])), 5, 32, (keras.callbacks.Callback(),), True),
        TrainingData(Rows((ROWS.x, ROWS.x), (ROWS.y, ROWS.y)), None, 5, 32),
        FitCall((ROWS.x, ROWS.y), {"epochs": 3}),
        DARTS,
        NAS_BENCH_201,
        MacroSpace(),
        DARTS.sample(np.random.default_rng(0)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_stages_results_rows_and_spaces(value):
    assert same(sent(value), value)


@pytest.mark.parametrize("labels", [["no", "yes"], [3, 5, 7], [True, False]])
def test_problems(labels):
    problem = Classification()
    problem.learn(labels)
    for again in (sent(problem), problem_from_json(problem.to_json())):
        assert type(again) is Classification
        assert again.to_json() == problem.to_json()
        outputs = np.eye(len(labels))
        assert same(again.decode(outputs), problem.decode(outputs))


def test_what_every_oracle_is_told():
    space = keras_tuner.HyperParameters()
    space.Int("depth", 1, 5)
    with space.conditional_scope("depth", [2]):
        space.Choice("act", ["relu", "tanh"])
    told = OracleArguments(
        seed=2**40, initial_hps=[{"depth": 3}], hyperparameters=space, tune_new_entries=False
    )
    again = sent(told)
    assert again.pop("hyperparameters").get_config() == told.pop("hyperparameters").get_config()
    assert again == told


def test_the_check_itself_sees_a_difference():
    assert same(ROWS, ROWS)
    assert not same(ROWS, dataclasses.replace(ROWS, x=ROWS.x + 1))
    assert not same([1], [1, 2])
    assert not same({"a": 1}, {"a": 2})

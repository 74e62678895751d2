"""KerasTuner's and AutoKeras's oracles, made durable."""

import keras_tuner
from autokeras.tuners import greedy

from automl_kit.oracles.durable import DurableOracle


class GreedyOracle(DurableOracle, greedy.GreedyOracle):  # type: ignore[misc]
    """AutoKeras's greedy search (Jin et al. 2019): random changes of one group of the best."""


class RandomOracle(DurableOracle, keras_tuner.oracles.RandomSearchOracle):  # type: ignore[misc]
    """Random search without repeats."""


class BayesianOracle(DurableOracle, keras_tuner.oracles.BayesianOptimizationOracle):  # type: ignore[misc]
    """KerasTuner's Gaussian process with an upper confidence bound."""


class HyperbandOracle(DurableOracle, keras_tuner.oracles.HyperbandOracle):  # type: ignore[misc]
    """Hyperband (Li et al. 2018): many short trials, the best ones go on."""

    def needed_checkpoints(self) -> set[str]:
        """Those of brackets still under way too: their trials may be continued."""
        under_way = {
            entry["id"]
            for bracket in self._brackets
            for rung in bracket["rounds"]
            for entry in rung
        }
        return super().needed_checkpoints() | under_way

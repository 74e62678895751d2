"""Oracles: what proposes the hyperparameters of a trial, one module a strategy."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.tuners.oracles.durable import DurableOracle
    from automl_kit.tuners.oracles.evolution import EvolutionOracle
    from automl_kit.tuners.oracles.local_search import LocalSearchOracle
    from automl_kit.tuners.oracles.pareto import ParetoOracle
    from automl_kit.tuners.oracles.reinforce import ReinforceOracle
    from automl_kit.tuners.oracles.settings import OracleSettings
    from automl_kit.tuners.oracles.stock import (
        BayesianOracle,
        GreedyOracle,
        HyperbandOracle,
        RandomOracle,
    )
    from automl_kit.tuners.oracles.strategy import StrategyOracle

__all__ = [
    "BayesianOracle",
    "DurableOracle",
    "EvolutionOracle",
    "GreedyOracle",
    "HyperbandOracle",
    "LocalSearchOracle",
    "OracleSettings",
    "ParetoOracle",
    "RandomOracle",
    "ReinforceOracle",
    "StrategyOracle",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "durable": ["DurableOracle"],
        "evolution": ["EvolutionOracle"],
        "local_search": ["LocalSearchOracle"],
        "pareto": ["ParetoOracle"],
        "reinforce": ["ReinforceOracle"],
        "settings": ["OracleSettings"],
        "stock": ["BayesianOracle", "GreedyOracle", "HyperbandOracle", "RandomOracle"],
        "strategy": ["StrategyOracle"],
    },
)

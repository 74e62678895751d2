"""Oracles: what proposes the hyperparameters of a trial, one module a strategy."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.oracles.durable import DurableOracle
    from automl_kit.oracles.evolution import EvolutionOracle
    from automl_kit.oracles.learning import LearningOracle
    from automl_kit.oracles.local_search import LocalSearchOracle
    from automl_kit.oracles.pareto import ParetoOracle
    from automl_kit.oracles.reinforce import ReinforceOracle
    from automl_kit.oracles.settings import OracleSettings
    from automl_kit.oracles.stock import (
        BayesianOracle,
        GreedyOracle,
        HyperbandOracle,
        RandomOracle,
    )

__all__ = [
    "BayesianOracle",
    "DurableOracle",
    "EvolutionOracle",
    "GreedyOracle",
    "HyperbandOracle",
    "LearningOracle",
    "LocalSearchOracle",
    "OracleSettings",
    "ParetoOracle",
    "RandomOracle",
    "ReinforceOracle",
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
        "learning": ["LearningOracle"],
    },
)

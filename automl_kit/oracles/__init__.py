"""Oracles: what proposes the hyperparameters of a trial, one module a strategy."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.oracles.adopted import BayesianOracle, GreedyOracle, RandomOracle
    from automl_kit.oracles.candidate_scores import CandidateScores
    from automl_kit.oracles.durable import DurableOracle
    from automl_kit.oracles.evolution import EvolutionOracle
    from automl_kit.oracles.generations import Generation
    from automl_kit.oracles.hyperband import HyperbandOracle
    from automl_kit.oracles.learning import LearningOracle
    from automl_kit.oracles.local_search import LocalSearchOracle
    from automl_kit.oracles.pareto import ParetoOracle
    from automl_kit.oracles.reinforce import ReinforceOracle
    from automl_kit.oracles.rung import Rung
    from automl_kit.oracles.settings import OracleArguments, own_settings

__all__ = [
    "BayesianOracle",
    "CandidateScores",
    "DurableOracle",
    "EvolutionOracle",
    "Generation",
    "GreedyOracle",
    "HyperbandOracle",
    "LearningOracle",
    "LocalSearchOracle",
    "OracleArguments",
    "ParetoOracle",
    "RandomOracle",
    "ReinforceOracle",
    "Rung",
    "own_settings",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "candidate_scores": ["CandidateScores"],
        "durable": ["DurableOracle"],
        "evolution": ["EvolutionOracle"],
        "local_search": ["LocalSearchOracle"],
        "pareto": ["ParetoOracle"],
        "reinforce": ["ReinforceOracle"],
        "generations": ["Generation"],
        "hyperband": ["HyperbandOracle"],
        "rung": ["Rung"],
        "settings": ["OracleArguments", "own_settings"],
        "adopted": ["BayesianOracle", "GreedyOracle", "RandomOracle"],
        "learning": ["LearningOracle"],
    },
)

"""Search strategies: oracles that propose hyperparameters and tuners that try them.

The tuners are what `autokeras.AutoModel(tuner=…)` takes. They differ from
AutoKeras's own in what happens around a trial: failures are recorded, state
survives a kill, time is bounded, checkpoints that can't win are deleted.
"""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.oracles import (
        DurableOracle,
        EvolutionOracle,
        LearningOracle,
        LocalSearchOracle,
        OracleSettings,
        ParetoOracle,
        ReinforceOracle,
    )
    from automl_kit.search.model_tuner import ModelTuner
    from automl_kit.search.stages.darts import (
        CellSearch,
        Darts,
        DartsEpoch,
        DartsSearch,
        DartsSettings,
    )
    from automl_kit.search.tuner import SearchTuner
    from automl_kit.tuners.registry import get_tuner_class
    from automl_kit.tuners.strategies import (
        BayesianOptimization,
        Evolution,
        Greedy,
        Hyperband,
        LocalSearch,
        Pareto,
        RandomSearch,
        Reinforce,
        Strategy,
    )

__all__ = [
    "BayesianOptimization",
    "CellSearch",
    "Darts",
    "DartsEpoch",
    "DartsSearch",
    "DartsSettings",
    "DurableOracle",
    "Evolution",
    "EvolutionOracle",
    "Greedy",
    "Hyperband",
    "LearningOracle",
    "LocalSearch",
    "LocalSearchOracle",
    "ModelTuner",
    "OracleSettings",
    "Pareto",
    "ParetoOracle",
    "RandomSearch",
    "Reinforce",
    "ReinforceOracle",
    "SearchTuner",
    "Strategy",
    "get_tuner_class",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "automl_kit.search.stages.darts": [
            "CellSearch",
            "Darts",
            "DartsEpoch",
            "DartsSearch",
            "DartsSettings",
        ],
        "automl_kit.search.model_tuner": ["ModelTuner"],
        "automl_kit.oracles": [
            "DurableOracle",
            "EvolutionOracle",
            "LocalSearchOracle",
            "OracleSettings",
            "ParetoOracle",
            "ReinforceOracle",
            "LearningOracle",
        ],
        "registry": ["get_tuner_class"],
        "automl_kit.search.tuner": ["SearchTuner"],
        "strategies": [
            "BayesianOptimization",
            "Evolution",
            "Greedy",
            "Hyperband",
            "LocalSearch",
            "Pareto",
            "RandomSearch",
            "Reinforce",
            "Strategy",
        ],
    },
)

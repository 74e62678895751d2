"""Search strategies under their public names, as tuners and as values.

`Evolution(build_model, …)` is called as `keras_tuner.RandomSearch` is; a task's and an
`AutoModel`'s `tuner=` takes the class, its name "evolution", or
`Evolution.configured(population_size=20)`.
"""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.search.stages.darts import (
        CellSearch,
        DartsEpoch,
        DartsSearch,
        DartsSettings,
        DartsStage,
    )
    from automl_kit.search.stages.enas import EnasEpoch, EnasSearch, EnasSettings, EnasStage
    from automl_kit.search.strategy import Strategy
    from automl_kit.search.tuner import SearchTuner
    from automl_kit.tuners.strategies import (
        BayesianOptimization,
        Darts,
        Efficient,
        Enas,
        Evolution,
        Greedy,
        Hyperband,
        LocalSearch,
        Pareto,
        RandomSearch,
        Reinforce,
        get_strategy,
        get_tuner,
    )

__all__ = [
    "AUTO",
    "DEFAULT_STRATEGY",
    "NOT_ON_TABLES",
    "STRATEGIES",
    "BayesianOptimization",
    "CellSearch",
    "Darts",
    "DartsEpoch",
    "DartsSearch",
    "DartsSettings",
    "DartsStage",
    "Efficient",
    "Enas",
    "EnasEpoch",
    "EnasSearch",
    "EnasSettings",
    "EnasStage",
    "Evolution",
    "Greedy",
    "Hyperband",
    "LocalSearch",
    "Pareto",
    "RandomSearch",
    "Reinforce",
    "SearchTuner",
    "Strategy",
    "get_strategy",
    "get_tuner",
]

STRATEGIES: dict[str, tuple[str, str]] = {
    "greedy": ("Greedy", "AutoKeras's own: changes one group of the best trial's values"),
    "random": ("RandomSearch", "random search without repeats, to compare with"),
    "bayesian": ("BayesianOptimization", "KerasTuner's Gaussian process"),
    "hyperband": ("Hyperband", "many short trainings, of which the best go on"),
    "evolution": ("Evolution", "aging evolution, its children screened by a Gaussian process"),
    "local": ("LocalSearch", "hill climbing with restarts"),
    "reinforce": ("Reinforce", "an LSTM controller trained by REINFORCE"),
    "pareto": ("Pareto", "NSGA-II: the score against parameters, seconds, latency or FLOPs"),
    "darts": ("Darts", "cells by gradient descent on a supernet, then trials of their network"),
    "efficient": ("Efficient", "cells ranked untrained, small tasks, early ends, the best whole"),
    "enas": ("Enas", "cells by an LSTM controller on shared weights, then trials of their network"),
}
"""The strategies by name: the tuner class, and what it does. The one list of them."""

DEFAULT_STRATEGY = "greedy"

AUTO = "auto"
"""What tasks and `AutoModel` take for the strategy that suits what is searched."""

NOT_ON_TABLES: dict[str, str] = {
    "pareto": "it has no single score whose regret could be told",
    "darts": "it trains a supernet, and a table has trained cells only",
    "enas": "it trains a supernet, and a table has trained cells only",
    "efficient": "it is evolution there, whose trials cost less",
}
"""The strategies that can't be run on a table of trained networks, and why."""

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "automl_kit.search.stages.darts": [
            "CellSearch",
            "DartsEpoch",
            "DartsSearch",
            "DartsSettings",
            "DartsStage",
        ],
        "automl_kit.search.stages.enas": ["EnasEpoch", "EnasSearch", "EnasSettings", "EnasStage"],
        "automl_kit.search.strategy": ["Strategy"],
        "automl_kit.search.tuner": ["SearchTuner"],
        "strategies": [*(kind for kind, _ in STRATEGIES.values()), "get_strategy", "get_tuner"],
    },
)

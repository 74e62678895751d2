"""Performance estimation: what a network is worth, measured on held-out data."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.evaluation.metrics import classification_metrics
    from automl_kit.evaluation.nas_bench import NasBenchTable, NotInTableError
    from automl_kit.evaluation.objectives import Objective, resolve_objective, split_objectives
    from automl_kit.evaluation.searchers import Searcher, oracle_method
    from automl_kit.evaluation.simulation import Budget, simulate
    from automl_kit.evaluation.summaries import chosen, regret_at

__all__ = [
    "Budget",
    "NasBenchTable",
    "NotInTableError",
    "Objective",
    "Searcher",
    "chosen",
    "classification_metrics",
    "oracle_method",
    "regret_at",
    "resolve_objective",
    "simulate",
    "split_objectives",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "metrics": ["classification_metrics"],
        "nas_bench": ["NasBenchTable", "NotInTableError"],
        "objectives": ["Objective", "resolve_objective", "split_objectives"],
        "searchers": ["Searcher", "oracle_method"],
        "simulation": ["Budget", "simulate"],
        "summaries": ["chosen", "regret_at"],
    },
    light=["metrics", "nas_bench", "searchers", "simulation", "summaries"],
)

"""Benchmark tables of trained cells, and searches simulated on them."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.benchmark.nas_bench import NasBenchTable, NotInTableError
    from automl_kit.benchmark.searchers import Searcher, oracle_method
    from automl_kit.benchmark.simulation import Budget, simulate
    from automl_kit.benchmark.summaries import chosen, regret_at

__all__ = [
    "Budget",
    "NasBenchTable",
    "NotInTableError",
    "Searcher",
    "chosen",
    "oracle_method",
    "regret_at",
    "simulate",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "nas_bench": ["NasBenchTable", "NotInTableError"],
        "searchers": ["Searcher", "oracle_method"],
        "simulation": ["Budget", "simulate"],
        "summaries": ["chosen", "regret_at"],
    },
    light=["nas_bench", "searchers", "simulation", "summaries"],
)

"""Benchmark tables of trained cells, and searches simulated on them."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.benchmark.budget import Budget
    from automl_kit.benchmark.chosen_cells import chosen
    from automl_kit.benchmark.nas_bench import NasBenchTable, NotInTableError
    from automl_kit.benchmark.simulation import Method, oracle_method, simulate
    from automl_kit.benchmark.table_evaluation import Table
    from automl_kit.report.regret_summary import regret_at

__all__ = [
    "Budget",
    "Method",
    "NasBenchTable",
    "NotInTableError",
    "Table",
    "chosen",
    "oracle_method",
    "regret_at",
    "simulate",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "automl_kit.report.regret_summary": ["regret_at"],
        "budget": ["Budget"],
        "chosen_cells": ["chosen"],
        "nas_bench": ["NasBenchTable", "NotInTableError"],
        "simulation": ["Method", "oracle_method", "simulate"],
        "table_evaluation": ["Table"],
    },
    light=[
        "automl_kit.report.regret_summary",
        "budget",
        "chosen_cells",
        "nas_bench",
        "table_evaluation",
    ],
)

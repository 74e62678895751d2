"""Benchmark tables of what was trained, and searches simulated on them."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.benchmark.budget import Budget
    from automl_kit.benchmark.chosen_cells import chosen
    from automl_kit.benchmark.figure_table import FigureTable, NotInTableError
    from automl_kit.benchmark.grid_table import GridTable, read_benchmark
    from automl_kit.benchmark.nas_bench import NasBenchTable
    from automl_kit.benchmark.simulation import Method, oracle_method, simulate
    from automl_kit.benchmark.table_evaluation import Table
    from automl_kit.report.regret_summary import regret_at

__all__ = [
    "Budget",
    "FigureTable",
    "GridTable",
    "Method",
    "NasBenchTable",
    "NotInTableError",
    "Table",
    "chosen",
    "oracle_method",
    "read_benchmark",
    "regret_at",
    "simulate",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "automl_kit.report.regret_summary": ["regret_at"],
        "budget": ["Budget"],
        "chosen_cells": ["chosen"],
        "figure_table": ["FigureTable", "NotInTableError"],
        "grid_table": ["GridTable", "read_benchmark"],
        "nas_bench": ["NasBenchTable"],
        "simulation": ["Method", "oracle_method", "simulate"],
        "table_evaluation": ["Table"],
    },
    light=[
        "automl_kit.report.regret_summary",
        "budget",
        "chosen_cells",
        "figure_table",
        "grid_table",
        "nas_bench",
        "table_evaluation",
    ],
)

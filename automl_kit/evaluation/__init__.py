"""Performance estimation: what a network is worth, measured on held-out data."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.evaluation.metrics import classification_metrics
    from automl_kit.evaluation.objectives import Objective, resolve_objective, split_objectives

__all__ = ["Objective", "classification_metrics", "resolve_objective", "split_objectives"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "metrics": ["classification_metrics"],
        "objectives": ["Objective", "resolve_objective", "split_objectives"],
    },
    light=["metrics"],
)

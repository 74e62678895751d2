"""Performance estimation: what a trial is worth, measured on rows that it hasn't seen."""

from typing import TYPE_CHECKING, Any

from automl_kit.errors import InputError
from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.evaluation.base import Evaluation, Pruner, Result, Run
    from automl_kit.evaluation.folds import Folds
    from automl_kit.evaluation.full import FullTraining
    from automl_kit.evaluation.metrics import classification_metrics
    from automl_kit.evaluation.objectives import Objective, resolve_objective, split_objectives
    from automl_kit.evaluation.proxy import Proxy
    from automl_kit.evaluation.pruners import (
        MedianPruner,
        PashaPruner,
        SuccessiveHalvingPruner,
        WilcoxonPruner,
        get_pruner,
    )
    from automl_kit.evaluation.weight_sharing import WeightSharing
    from automl_kit.evaluation.zero_cost import ZeroCost

__all__ = [
    "Evaluation",
    "Folds",
    "FullTraining",
    "MedianPruner",
    "Objective",
    "PashaPruner",
    "Proxy",
    "Pruner",
    "Result",
    "Run",
    "SuccessiveHalvingPruner",
    "WeightSharing",
    "WilcoxonPruner",
    "ZeroCost",
    "classification_metrics",
    "get_evaluation",
    "get_pruner",
    "resolve_objective",
    "split_objectives",
]

EVALUATIONS = {
    "full": "FullTraining",
    "folds": "Folds",
    "sharing": "WeightSharing",
    "zero_cost": "ZeroCost",
}
"""The evaluations by name, with their defaults."""

PRUNERS = ("median", "asha", "pasha", "wilcoxon")
"""The names of the pruners with their defaults."""

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "base": ["Evaluation", "Pruner", "Result", "Run"],
        "folds": ["Folds"],
        "full": ["FullTraining"],
        "metrics": ["classification_metrics"],
        "objectives": ["Objective", "resolve_objective", "split_objectives"],
        "proxy": ["Proxy"],
        "pruners": [
            "MedianPruner",
            "PashaPruner",
            "SuccessiveHalvingPruner",
            "WilcoxonPruner",
            "get_pruner",
        ],
        "weight_sharing": ["WeightSharing"],
        "zero_cost": ["ZeroCost"],
    },
    light=["base", "folds", "full", "metrics", "pruners", "weight_sharing"],
)


def get_evaluation(evaluation: "str | Evaluation") -> "Evaluation":
    """Finds an evaluation by its name; an evaluation is given back.

    Raises:
        InputError: If there is none of this name, or it is something else.

    Example:
        >>> get_evaluation("folds")
        Folds(number=None)
    """
    if isinstance(evaluation, str) and evaluation in EVALUATIONS:
        found: Any = __getattr__(EVALUATIONS[evaluation])()
        return found  # type: ignore[no-any-return]
    if not isinstance(evaluation, str | type) and hasattr(evaluation, "evaluate"):
        return evaluation
    names = ", ".join(repr(name) for name in EVALUATIONS)
    raise InputError(
        f"There is no evaluation {evaluation!r}; expected {names}, or an evaluation such as "
        "automl_kit.evaluation.Folds(5)."
    )

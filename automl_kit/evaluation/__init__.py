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
    from automl_kit.evaluation.zero_cost import ZeroCost

__all__ = [
    "Evaluation",
    "Folds",
    "FullTraining",
    "Objective",
    "Pruner",
    "Result",
    "Run",
    "ZeroCost",
    "classification_metrics",
    "get_evaluation",
    "resolve_objective",
    "split_objectives",
]

EVALUATIONS = {"full": "FullTraining", "folds": "Folds", "zero_cost": "ZeroCost"}
"""The evaluations by name, with their defaults."""

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "base": ["Evaluation", "Pruner", "Result", "Run"],
        "folds": ["Folds"],
        "full": ["FullTraining"],
        "metrics": ["classification_metrics"],
        "objectives": ["Objective", "resolve_objective", "split_objectives"],
        "zero_cost": ["ZeroCost"],
    },
    light=["base", "folds", "full", "metrics"],
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

"""Early stopping across trials: rules that end trials which fall behind the others."""

from typing import Any

from automl_kit.errors import InputError
from automl_kit.evaluation import PRUNERS
from automl_kit.evaluation.base import Pruner
from automl_kit.evaluation.pruners.median import MedianPruner
from automl_kit.evaluation.pruners.pasha import PashaPruner
from automl_kit.evaluation.pruners.successive_halving import SuccessiveHalvingPruner
from automl_kit.evaluation.pruners.wilcoxon import WilcoxonPruner

__all__ = [
    "MedianPruner",
    "PashaPruner",
    "SuccessiveHalvingPruner",
    "WilcoxonPruner",
    "get_pruner",
]

_KINDS: dict[str, Any] = {
    "median": MedianPruner,
    "asha": SuccessiveHalvingPruner,
    "pasha": PashaPruner,
    "wilcoxon": WilcoxonPruner,
}


def get_pruner(pruner: str | Pruner | None, evaluation: Any = None) -> Pruner | None:
    """Finds a pruner by its name; a pruner is given back, and None.

    Args:
        pruner: A name, a pruner, or None for nobody.
        evaluation: What judges the trials; None where that isn't known yet.

    Raises:
        InputError: If there is none of this name, it is something else, or it compares folds and
            trials are judged by none.

    Example:
        >>> get_pruner("median")
        MedianPruner(startup=5, warmup=0)
    """
    if pruner is None:
        return None
    found: Any = _KINDS[pruner]() if isinstance(pruner, str) and pruner in PRUNERS else pruner
    if isinstance(found, str | type) or not hasattr(found, "stop"):
        raise InputError(
            f"There is no pruner {pruner!r}; expected {', '.join(map(repr, PRUNERS))}, None, or a "
            "pruner such as automl_kit.evaluation.MedianPruner(warmup=3)."
        )
    by_folds = evaluation is None or getattr(evaluation, "judges_all_rows", False)
    if found.steps == "folds" and not by_folds:
        raise InputError(
            f"The pruner {found.describe()['name']!r} compares trials fold by fold, and trials are "
            "judged by one training each. Pass evaluation='folds', or another pruner, such as "
            "'median'."
        )
    kept: Pruner = found
    return kept

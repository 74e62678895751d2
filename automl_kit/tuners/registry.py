"""The strategies by name."""

from automl_kit.errors import InputError
from automl_kit.search.stages.darts.strategy import Darts
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

TUNERS: dict[str, type[Strategy]] = {
    "greedy": Greedy,
    "random": RandomSearch,
    "bayesian": BayesianOptimization,
    "hyperband": Hyperband,
    "evolution": Evolution,
    "local": LocalSearch,
    "reinforce": Reinforce,
    "pareto": Pareto,
    "darts": Darts,
}


def get_tuner_class(tuner: str | type[Strategy]) -> type[Strategy]:
    """Finds a strategy by its name; a class of ours is given back.

    Raises:
        InputError: If there is no such strategy.

    Example:
        >>> get_tuner_class("random").__name__
        'RandomSearch'
    """
    if isinstance(tuner, type) and issubclass(tuner, Strategy):
        return tuner
    if isinstance(tuner, str) and tuner in TUNERS:
        return TUNERS[tuner]
    names = ", ".join(repr(name) for name in TUNERS)
    raise InputError(
        f"There is no tuner {tuner!r}; expected one of {names}, "
        "or a subclass of automl_kit.tuners.Strategy."
    )

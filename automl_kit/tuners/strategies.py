"""The strategies under their public names: one tuner class each, and the registry of them."""

from typing import Any

from automl_kit.errors import InputError
from automl_kit.evaluation import Proxy, SuccessiveHalvingPruner
from automl_kit.oracles import (
    BayesianOracle,
    EvolutionOracle,
    GreedyOracle,
    HyperbandOracle,
    LocalSearchOracle,
    ParetoOracle,
    RandomOracle,
    ReinforceOracle,
)
from automl_kit.search.stage import Stage
from automl_kit.search.stages.darts import CellSearch, DartsStage
from automl_kit.search.stages.enas import EnasSettings, EnasStage
from automl_kit.search.stages.pool_stage import PoolStage
from automl_kit.search.strategy import Strategy
from automl_kit.search.tuner import SearchTuner
from automl_kit.tuners import STRATEGIES


class Greedy(SearchTuner):
    """AutoKeras's greedy search: changes one group of the best trial's hyperparameters."""

    strategy = Strategy("greedy", GreedyOracle)


class RandomSearch(SearchTuner):
    """Random search without repeats, the baseline."""

    strategy = Strategy("random", RandomOracle)


class BayesianOptimization(SearchTuner):
    """KerasTuner's Gaussian process; settings `num_initial_points`, `alpha` and `beta`."""

    strategy = Strategy("bayesian", BayesianOracle)


class Hyperband(SearchTuner):
    """Many short trainings, of which the best go on (Li et al. 2018).

    Settings `max_epochs` (of the longest training), `factor` and `hyperband_iterations`, as in
    `keras_tuner.Hyperband`.
    """

    strategy = Strategy("hyperband", HyperbandOracle, max_trials=None)


class Evolution(SearchTuner):
    """Aging evolution whose children are screened by a model; settings: see `EvolutionOracle`.

    Example:
        >>> from automl_kit.tuners import Evolution
        >>> Evolution.configured(population_size=20).settings
        {'population_size': 20}
    """

    strategy = Strategy("evolution", EvolutionOracle)


class LocalSearch(SearchTuner):
    """First-improvement hill climbing with restarts; settings: see `LocalSearchOracle`."""

    strategy = Strategy("local", LocalSearchOracle)


class Reinforce(SearchTuner):
    """An LSTM controller trained by REINFORCE; settings: see `ReinforceOracle`."""

    strategy = Strategy("reinforce", ReinforceOracle)


class Pareto(SearchTuner):
    """NSGA-II over the objective and what a network costs; settings: see `ParetoOracle`.

    Where one objective is given, the number of parameters is the second; "seconds" of training,
    "latency", "flops" and other metrics can be named in a list.
    """

    strategy = Strategy("pareto", ParetoOracle, costs=("parameters",))


class Darts(SearchTuner):
    """Finds cells by gradient descent on a supernet, then tries how to train their network.

    For images, and for any AutoKeras graph with a `CellBlock`: the cells are pinned, and trials
    search the other hyperparameters of the graph.

    Example:
        >>> from automl_kit.tuners import CellSearch, Darts, DartsSettings, Evolution
        >>> search = CellSearch(settings=DartsSettings(order=2, epochs=5))
        >>> Darts.configured(search=search, trials=Evolution).name
        'darts'
    """

    strategy = Strategy("darts", GreedyOracle, stages=(DartsStage(),))

    @classmethod
    def configured(  # type: ignore[override]
        cls,
        search: CellSearch | None = None,
        share: float = 0.5,
        trials: Any = "greedy",
    ) -> Strategy:
        """DARTS with other settings.

        Args:
            search: The supernet and the settings by which cells are found.
            share: Share of a time budget that this may take.
            trials: The strategy of the trials that follow, by name, class or value.
        """
        return _behind("darts", DartsStage(search=search or CellSearch(), share=share), trials)


class Enas(SearchTuner):
    """Finds cells by a controller on weights that all cells share (Pham et al. 2018).

    The controller is that of `Reinforce`; it and the weights are trained in turn. The cells found
    are then pinned, and trials search the other hyperparameters of the graph, as of `Darts`.

    Example:
        >>> from automl_kit.tuners import Enas, EnasSettings
        >>> Enas.configured(EnasSettings(epochs=30), share=0.6).stages[0].share
        0.6
    """

    strategy = Strategy("enas", GreedyOracle, stages=(EnasStage(),))

    @classmethod
    def configured(  # type: ignore[override]
        cls,
        search: EnasSettings | None = None,
        share: float = 0.5,
        trials: Any = "greedy",
    ) -> Strategy:
        """ENAS with other settings.

        Args:
            search: The supernet and the settings by which cells are found.
            share: Share of a time budget that this may take.
            trials: The strategy of the trials that follow, by name, class or value.
        """
        return _behind("enas", EnasStage(search=search or EnasSettings(), share=share), trials)


class Efficient(SearchTuner):
    """The combined search: cells ranked without training, trials by a smaller task, the best whole.

    Evolution whose trials on a task's images are judged by a part of the rows and ended early where
    they fall behind; the best three are then trained whole. Where cells are searched, those that
    untrained networks speak for come first (see `PoolStage`). Tables and texts, whose folds are
    cheap, are judged by these as with any strategy.

    Example:
        >>> from automl_kit.tuners import Efficient
        >>> Efficient.strategy.evaluation.describe()["rows"]
        0.3
    """

    strategy = Strategy(
        "efficient", EvolutionOracle, stages=(PoolStage(),), evaluation=Proxy(rows=0.3),
        pruner=SuccessiveHalvingPruner(),
    )  # fmt: skip


def _behind(name: str, stage: Stage, trials: Any) -> Strategy:
    """The strategy of the trials with a stage in front of it."""
    after = get_strategy(trials)
    return Strategy(
        name, after.oracle, after.settings, (stage, *after.stages), after.costs, after.max_trials
    )


TUNERS: dict[str, type[SearchTuner]] = {
    name: globals()[kind] for name, (kind, _) in STRATEGIES.items()
}
"""The tuner classes by the name of their strategy."""


def get_tuner(tuner: Any) -> type[SearchTuner] | Strategy:
    """Finds what makes the tuner: a strategy's name, a tuner class, or a configured strategy.

    Raises:
        InputError: If there is no such strategy.

    Example:
        >>> get_tuner("random").__name__
        'RandomSearch'
    """
    if isinstance(tuner, Strategy) or (isinstance(tuner, type) and issubclass(tuner, SearchTuner)):
        return tuner
    if isinstance(tuner, str) and tuner in TUNERS:
        return TUNERS[tuner]
    names = ", ".join(repr(name) for name in TUNERS)
    raise InputError(
        f"There is no strategy {tuner!r}; expected one of {names}, a class of automl_kit.tuners, "
        "or a configured one such as Evolution.configured(population_size=20)."
    )


def get_strategy(tuner: Any) -> Strategy:
    """The strategy of what `get_tuner` takes.

    Raises:
        InputError: If there is no such strategy.
    """
    found = get_tuner(tuner)
    return found if isinstance(found, Strategy) else found.strategy

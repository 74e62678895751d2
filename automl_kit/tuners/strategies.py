"""The strategies by name: one class each, a tuner for AutoKeras graphs and for Keras models."""

import functools
from typing import Any

import keras_tuner
from autokeras import graph as autokeras_graph
from keras_tuner.engine.trial import Trial

from automl_kit import oracles
from automl_kit.errors import InputError
from automl_kit.oracles import DurableOracle, OracleSettings
from automl_kit.search.model_tuner import ModelTuner
from automl_kit.search.tuner import SearchTuner


class Strategy:
    """A search strategy, as a tuner of either world.

    `autokeras.AutoModel(tuner=Evolution)` gets a `SearchTuner`; called as
    `keras_tuner.RandomSearch` is, with a function that builds Keras models, it is a
    `ModelTuner`, a `keras_tuner.Tuner`. A strategy of your own, or other settings of one of
    ours, is a subclass with another `make_oracle`.

    Example:
        >>> from automl_kit.tuners import Evolution, EvolutionOracle
        >>> class Published(Evolution):
        ...     @classmethod
        ...     def make_oracle(cls, settings):
        ...         return EvolutionOracle(settings.objective, settings.max_trials, candidates=1)
    """

    def __new__(cls, hypermodel: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Makes the tuner that suits the hypermodel; its `__init__` takes the arguments."""
        if issubclass(cls, keras_tuner.Tuner):
            return object.__new__(cls)
        graph = isinstance(hypermodel, autokeras_graph.Graph)
        strategy: Any = cls
        return object.__new__(_tuner_class(strategy, SearchTuner if graph else ModelTuner))

    @classmethod
    def describe(cls) -> Any:
        """What must be the same for a search to go on, as a JSON value."""
        return cls.__qualname__

    @classmethod
    def make_oracle(cls, settings: OracleSettings) -> DurableOracle:
        """Makes the strategy's oracle.

        Seed, first trials, known hyperparameters and retries are set on it afterwards from the
        settings, whatever it is given here.
        """
        raise NotImplementedError(f"{cls.__name__} must define make_oracle().")

    @classmethod
    def durable_oracle(cls, settings: OracleSettings) -> DurableOracle:
        """The strategy's oracle with all its settings, ready for use.

        Raises:
            InputError: If there are several objectives, and it isn't a `Pareto`.
        """
        cls.check_objectives(settings.costs)
        oracle = cls.make_oracle(settings)
        oracle.make_durable(settings)
        return oracle

    @classmethod
    def check_objectives(cls, costs: list[Any]) -> None:
        """Refuses objectives beside the first one where the strategy has one only.

        Raises:
            InputError: If there are some, and it isn't a `Pareto`.
        """
        if costs and not issubclass(cls, Pareto):
            raise InputError(
                f"{cls.__name__} has one objective; got {1 + len(costs)}. "
                "Search by several with the tuner 'pareto'."
            )

    def pareto_front(self: Any) -> list[Trial]:
        """The trials that no other one beats in all objectives, best score first.

        Of one objective it is the best trial. `load_model` gives a trial's network.
        """
        front: list[Trial] = self.oracle.pareto_front()
        return front


@functools.cache
def _tuner_class(strategy: Any, tuner: Any) -> Any:
    """A class that is both; made once, so that its objects have one class."""
    parts = {"__doc__": strategy.__doc__, "__module__": strategy.__module__}
    return type(strategy.__name__, (strategy, tuner), parts)


class Greedy(Strategy):
    """AutoKeras's greedy search: changes one group of the best trial's hyperparameters."""

    @classmethod
    def make_oracle(cls, settings: OracleSettings) -> DurableOracle:
        """Makes the oracle; greedy search has its own list of first trials."""
        return oracles.GreedyOracle(
            objective=settings.objective,
            max_trials=settings.max_trials,
            initial_hps=settings.initial_hps,
        )


class RandomSearch(Strategy):
    """Random search without repeats, the baseline."""

    @classmethod
    def make_oracle(cls, settings: OracleSettings) -> DurableOracle:
        """Makes the oracle."""
        return oracles.RandomOracle(objective=settings.objective, max_trials=settings.max_trials)


class BayesianOptimization(Strategy):
    """A Gaussian process over the hyperparameters."""

    @classmethod
    def make_oracle(cls, settings: OracleSettings) -> DurableOracle:
        """Makes the oracle.

        KerasTuner starts with three random trials a hyperparameter, so that within
        some tens of trials no model is ever asked; here a third of them are random.
        """
        first = max(len(settings.initial_hps), 3, settings.max_trials // 3)
        return oracles.BayesianOracle(
            objective=settings.objective, max_trials=settings.max_trials, num_initial_points=first
        )


class Hyperband(Strategy):
    """Hyperband: many short trainings, of which the best go on. Not more than `max_trials`.

    For AutoKeras graphs; `keras_tuner.Hyperband` does it for Keras models.
    """

    @classmethod
    def make_oracle(cls, settings: OracleSettings) -> DurableOracle:
        """Makes the oracle; brackets are repeated until `max_trials` have run."""
        if settings.max_epochs is None:
            raise InputError(
                "Hyperband searches AutoKeras graphs only; use keras_tuner.Hyperband for others."
            )
        oracle = oracles.HyperbandOracle(
            objective=settings.objective,
            max_epochs=settings.max_epochs,
            hyperband_iterations=max(1, settings.max_trials),
        )
        oracle.max_trials = settings.max_trials
        return oracle


class Evolution(Strategy):
    """Aging evolution whose children are screened by a model; see `EvolutionOracle`."""

    @classmethod
    def make_oracle(cls, settings: OracleSettings) -> DurableOracle:
        """Makes the oracle."""
        return oracles.EvolutionOracle(settings.objective, settings.max_trials)


class LocalSearch(Strategy):
    """First-improvement hill climbing with restarts; see `LocalSearchOracle`."""

    @classmethod
    def make_oracle(cls, settings: OracleSettings) -> DurableOracle:
        """Makes the oracle."""
        return oracles.LocalSearchOracle(settings.objective, settings.max_trials)


class Reinforce(Strategy):
    """An LSTM controller trained by REINFORCE; see `ReinforceOracle`."""

    @classmethod
    def make_oracle(cls, settings: OracleSettings) -> DurableOracle:
        """Makes the oracle."""
        return oracles.ReinforceOracle(settings.objective, settings.max_trials)


class Pareto(Strategy):
    """NSGA-II over the objective and what a network costs; see `ParetoOracle`.

    Attributes:
        costs: What is kept small beside the objective where no more than one is given:
            "parameters", "seconds" of training, "latency", or other objectives.
    """

    costs: tuple[str | keras_tuner.Objective, ...] = ("parameters",)

    @classmethod
    def make_oracle(cls, settings: OracleSettings) -> DurableOracle:
        """Makes the oracle."""
        costs = settings.costs or list(cls.costs)
        return oracles.ParetoOracle([settings.objective, *costs], settings.max_trials)

"""A search strategy with its settings, as a value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from automl_kit.errors import InputError
from automl_kit.oracles.settings import own_settings
from automl_kit.search.stage import Stage

if TYPE_CHECKING:
    from automl_kit.evaluation import Evaluation, Pruner
    from automl_kit.oracles import DurableOracle
    from automl_kit.search.tuner import SearchTuner


@dataclass(frozen=True)
class Strategy:
    """What to try next: an oracle with its settings, and stages in front of the trials.

    Two strategies that describe themselves alike search alike. A strategy can be pickled, and
    called as a tuner class is, so that `autokeras.AutoModel(tuner=…)` takes one.

    Attributes:
        name: Its name, for messages and for the project's file.
        oracle: Makes the oracle: a class that is called as `EvolutionOracle` is.
        settings: The oracle's own settings, by name; its defaults for the others.
        stages: What runs before the trials, in order.
        costs: Objectives beside the first one where none are given; a strategy without any
            searches for one objective only.
        max_trials: How many trials there are where nobody says; None for the oracle's own end.
        evaluation: What judges the trials of a task where nobody says and where folds aren't
            cheap; None for one whole training each.
        pruner: What ends those trials early; None for nobody.

    Raises:
        InputError: If there is no setting of such a name.

    Example:
        >>> from automl_kit.oracles import EvolutionOracle
        >>> Strategy("evolution", EvolutionOracle).configured(population_size=20).settings
        {'population_size': 20}
    """

    name: str
    oracle: "Callable[..., DurableOracle]"
    settings: Mapping[str, Any] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    costs: tuple[str, ...] = ()
    max_trials: int | None = 10
    evaluation: "Evaluation | None" = None
    pruner: "Pruner | None" = None

    def __post_init__(self) -> None:
        known = own_settings(self.oracle)
        unknown = sorted(set(self.settings) - set(known))
        if unknown:
            told = f"it has {', '.join(known)}" if known else "it has none"
            raise InputError(
                f"The strategy {self.name!r} has no setting {', '.join(unknown)}; {told}."
            )

    def configured(self, **settings: Any) -> "Strategy":
        """The same strategy with other settings."""
        return replace(self, settings={**self.settings, **settings})

    def evaluation_or(self, given: "str | Evaluation | None") -> "Evaluation":
        """The evaluation given, by name too; where none is its own one, or a whole training."""
        from automl_kit.evaluation import get_evaluation

        if given is None and self.evaluation is not None:
            return self.evaluation
        return get_evaluation("full" if given is None else given)

    def has_setting(self, name: str) -> bool:
        """Whether its oracle has a setting of this name."""
        return name in own_settings(self.oracle)

    def describe(self) -> dict[str, Any]:
        """Name, all settings and stages as JSON values: part of a project's identity."""
        return {
            "name": self.name,
            "settings": {**own_settings(self.oracle), **self.settings},
            "stages": [stage.describe() for stage in self.stages],
        }

    def check_objectives(self, costs: list[Any]) -> None:
        """Refuses objectives beside the first one where the strategy has one only.

        Raises:
            InputError: If there are some.
        """
        if costs and not self.costs:
            raise InputError(
                f"The strategy {self.name!r} has one objective; got {1 + len(costs)}. "
                "Search by several with the strategy 'pareto'."
            )

    def make_oracle(
        self, objective: Any, costs: list[Any], max_trials: int | None, **common: Any
    ) -> "DurableOracle":
        """Makes the oracle.

        Args:
            objective: What trials are scored by.
            costs: Objectives beside it; where there are none the strategy's own.
            max_trials: Trials to run.
            common: What every oracle takes; see `automl_kit.oracles.OracleArguments`.
        """
        self.check_objectives(costs)
        aims = [objective, *(costs or self.costs)] if self.costs else objective
        return self.oracle(aims, max_trials, **common, **self.settings)

    def __call__(self, hypermodel: Any = None, **arguments: Any) -> "SearchTuner":
        """Makes the tuner, called as `SearchTuner` is."""
        from automl_kit.search.tuner import SearchTuner

        return SearchTuner(hypermodel, strategy=self, **arguments)

"""DARTS as a strategy: cells first, then trials of how to train their network."""

from typing import Any, ClassVar

from automl_kit.errors import InputError
from automl_kit.oracles import DurableOracle, OracleSettings
from automl_kit.search.stages.darts.settings import CellSearch
from automl_kit.tuners.strategies import Greedy, Strategy


class Darts(Strategy):
    """Finds cells by gradient descent on a supernet, then tries how to train their network.

    For `ImageClassifier` and its command, `tuner="darts"`. The classifier's `seed`,
    `class_weight` and a `share` of its `time_budget` are the search's too; its `epochs`,
    `batch_size`, `callbacks`, `objective` and `max_model_size` are of the trials alone. Other
    settings are a subclass:

    Attributes:
        search: The supernet, the rows and the settings by which cells are found.
        trials: The strategy of the trials that follow. They search depth, width, drop path,
            augmentation and learning rate of the network of the cells found.
        share: Share of a `time_budget` that the search for cells may take. One that was cut
            short goes on in a later call of more time, as long as there is no trial.

    Example:
        >>> from automl_kit.tuners import CellSearch, Darts, DartsSettings
        >>> class SecondOrder(Darts):
        ...     search = CellSearch(settings=DartsSettings(order=2, epochs=5))
    """

    search: ClassVar[CellSearch] = CellSearch()
    trials: ClassVar[type[Strategy]] = Greedy
    share: ClassVar[float] = 0.5

    @classmethod
    def describe(cls) -> Any:
        """Name and settings of both stages.

        Raises:
            InputError: If they aren't what they should be.
        """
        trials: Any = cls.trials
        if not isinstance(cls.search, CellSearch):
            raise InputError(f"{cls.__name__}.search must be a CellSearch, got {cls.search!r}.")
        if not (isinstance(trials, type) and issubclass(trials, Strategy)) or issubclass(
            trials, Darts
        ):
            raise InputError(
                f"{cls.__name__}.trials must be a Strategy other than Darts, got {trials!r}."
            )
        return {
            "name": cls.__qualname__,
            "search": cls.search.to_json(),
            "trials": cls.trials.describe(),
        }

    @classmethod
    def make_oracle(cls, settings: OracleSettings) -> DurableOracle:
        """There is none: cells aren't hyperparameters here.

        Raises:
            InputError: Always.
        """
        raise InputError(
            f"{cls.__name__} finds cells in a supernet of its own; use "
            "ImageClassifier(tuner='darts'), or DartsSearch on a network of DartsCell layers. "
            "In an AutoModel, a CellBlock searches cells by any other tuner."
        )

    @classmethod
    def check_objectives(cls, costs: list[Any]) -> None:
        """Asks the strategy of the trials: see `Strategy.check_objectives`."""
        cls.trials.check_objectives(costs)

"""KerasTuner's and AutoKeras's strategies with state, seeds and failures as ours have them."""

from typing import Any, Unpack

import keras_tuner
import numpy as np

from automl_kit.compat import AutoKerasGreedyOracle
from automl_kit.oracles.dimensions import INACTIVE
from automl_kit.oracles.durable import DurableOracle
from automl_kit.oracles.settings import OracleArguments, check_at_least_one


class GreedyOracle(DurableOracle, AutoKerasGreedyOracle):  # type: ignore[misc]
    """AutoKeras's greedy search (Jin et al. 2019): random changes of one group of the best.

    Example:
        >>> oracle = GreedyOracle("val_loss", 20, initial_hps=[{"depth": 3}])
    """

    def _generate_hp_values(self, hp_names: list[str]) -> dict[str, Any] | None:
        """The best trial's values but for some, which are drawn; None if all were tried.

        As AutoKeras's, which takes a second for it in a space that is nearly used up.
        """
        space = self._known_space()
        best = space.encode(self._get_best_hps().values)
        best[[dimension.name in hp_names for dimension in space.dimensions]] = INACTIVE
        rng = np.random.default_rng(self._seed_state)
        self._seed_state = int(rng.integers(2**32))  # It is called several times a proposal.
        rows = space.filled(np.tile(best, (self._max_collisions, 1)), rng)
        drawn = map(space.decode, rows)
        return next((values for values in drawn if not self._duplicate(values)), None)


class RandomOracle(DurableOracle, keras_tuner.oracles.RandomSearchOracle):  # type: ignore[misc]
    """Random search without repeats.

    Example:
        >>> oracle = RandomOracle("val_loss", 20, seed=0)
    """


class BayesianOracle(DurableOracle, keras_tuner.oracles.BayesianOptimizationOracle):  # type: ignore[misc]
    """KerasTuner's Gaussian process with an upper confidence bound.

    Args:
        objective: A metric's name, or a `keras_tuner.Objective`.
        max_trials: Trials to run.
        num_initial_points: Random trials before the model is asked; by default a third of all,
            at least 3 and all that are given. KerasTuner takes three a hyperparameter, so that
            within some tens of trials no model is ever asked.
        alpha: Variance of a score's noise.
        beta: Weight of the deviation in the bound, the more the more is explored.
        common: See `OracleArguments`.

    Example:
        >>> oracle = BayesianOracle("val_loss", 30, num_initial_points=5, beta=1.0)
    """

    def __init__(
        self,
        objective: Any = None,
        max_trials: int | None = 10,
        *,
        num_initial_points: int | None = None,
        alpha: float = 1e-4,
        beta: float = 2.6,
        **common: Unpack[OracleArguments],
    ):
        super().__init__(objective, max_trials, **common)
        check_at_least_one(num_initial_points=num_initial_points)
        third = max(len(self.initial_hps), 3, (max_trials or 0) // 3)
        self.num_initial_points = num_initial_points or third
        self.alpha, self.beta = alpha, beta
        self.gpr = self._make_gpr()

    def _make_gpr(self) -> Any:
        model = super()._make_gpr()
        # The seed itself may be larger than NumPy's old generators take.
        return model.set_params(random_state=self.seed_for(0))

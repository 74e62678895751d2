"""Local search: small changes of the best hyperparameters, one at a time."""

from typing import Any

import numpy as np

from automl_kit.oracles.dimensions import Values
from automl_kit.oracles.learning import LearningOracle, Record
from automl_kit.oracles.trial_figures import score_in_search

FIRST = 5  # random members before the first neighbour where there are numbers


class LocalSearchOracle(LearningOracle):
    """Hill climbing over KerasTuner hyperparameters (White et al. 2021).

    From where it stands it tries neighbours, which differ in one hyperparameter, in random
    order, and moves to the first one that is better. A number is changed by steps of several
    sizes, on the scale it is sampled on. Where no neighbour is left it starts again from a
    random member. Where there are numbers it starts from the best of a few: a random member is
    often far from every optimum then, and the way by single steps long.

    Example:
        >>> import keras_tuner
        >>> space = keras_tuner.HyperParameters()
        >>> _ = space.Int("depth", 1, 50)
        >>> oracle = LocalSearchOracle("val_loss", max_trials=20, seed=0, hyperparameters=space)
    """

    _here: str | None = None  # Id of the trial where it stands; None before there is one.

    def propose(self, rng: np.random.Generator) -> Values | None:
        """A neighbour that wasn't tried, or a random member."""
        too_few = self.space.has_numbers and len(self.history) < FIRST
        if self._here is None or too_few:
            return None
        neighbours = self.space.neighbours(self._values_here())
        for place in rng.permutation(len(neighbours)):
            neighbour: Values = neighbours[place]
            if not self.tried(neighbour):
                return neighbour
        return None

    def learn(self, record: Record) -> None:
        """Moves to a better trial, and to one that was begun where no neighbour was left.

        That follows from the trials alone, and needs no mark that a kill could lose.
        """
        if record.score is None:
            return
        better = self._here is None or record.score > self._worth_here()
        if better or self._is_restart(int(record.trial_id)):
            self._here = record.trial_id

    def _is_restart(self, number: int) -> bool:
        neighbours = self.space.neighbours(self._values_here())
        return all(self.tried(neighbour, before=number) for neighbour in neighbours)

    def _worth_here(self) -> float:
        assert self._here is not None
        return self.sign * score_in_search(self.trials[self._here])

    def _values_here(self) -> Values:
        assert self._here is not None
        return self.space.with_defaults(self.trials[self._here].hyperparameters.values)

    def get_state(self) -> dict[str, Any]:
        """The state, with the trial where the search stands."""
        return {**super().get_state(), "here": self._here}

    def set_state(self, state: dict[str, Any]) -> None:
        """Sets the state."""
        super().set_state(state)
        here = state.get("here")
        if here is not None and self.trials[here].score is None:
            raise ValueError(f"trial {here} has no score")
        self._here = here

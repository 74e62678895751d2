"""A search for cells on disk: its state after each epoch, and the way back to it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from automl_kit.evaluation import array_state
from automl_kit.search.stages.darts import search_state
from automl_kit.search.stages.darts.history import DartsEpoch
from automl_kit.search.stages.darts.search_step import SearchStep


class KeptSearch:
    """Keeps and restores the vectors of a search's step and the state of its network.

    Args:
        directory: Where they are.
        step: What is kept.
        overwrite: Whether what is there is removed.
    """

    def __init__(self, directory: Path, step: SearchStep, overwrite: bool = False):
        self.directory, self._step = directory, step
        if overwrite:
            search_state.remove(directory)

    def _variables(self) -> dict[str, tf.Variable]:
        """All that changes in a search, by name."""
        states = self._step.supernet.network.non_trainable_variables
        numbered = {f"state_{number}": variable for number, variable in enumerate(states)}
        return {**self._step.state, **numbered}

    def save(self, told: dict[str, Any], history: Sequence[DartsEpoch]) -> None:
        """Writes the state, with what tells the search from others.

        Raises:
            ProjectError: If it can't be written.
        """
        arrays = {name: variable.numpy() for name, variable in self._variables().items()}
        records = [record.to_json() for record in history]
        search_state.save(self.directory, arrays, {**told, "history": records})

    def restore(self, told: dict[str, Any]) -> list[DartsEpoch]:
        """Goes back to where the state ends; gives the epochs until there.

        Raises:
            ProjectError: If the directory has another search, or a damaged one.
        """
        found = search_state.load(self.directory)
        if found is None:
            return []
        arrays, meta = found
        array_state.refuse_other(self.directory, told, meta)
        history = search_state.history(self.directory, meta)
        try:
            for name, variable in self._variables().items():
                variable.assign(arrays[name])
        except (KeyError, TypeError, ValueError) as error:
            raise array_state.damaged(self.directory, error) from error
        return history

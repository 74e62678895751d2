"""Keeping a surrogate as trials come: when its weights are found anew, which trials it sees."""

import math
from collections.abc import Callable

import numpy as np

from automl_kit.oracles.distances import Array
from automl_kit.oracles.encodings import Encoding
from automl_kit.oracles.learning import Record
from automl_kit.oracles.surrogate import Surrogate

FIT_ROWS = 200  # trials from which the model's weights are found
MODEL_ROWS = 400  # trials that its predictions follow from
REFIT_GROWTH = 1.15  # the weights are found anew when there are so many times the trials


def default_first_trials(max_trials: int | None) -> int:
    """Random trials before a model is asked: a fifth of them all, from 5 to 16."""
    return 16 if max_trials is None else min(16, max(5, max_trials // 5))


class Screen:
    """A surrogate of one objective over the course of a search.

    Its weights are found from the first so many trials, a number that follows from how many
    there are, so that a search that was killed finds the same ones when it goes on.

    Args:
        first_trials: From how many trials they are found first.
        worth: A trial's score, higher is better; None where it failed.
    """

    def __init__(self, first_trials: int, worth: Callable[[Record], float | None]):
        self.first_trials = first_trials
        self.worth = worth
        self._fitted: tuple[int, Encoding] | None = None
        self._model: Surrogate | None = None

    def model(self, encoding: Encoding, history: list[Record], best: list[Record]) -> Surrogate:
        """The surrogate of the trials so far; a failed one counts as the worst completed one.

        Args:
            encoding: How the trials are seen.
            history: All of them, in the order in which they ended.
            best: The best of them, best first; a quarter of what the model sees.
        """
        steps = math.floor(math.log(max(1, len(history) / self.first_trials), REFIT_GROWTH))
        size = min(len(history), math.ceil(self.first_trials * REFIT_GROWTH**steps))
        if self._model is None or self._fitted != (size, encoding):
            past = history[:size]
            ranked = sorted(past, key=self._key, reverse=True)
            self._model = Surrogate(encoding.distance)
            self._model.fit(*self._rows(encoding, past, ranked, FIT_ROWS))
            self._fitted = size, encoding
        return self._model.condition(*self._rows(encoding, history, best, MODEL_ROWS))

    def _key(self, record: Record) -> float:
        worth = self.worth(record)
        return worth if worth is not None and math.isfinite(worth) else -math.inf

    def _rows(
        self, encoding: Encoding, history: list[Record], best: list[Record], most: int
    ) -> tuple[Array, Array]:
        """Encoded rows (n, d) and scores (n,) of the best quarter and of the latest trials."""
        records = {r.trial_id: r for r in best[: most // 4]}
        records.update((r.trial_id, r) for r in history[-(most - most // 4) :])
        scores = np.array([self._key(record) for record in records.values()])
        completed = np.isfinite(scores)
        scores[~completed] = scores[completed].min() if completed.any() else 0.0
        return encoding(np.stack([r.row for r in records.values()])), scores

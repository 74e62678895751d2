"""Search by reinforcement learning: a controller emits hyperparameters and learns from scores."""

from pathlib import Path
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from automl_kit import files
from automl_kit.oracles.controller import Adam, Controller, Weights, from_text, to_text
from automl_kit.oracles.dimensions import INACTIVE, Dimension, Values
from automl_kit.oracles.learning import LearningOracle, Record
from automl_kit.oracles.settings import OracleArguments, check_at_least_one, check_shares
from automl_kit.oracles.state import ENDED

BINS = 10  # of a number with more values


class ReinforceOracle(LearningOracle):
    """REINFORCE with an LSTM controller (Zoph & Le 2017) over KerasTuner hyperparameters.

    The controller walks the active hyperparameters in their order and emits one choice each;
    numbers of many values are divided into ten bins. After every trial it takes `updates`
    steps of Adam on the trial and on a batch replayed from the best and the latest ones.
    The reward is the score's rank among all, less a moving mean (the baseline); a failed trial
    has the lowest.

    Args:
        objective: A metric's name, or a `keras_tuner.Objective`.
        max_trials: Trials to run.
        first_trials: Random trials before the controller is asked.
        epsilon: Share of choices made at random whatever the controller says.
        entropy: Weight of the policy's entropy in the loss.
        learning_rate: Of Adam.
        updates: Steps after each trial.
        replay: Earlier trials in each step.
        hidden: Units of the LSTM.
        common: See `OracleArguments`; the seed is that of the controller's weights too.

    Raises:
        InputError: If a number is below 1, or `epsilon` isn't a share.

    Example:
        >>> import keras_tuner
        >>> space = keras_tuner.HyperParameters()
        >>> _ = space.Choice("op", ["conv", "pool"])
        >>> oracle = ReinforceOracle("val_loss", max_trials=20, seed=0, hyperparameters=space)
    """

    def __init__(
        self,
        objective: Any = None,
        max_trials: int | None = 10,
        *,
        first_trials: int = 10,
        epsilon: float = 0.0,
        entropy: float = 0.02,
        learning_rate: float = 0.01,
        updates: int = 5,
        replay: int = 15,
        hidden: int = 32,
        **common: Unpack[OracleArguments],
    ):
        super().__init__(objective, max_trials, **common)
        check_at_least_one(first_trials=first_trials, updates=updates, replay=replay, hidden=hidden)
        check_shares(epsilon=epsilon)
        self.first_trials = first_trials
        self.epsilon = epsilon
        self.entropy = entropy
        self.learning_rate = learning_rate
        self.updates = updates
        self.replay = replay
        self.hidden = hidden
        self.baseline = 0.5
        self._saved: dict[str, Any] | None = None
        self._written = 0  # What the controller's file has learned.
        self._forget()

    def _forget(self) -> None:
        self._controller: Controller | None = None
        self._adam = Adam(self.learning_rate)

    # Proposing

    def propose(self, rng: np.random.Generator) -> Values | None:
        """What the controller emits; a random member while there are too few trials."""
        if len(self.history) < self.first_trials:
            return None
        for _ in range(20):
            values = self._emit(rng)
            if not self.tried(values):
                return values
        # It repeats itself: what is like its choice is what it would rather have.
        for _ in range(50):
            near = self.space.mutate(values, rng)
            if not self.tried(near):
                return near
        return None

    def _emit(self, rng: np.random.Generator) -> Values:
        controller = self._agent()
        state = controller.begin(1)
        row = np.full((1, len(self.space.dimensions)), INACTIVE)
        for decision, dimension in enumerate(self.space.dimensions):
            if not self.space.has(row, decision)[0]:
                continue
            p, after, _ = controller.options(state, decision)
            if rng.random() < self.epsilon:
                option = int(rng.integers(p.shape[1]))
            else:
                option = int(rng.choice(p.shape[1], p=p[0].astype(float) / p[0].sum(dtype=float)))
            state = controller.decide(state, after, decision, np.array([option]))
            row[0, decision] = _gene(dimension, option, rng)
        return self.space.decode(row[0])

    # Learning

    def learn(self, record: Record) -> None:
        """Takes the steps that follow a trial."""
        place = self._learned
        known = self.history[max(0, place - 200) : place + 1]
        if len(known) < 2:
            return
        rng = np.random.default_rng([self.seed, place, 2])
        controller = self._agent()
        worths = np.sort([r.worth for r in known])
        for _ in range(self.updates):
            batch = [record, *self._replayed(known, rng)]
            rewards = np.searchsorted(worths, [r.worth for r in batch]) / (len(worths) - 1)
            sequences = np.array([self._options(r) for r in batch])
            _, gradient = controller.loss(sequences, rewards - self.baseline, self.entropy)
            self._adam.update(controller.weights, gradient)
        reward = np.searchsorted(worths, record.worth) / (len(worths) - 1)
        self.baseline += 0.1 * (float(reward) - self.baseline)

    def _replayed(self, known: list[Record], rng: np.random.Generator) -> list[Record]:
        """Earlier trials: half of them from the ten best, half from all."""
        best = self.leaders[:10] or known  # There are none while all have failed.
        half = self.replay // 2
        return [best[k] for k in rng.integers(len(best), size=half)] + [
            known[k] for k in rng.integers(len(known), size=self.replay - half)
        ]

    def _options(self, record: Record) -> NDArray[np.int64]:
        """The choices that make up a trial (dimensions,)."""
        bins = np.array([BINS if d.options is None else 0 for d in self.space.dimensions])
        binned = np.minimum(bins - 1, np.floor(record.row * bins))
        options = np.where(bins > 0, binned, record.row)
        return np.where(record.row == INACTIVE, INACTIVE, options).astype(int)

    def _agent(self) -> Controller:
        """The controller; of a space that has grown a new one, which learns on."""
        sizes = [dimension.options or BINS for dimension in self.space.dimensions]
        if self._controller is None or self._controller.sizes != sizes:
            self._forget()
            self._controller = Controller(sizes, self.hidden, self.seed_for(0, 1))
            if self._saved is not None and self._saved["sizes"] == sizes:
                self._restore(self._controller, self._saved)
            self._saved = None
        return self._controller

    # State: the weights have a file of their own, written when they change

    def save(self) -> None:
        """Saves the state, and the controller with its optimizer if it has learned."""
        super().save()
        if self._controller is not None and self._written != self._learned:
            state = {
                "learned": self._learned,
                "sizes": self._controller.sizes,
                "hidden": self.hidden,
                "weights": to_text(self._controller.weights),
                "moments": to_text(self._adam.moments),
                "steps": self._adam.steps,
                "baseline": self.baseline,
            }
            files.write_json(self._controller_file, state)
            self._written = self._learned

    @property
    def _controller_file(self) -> Path:
        return Path(self._project_dir) / "controller.json"

    def set_state(self, state: dict[str, Any]) -> None:
        """Sets the state; the weights wait until the space is known."""
        super().set_state(state)
        self._forget()
        self._saved, self._learned, self.baseline = None, 0, 0.5
        if self._controller_file.exists():
            saved = files.read_json(self._controller_file)
            ended = sum(trial.status in ENDED for trial in self.trials.values())
            if int(saved["learned"]) <= ended and saved["hidden"] == self.hidden:
                self._saved, self._written = saved, int(saved["learned"])
                self._learned, self.baseline = self._written, float(saved["baseline"])

    def _restore(self, controller: Controller, saved: dict[str, Any]) -> None:
        like = controller.weights
        controller.weights = from_text(saved["weights"], like)
        moments: Weights = {}
        if saved["moments"]:
            moments = {
                f"{kind}/{name}": a for kind in ("first", "second") for name, a in like.items()
            }
            moments = from_text(saved["moments"], moments)
        self._adam.moments = moments
        self._adam.steps = int(saved["steps"])


def _gene(dimension: Dimension, option: int, rng: np.random.Generator) -> float:
    """The gene of a choice; of a bin a random place in it."""
    return float(option) if dimension.options else (option + float(rng.random())) / BINS

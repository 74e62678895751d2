"""Search for the trade-off between several objectives by NSGA-II."""

from collections.abc import Sequence
from typing import Any, Unpack

import keras_tuner
import numpy as np

from automl_kit.compat import Trial, TrialStatus, create_objective
from automl_kit.errors import InputError
from automl_kit.oracles import nsga
from automl_kit.oracles.dimensions import Genes, Values
from automl_kit.oracles.distances import Array
from automl_kit.oracles.learning import LearningOracle, Record
from automl_kit.oracles.screening import Screen, default_first_trials
from automl_kit.oracles.settings import OracleArguments, check_at_least_one
from automl_kit.oracles.standings import in_order
from automl_kit.oracles.trial_figures import is_whole

MEASURED = ("parameters", "seconds", "latency", "flops")  # what the tuners measure


class ParetoOracle(LearningOracle):
    """NSGA-II (Deb et al. 2002) over KerasTuner hyperparameters, not a sum of objectives.

    The population is the best of all trials so far, by front and crowding. A child has two
    parents, each the better of two drawn from it, and one or two hyperparameters changed.
    With `candidates` above 1, so many members are made, half children and half at random, and
    the most promising is proposed: a Gaussian process an objective predicts them, and one trial
    looks more at one objective, the next at another, by a weight drawn at random (Knowles 2006,
    eq. 2). The trial's score is the first objective; the best trial is the one of best score,
    and among those the one that is best in the others.

    Args:
        objectives: Two or more: names or `keras_tuner.Objective`s; the first one is the score,
            which the model must log.
            "parameters", "seconds" (of training), "latency" (milliseconds to predict a batch of
            32) and "flops" (floating-point operations to predict one row) are measured by the
            tuners and minimised.
        max_trials: Trials to run.
        population_size: Trials that may be parents.
        first_trials: Random trials before the first child; by default a fifth of the trials,
            from 5 to 16.
        candidates: Members that are screened for a proposal; 1 for NSGA-II as published.
        common: See `OracleArguments`.

    Raises:
        InputError: If there are fewer than two objectives.

    Example:
        >>> import keras_tuner
        >>> space = keras_tuner.HyperParameters()
        >>> _ = space.Int("depth", 1, 50)
        >>> oracle = ParetoOracle(["val_loss", "parameters"], 20, hyperparameters=space)
    """

    def __init__(
        self,
        objectives: Sequence[str | keras_tuner.Objective],
        max_trials: int | None = 10,
        *,
        population_size: int = 24,
        first_trials: int | None = None,
        candidates: int = 300,
        **common: Unpack[OracleArguments],
    ):
        if isinstance(objectives, str) or len(objectives) < 2:
            raise InputError(
                "A Pareto search needs two or more objectives, such as "
                f"['val_accuracy', 'parameters']. Received: {objectives!r}"
            )
        if isinstance(objectives[0], str) and objectives[0] in MEASURED:
            raise InputError(
                f"The first objective scores trials and must be one that the model logs, such as "
                f"'val_accuracy'. Received: {objectives[0]!r}"
            )
        check_at_least_one(
            population_size=population_size, candidates=candidates, first_trials=first_trials
        )
        super().__init__(objectives[0], max_trials, **common)
        self.costs = [_objective(objective) for objective in objectives[1:]]
        self.population_size = self.generation_size = population_size
        self.first_trials = first_trials or default_first_trials(max_trials)
        self.candidates = candidates
        self._population: list[tuple[Record, Array]] = []  # In the order of their rank.
        self._front: list[tuple[Trial, Array]] = []
        self._screens = [self._screen(place) for place in range(len(objectives))]

    def _screen(self, place: int) -> Screen:
        def worth(record: Record) -> float | None:
            if record.score is None:
                return None
            return -float(self._costs(self.trials[record.trial_id])[place])

        return Screen(self.first_trials, worth)

    def propose(self, rng: np.random.Generator) -> Values | None:
        """A child of two parents; a random member while there are too few trials."""
        if len(self.history) < self.first_trials or len(self._population) < 2:
            return None
        rows = self._children(rng)
        if self.candidates > 1:
            strangers = self.space.sample_rows(max(1, self.candidates // 2), rng)
            rows = self._screened(np.concatenate([rows, strangers]), rng)
        for row in rows:
            values = self.space.decode(row)
            if not self.tried(values):
                return values
        return None

    def _children(self, rng: np.random.Generator) -> Genes:
        """Children (n, dimensions) of pairs, each parent the better of two."""
        number = max(20, self.candidates // 2)
        rows = np.stack([record.row for record in self._members()])
        first, second = rng.integers(len(rows), size=(2, number, 2)).min(axis=2)
        children = self.space.mutate_rows(
            self.space.cross_rows(rows[first], rows[second], rng), rng
        )
        again = rng.random(number) < 0.5
        children[again] = self.space.mutate_rows(children[again], rng)
        return children

    def _members(self) -> list[Record]:
        """The population in the space as it is now, best first."""
        return [self._record(self.trials[record.trial_id]) for record, _ in self._population]

    def _screened(self, rows: Genes, rng: np.random.Generator) -> Genes:
        """Candidates in the order of what they promise under weights drawn at random."""
        weights = rng.dirichlet(np.ones(len(self._screens)))
        members = self._members()
        short, encoded = [], self.encoding(rows)
        for screen in self._screens:
            model = screen.model(self.encoding, self.history, members)
            mean, deviation = model.predict(encoded)
            short.append(model.best - (mean + deviation))
        behind = weights @ np.array(short) * 0.05 + (weights[:, None] * short).max(axis=0)
        return rows[np.argsort(behind, kind="stable")]

    def learn(self, record: Record) -> None:
        """Lets a trial compete for a place in the population."""
        if record.score is None:
            return
        costs = self._costs(self.trials[record.trial_id])
        if not np.all(np.isfinite(costs)):
            return
        rivals = [*self._population, (record, costs)]
        points = np.stack([cost for _, cost in rivals])
        self._population = [rivals[place] for place in nsga.survivors(points, self.population_size)]

    def measures(self, figure: str) -> bool:
        """Whether a figure is one of the objectives."""
        return any(objective.name == figure for objective in [self.objective, *self.costs])

    def _costs(self, trial: Trial) -> Array:
        """A trial's objectives, all to be minimised (objectives,)."""
        values = [-self.sign * float(trial.score)]
        for objective in self.costs:
            if not trial.metrics.exists(objective.name):
                raise InputError(
                    f"The objective {objective.name!r} was not measured in trial "
                    f"{trial.trial_id}; expected one of {', '.join(MEASURED)} or a metric that "
                    f"the model logs. There are: {', '.join(sorted(trial.metrics.metrics))}."
                )
            value = float(trial.metrics.get_best_value(objective.name))
            values.append(value if objective.direction == "min" else -value)
        return np.array(values)

    def _rank(self, trial: Trial) -> tuple[Any, ...]:
        """By score, then by the other objectives in their order: the best is on the front."""
        costs = self._costs(trial)
        # What has no number in an objective is on no front, and behind all that are.
        unmeasured = not bool(np.all(np.isfinite(costs)))
        known = np.nan_to_num(costs, nan=np.inf).tolist()
        return not is_whole(trial), unmeasured, *known, *in_order(trial.trial_id)

    def _note_best(self, trial: Trial) -> None:
        """Keeps the front as trials end: comparing all with all would grow with their square."""
        super()._note_best(trial)
        if trial.status != TrialStatus.COMPLETED:
            return
        costs = self._costs(trial)
        if not np.all(np.isfinite(costs)):
            return  # Nothing dominates NaN: it would be on the front for ever.
        if any(_beats(member, other, trial, costs) for member, other in self._front):
            return
        self._front = [
            (member, other)
            for member, other in self._front
            if not _beats(trial, costs, member, other)
        ]
        self._front.append((trial, costs))

    def _forget_best(self) -> None:
        super()._forget_best()
        self._front = []

    def pareto_front(self) -> list[Trial]:
        """The completed trials that no other one beats in all objectives, best score first."""
        return sorted((trial for trial, _ in self._front), key=self._rank)

    def needed_checkpoints(self) -> set[str]:
        """Those of the front, of the best trial, and of trials that may still come to it."""
        running = {trial.trial_id for trial in self.ongoing_trials.values()}
        front = {trial.trial_id for trial, _ in self._front}
        return super().needed_checkpoints() | front | running

    def set_state(self, state: dict[str, Any]) -> None:
        """Sets the state; front and population follow from the trials."""
        super().set_state(state)
        self._learned = 0
        self._population, self._front = [], []


def _beats(one: Trial, costs: Array, other: Trial, others: Array) -> bool:
    """Whether a trial dominates another; a whole training beats what is none in any case."""
    if is_whole(one) != is_whole(other):
        return is_whole(one)
    return bool(np.all(costs <= others) and np.any(costs < others))


def _objective(objective: str | keras_tuner.Objective) -> keras_tuner.Objective:
    if isinstance(objective, keras_tuner.Objective):
        return objective
    if objective in MEASURED:
        return keras_tuner.Objective(objective, "min")
    try:
        return create_objective(objective)
    except ValueError as error:
        raise InputError(
            f"It isn't known whether {objective!r} is to be maximised or minimised; expected "
            f"{', '.join(MEASURED)} or a metric that the model logs. Pass "
            f"keras_tuner.Objective({objective!r}, direction='max')."
        ) from error

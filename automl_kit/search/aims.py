"""What a tuner's objective means: of a hypermodel by name, of a graph by what can be computed."""

from dataclasses import dataclass
from typing import Any

import keras_tuner

from automl_kit import compat
from automl_kit.errors import InputError
from automl_kit.evaluation.objectives import (
    Objective,
    check_direction,
    known_direction,
    resolve_objective,
)


@dataclass(frozen=True)
class Aim:
    """The objective of a search, as each side needs it.

    Attributes:
        for_oracle: What the oracle is given; None where trials return a single number.
        resolved: What the networks of a graph are scored by; None for hypermodels.
        name: Its name, for people.
        direction: "max" or "min".
    """

    for_oracle: Any
    resolved: Objective | None
    name: str
    direction: str

    @property
    def for_graph(self) -> Objective:
        """The objective of a graph's networks."""
        assert self.resolved is not None
        return self.resolved

    def describe(self) -> str:
        """For the project's identity."""
        return f"{self.direction} {self.name}"


def aim_of(objective: Any, hypermodel: Any, evaluation: Any) -> Aim:
    """Finds out what a tuner is to search for.

    An evaluation that scores trials by something else than the objective says so; the objective
    is that of the trainings that come after its trials.

    Raises:
        InputError: If there is no such metric, or the direction given contradicts it.
    """
    own = getattr(evaluation, "own_objective", None)
    if own is None:
        return _given_aim(objective, hypermodel)
    name, direction = own
    resolved = _given_aim(objective, hypermodel).resolved if compat.is_graph(hypermodel) else None
    return Aim(keras_tuner.Objective(name, direction), resolved, name, direction)


def _given_aim(objective: Any, hypermodel: Any) -> Aim:
    if compat.is_graph(hypermodel):
        logged = () if compat.has_one_classification_head(hypermodel) else ("val_",)
        found = resolve_objective("val_loss" if objective is None else objective, logged)
        return Aim(found.for_tuner(), found, found.name, found.direction)
    if objective is None:
        return Aim(None, None, "what a trial returns", "min")
    given = getattr(objective, "direction", None)
    name = objective if isinstance(objective, str) else objective.name
    known = known_direction(name)
    check_direction(name, given, known)
    if isinstance(objective, str) and known is not None:
        objective = keras_tuner.Objective(name, known)  # KerasTuner would minimise F1Score.
    try:
        found = compat.create_objective(objective)
    except ValueError as error:
        raise InputError(
            f"It isn't known whether {name!r} is to be maximised or minimised; the first objective "
            "is a figure that the model logs, such as 'val_loss'. Pass "
            f"keras_tuner.Objective({name!r}, direction='max') if it is one."
        ) from error
    return Aim(found, None, name, found.direction)

"""A space as a row of decisions, each a choice among a few options.

The common ground of the spaces: their size, a random member, and the way to a tuner's
hyperparameters and back. KerasTuner isn't imported; its `HyperParameters` is passed in.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from automl_kit.errors import InputError

Option = str | int


class HyperParameters(Protocol):
    """What is used of a `keras_tuner.HyperParameters`."""

    def Choice(  # noqa: N802
        self, name: str, values: list[Any], ordered: bool | None = None, default: Any = None
    ) -> Any:
        """Declares a choice if it isn't known yet; gives its value, None in a closed scope."""
        ...


@dataclass(frozen=True, slots=True)
class Decision:
    """One choice.

    Attributes:
        name: The name of its hyperparameter.
        options: What can be chosen, all different. With one option nothing is asked: the
            decision has no hyperparameter.
        ordered: Whether the order of the options means something to a tuner, as in widths.
    """

    name: str
    options: tuple[Option, ...]
    ordered: bool = False


Decisions = Sequence[Decision]


def size(decisions: Decisions) -> int:
    """How many ways there are to take all decisions."""
    return math.prod(len(decision.options) for decision in decisions)


def free(decisions: Decisions) -> tuple[Decision, ...]:
    """The decisions that have more than one option: those with a hyperparameter."""
    return tuple(decision for decision in decisions if len(decision.options) > 1)


def draw(decisions: Decisions, rng: np.random.Generator) -> dict[str, Option]:
    """Takes every decision at random, each option as likely as another."""
    asked = free(decisions)
    indices = rng.integers([len(decision.options) for decision in asked]).tolist() if asked else []
    return {
        decision.name: decision.options[index]
        for decision, index in zip(asked, indices, strict=True)
    }


def declare(
    decisions: Decisions, hp: HyperParameters, default: Mapping[str, Option]
) -> dict[str, Option]:
    """Asks `hp` for every decision and gives the values.

    In a conditional scope that isn't active KerasTuner declares the hyperparameters and has no
    values; the default's are given.
    """
    values: dict[str, Option] = {}
    for decision in free(decisions):
        value = hp.Choice(
            decision.name,
            list(decision.options),
            ordered=decision.ordered,
            default=default[decision.name],
        )
        values[decision.name] = default[decision.name] if value is None else value
    return values


def chosen(decision: Decision, values: Mapping[str, Any]) -> Any:
    """The option that `values` has for a decision.

    Raises:
        InputError: If `values` lacks it, or has something that is no option.
    """
    if len(decision.options) == 1:
        return decision.options[0]
    try:
        value = values[decision.name]
    except KeyError:
        raise InputError(f"There is no value for the hyperparameter {decision.name}.") from None
    if value not in decision.options:
        raise InputError(
            f"Expected {decision.name} to be one of {', '.join(map(str, decision.options))}; "
            f"got {value!r}."
        )
    return value


def another(options: Sequence[Any], current: Any, rng: np.random.Generator) -> Any:
    """An option other than the current one, each as likely as another."""
    others = [option for option in options if option != current]
    return others[int(rng.integers(len(others)))]


def inherited(
    a: Sequence[Any], b: Sequence[Any], rng: np.random.Generator, one_point: bool
) -> list[Any]:
    """Parts of two parents in one child.

    Args:
        a: The parts of one parent.
        b: The parts of the other, as many.
        rng: Where chance comes from.
        one_point: The head of `a` and the tail of `b`, cut between two parts; otherwise each
            part is from either parent, as likely from one as from the other.
    """
    if one_point and len(a) > 1:
        cut = int(rng.integers(1, len(a)))
        return [*a[:cut], *b[cut:]]
    picks = rng.integers(2, size=len(a))
    return [pair[pick] for pair, pick in zip(zip(a, b, strict=True), picks.tolist(), strict=True)]

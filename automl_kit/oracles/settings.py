"""What an oracle is told: the arguments that all kinds share, and the settings of each."""

import inspect
import operator
from collections.abc import Callable
from typing import Any, TypedDict

import keras_tuner

from automl_kit.errors import InputError


class OracleArguments(TypedDict, total=False):
    """The arguments that every oracle takes by keyword, whatever its strategy.

    Attributes:
        seed: Seed of the proposals: any integer from 0; None draws one.
        initial_hps: Hyperparameters to try first, each a dictionary name → value.
        hyperparameters: Hyperparameters known before the first network is built.
        tune_new_entries: Whether hyperparameters that aren't among those are searched.
        allow_new_entries: Whether there may be others than those.
        max_retries_per_trial: Times that a failed trial is run again.
        max_consecutive_failed_trials: Failures in a row that end the search; None for no limit.
    """

    seed: int | None
    initial_hps: list[dict[str, Any]] | None
    hyperparameters: keras_tuner.HyperParameters | None
    tune_new_entries: bool
    allow_new_entries: bool
    max_retries_per_trial: int
    max_consecutive_failed_trials: int | None


COMMON = tuple(OracleArguments.__annotations__)


def own_settings(oracle: Callable[..., Any]) -> dict[str, Any]:
    """The settings that a kind of oracle has beside those of `OracleArguments`.

    Returns:
        Name → default, in the order of its constructor.

    Example:
        >>> from automl_kit.oracles import BayesianOracle
        >>> own_settings(BayesianOracle)
        {'num_initial_points': None, 'alpha': 0.0001, 'beta': 2.6}
    """
    known = {"self", "objective", "objectives", "max_trials", *COMMON}
    parameters = inspect.signature(oracle).parameters.values()
    return {
        parameter.name: parameter.default
        for parameter in parameters
        if parameter.kind is not parameter.VAR_KEYWORD and parameter.name not in known
    }


def check_arguments(oracle: type, max_trials: int | None, given: OracleArguments) -> None:
    """Refuses arguments that an oracle doesn't have, and values that they can't have.

    Raises:
        InputError: If there is one, with the arguments that exist.
    """
    unknown = [repr(name) for name in given if name not in COMMON]
    if unknown:
        own = ", ".join(own_settings(oracle)) or "none"
        raise InputError(
            f"{oracle.__name__} has no setting {', '.join(unknown)}. Settings of its own: {own}; "
            f"those of every oracle: {', '.join(COMMON)}."
        )
    if max_trials is not None and max_trials < 1:
        raise InputError(f"max_trials must be at least 1. Received: {max_trials}")
    tuned = given.get("tune_new_entries", True) and given.get("allow_new_entries", True)
    if given.get("hyperparameters") is None and not tuned:
        raise InputError(
            "tune_new_entries=False and allow_new_entries=False need the space to be given "
            "as hyperparameters=…; there is nothing to search otherwise."
        )


def checked_seed(seed: Any) -> int | None:
    """A seed as a plain integer; None stays None.

    Raises:
        InputError: If it is negative or no integer.
    """
    if seed is None:
        return None
    try:
        number = -1 if isinstance(seed, bool) else operator.index(seed)
    except TypeError:
        number = -1
    if number < 0:
        raise InputError(
            f"seed must be an integer from 0, or None to have one drawn. Received: {seed!r}"
        )
    return number


def check_at_least_one(**numbers: int | None) -> None:
    """Refuses numbers below 1; None stands for a default.

    Raises:
        InputError: If one is, by its name.
    """
    for name, number in numbers.items():
        if number is not None and number < 1:
            raise InputError(f"{name} must be at least 1. Received: {number}")


def check_shares(**shares: float) -> None:
    """Refuses numbers that aren't from 0 to 1.

    Raises:
        InputError: If one isn't, by its name.
    """
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise InputError(f"{name} must be from 0 to 1. Received: {share}")

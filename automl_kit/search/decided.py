"""What a strategy doesn't decide: what is pinned, and what its trials begin with."""

from collections.abc import Mapping, Sequence
from typing import Any


def pin(oracle: Any, values: Mapping[str, Any]) -> None:
    """Gives hyperparameters one value each, in every trial that follows."""
    space = oracle.hyperparameters
    kept = [hp for hp in space.space if hp.name not in values]
    oracle.hyperparameters = type(space)()
    for name, value in values.items():
        oracle.hyperparameters.Fixed(name, value)
    oracle.hyperparameters.merge(kept)


def leave_what_is_judged(oracle: Any, evaluation: Any, graph: Any) -> None:
    """Leaves to the strategy what the scores of the evaluation depend on.

    The others have the values that the search was to begin with.

    Args:
        oracle: Of the search, whose hyperparameters are known.
        evaluation: What judges trials; see `Evaluation` for what it may say of hyperparameters.
        graph: What is searched.
    """
    judges = getattr(evaluation, "judges", None)
    if judges is None:
        return
    values = oracle._completed(next(iter(oracle.initial_hps), {}))
    judged = judges(graph, values)
    pin(oracle, {name: value for name, value in values.items() if name not in judged})
    begin = [{n: v for n, v in one.items() if n in judged} for one in oracle.initial_hps]
    oracle.initial_hps = [one for place, one in enumerate(begin) if one not in begin[:place]]


def begin_with(oracle: Any, first: Sequence[Mapping[str, Any]]) -> None:
    """Has the trials begin with what a stage found, after what was given, and trained like that.

    Args:
        oracle: Of the search.
        first: Hyperparameters; those that aren't named are those of the first trial.
    """
    usual = dict(next(iter(oracle.initial_hps), {}))
    for values in first:
        if (more := {**usual, **values}) not in oracle.initial_hps:
            oracle.initial_hps.append(more)

"""What a pruner saved."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from automl_kit.oracles.trial_figures import PRUNED, measured

if TYPE_CHECKING:
    from automl_kit.compat import Trial


def pruning(trials: Iterable["Trial"]) -> dict[str, float]:
    """How many trials a pruner stopped, and how far they had come.

    Args:
        trials: Those of a search.

    Returns:
        "stopped" trials of all that "ended"; "epochs" that the stopped ones did, and those
        "planned" for them, where they were stopped by epochs. Empty where none was stopped.
    """
    ended = [trial for trial in trials if trial.score is not None]
    stopped = [trial for trial in ended if measured(trial, PRUNED) is not None]
    if not stopped:
        return {}
    found = {"stopped": float(len(stopped)), "ended": float(len(ended))}
    planned = [trial for trial in stopped if measured(trial, "planned") is not None]
    if planned:
        found["epochs"] = sum(measured(trial, "epochs") or 0.0 for trial in planned)
        found["planned"] = sum(measured(trial, "planned") or 0.0 for trial in planned)
    return found


def pruning_text(found: dict[str, float]) -> str:
    """The same in a sentence; empty where there is nothing to say.

    Example:
        >>> pruning_text({"stopped": 2.0, "ended": 9.0, "epochs": 6.0, "planned": 40.0})
        'The pruner stopped 2 of 9 trials, after 6 of the 40 epochs planned for them.'
    """
    if not found:
        return ""
    told = f"The pruner stopped {found['stopped']:.0f} of {found['ended']:.0f} trials"
    if "planned" not in found:
        return f"{told}."
    done, planned = f"{found['epochs']:.0f}", f"{found['planned']:.0f}"
    return f"{told}, after {done} of the {planned} epochs planned for them."

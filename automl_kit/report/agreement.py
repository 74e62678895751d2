"""How well cheap scores of trials agree with those of whole trainings."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from scipy.stats import kendalltau, spearmanr

from automl_kit.oracles.trial_figures import ESTIMATE, JUDGED_AGAIN, measured

if TYPE_CHECKING:
    from automl_kit.compat import Trial


def agreement(trials: Iterable["Trial"]) -> dict[str, float]:
    """The rank correlations of estimates with scores, over the trials that have both.

    Args:
        trials: Those of a search.

    Returns:
        "trials" that have both, and of two or more "kendall" (τ-b) and "spearman", NaN where all
        scores of a kind are equal; empty where no trial has both.
    """
    both = [
        (measured(trial, ESTIMATE), trial.score)
        for trial in trials
        if measured(trial, JUDGED_AGAIN) is not None
    ]
    if not both:
        return {}
    found = {"trials": float(len(both))}
    if len(both) > 1:
        estimates, scores = zip(*both, strict=True)
        if len(set(estimates)) > 1 and len(set(scores)) > 1:
            found["kendall"] = float(kendalltau(estimates, scores).statistic)
            found["spearman"] = float(spearmanr(estimates, scores).statistic)
        else:
            found["kendall"] = found["spearman"] = float("nan")
    return found


def agreement_text(found: dict[str, float]) -> str:
    """The same in a sentence; empty where there is nothing to say.

    Example:
        >>> agreement_text({"trials": 3.0, "kendall": 1 / 3, "spearman": 0.5})
        'The ranks of the 3 best trials before and after agree by a Kendall tau of 0.33.'
    """
    if "kendall" not in found:
        return ""
    return (
        f"The ranks of the {found['trials']:.0f} best trials before and after agree by a Kendall "
        f"tau of {found['kendall']:.2f}."
    )

"""Zero-cost scores: what an untrained network promises, from one batch of rows."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.evaluation.zero_cost.ranks import Standing, log_rank
    from automl_kit.evaluation.zero_cost.scores import DEFAULT_SCORES, SCORES, zero_cost_scores

__all__ = ["DEFAULT_SCORES", "SCORES", "Standing", "log_rank", "zero_cost_scores"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "ranks": ["Standing", "log_rank"],
        "scores": ["DEFAULT_SCORES", "SCORES", "zero_cost_scores"],
    },
    light=["ranks"],
)

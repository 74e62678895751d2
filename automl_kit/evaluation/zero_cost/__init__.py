"""Zero-cost scores: what an untrained network promises, from one batch of rows."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.evaluation.zero_cost.pool_ranking import PoolRanking, rank_pool
    from automl_kit.evaluation.zero_cost.ranks import Standing, log_rank
    from automl_kit.evaluation.zero_cost.scores import DEFAULT_SCORES, SCORES, zero_cost_scores
    from automl_kit.evaluation.zero_cost.untrained import ZeroCost
    from automl_kit.evaluation.zero_cost.vectors import ScoreVectors, score_vectors

__all__ = [
    "DEFAULT_SCORES",
    "SCORES",
    "PoolRanking",
    "ScoreVectors",
    "Standing",
    "ZeroCost",
    "log_rank",
    "rank_pool",
    "score_vectors",
    "zero_cost_scores",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "pool_ranking": ["PoolRanking", "rank_pool"],
        "ranks": ["Standing", "log_rank"],
        "vectors": ["ScoreVectors", "score_vectors"],
        "scores": ["DEFAULT_SCORES", "SCORES", "zero_cost_scores"],
        "untrained": ["ZeroCost"],
    },
    light=["ranks"],
)

"""What a search tells while it runs and afterwards."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.report.board import leaderboard
    from automl_kit.report.progress import Progress, make_progress

__all__ = ["Progress", "leaderboard", "make_progress"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {"board": ["leaderboard"], "progress": ["Progress", "make_progress"]},
    light=["board", "progress"],
)

"""A search for people: its progress, its leaderboard, and plots of what it found."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.report.alphas import plot_alphas
    from automl_kit.report.board import leaderboard
    from automl_kit.report.cell_drawing import draw_cell
    from automl_kit.report.progress_lines import Progress, make_progress
    from automl_kit.report.regret import plot_regret

__all__ = ["Progress", "draw_cell", "leaderboard", "make_progress", "plot_alphas", "plot_regret"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "alphas": ["plot_alphas"],
        "board": ["leaderboard"],
        "cell_drawing": ["draw_cell"],
        "progress_lines": ["Progress", "make_progress"],
        "regret": ["plot_regret"],
    },
    light=["alphas", "board", "cell_drawing", "progress_lines", "regret"],
)

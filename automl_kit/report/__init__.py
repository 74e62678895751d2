"""What a search tells while it runs and afterwards."""

from automl_kit.lazy import lazy_names

__all__ = ["Progress", "leaderboard", "make_progress"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {"leaderboard": ["leaderboard"], "progress": ["Progress", "make_progress"]},
    light=["leaderboard", "progress"],
)

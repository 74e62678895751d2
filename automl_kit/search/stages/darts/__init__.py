"""DARTS (Liu et al. 2019): cells found by gradient descent on a supernet."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.search.stages.darts.darts_search import DartsSearch
    from automl_kit.search.stages.darts.darts_settings import CellSearch, DartsSettings
    from automl_kit.search.stages.darts.darts_stage import DartsStage
    from automl_kit.search.stages.darts.derive import derive_cell
    from automl_kit.search.stages.darts.finding import Images
    from automl_kit.search.stages.darts.history import DartsEpoch

__all__ = [
    "CellSearch",
    "DartsEpoch",
    "DartsSearch",
    "DartsSettings",
    "DartsStage",
    "Images",
    "derive_cell",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "darts_search": ["DartsSearch"],
        "derive": ["derive_cell"],
        "finding": ["Images"],
        "history": ["DartsEpoch"],
        "darts_settings": ["CellSearch", "DartsSettings"],
        "darts_stage": ["DartsStage"],
    },
    light=["history", "darts_settings", "darts_stage"],
)

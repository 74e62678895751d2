"""DARTS (Liu et al. 2019): cells found by gradient descent on a supernet."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.search.stages.darts.derive import derive_cell
    from automl_kit.search.stages.darts.found import FoundCells
    from automl_kit.search.stages.darts.history import DartsEpoch
    from automl_kit.search.stages.darts.search import DartsSearch
    from automl_kit.search.stages.darts.settings import CellSearch, DartsSettings
    from automl_kit.search.stages.darts.stage import Images, find_cells
    from automl_kit.search.stages.darts.strategy import Darts

__all__ = [
    "CellSearch",
    "Darts",
    "DartsEpoch",
    "DartsSearch",
    "DartsSettings",
    "FoundCells",
    "Images",
    "derive_cell",
    "find_cells",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "stage": ["Images", "find_cells"],
        "derive": ["derive_cell"],
        "found": ["FoundCells"],
        "history": ["DartsEpoch"],
        "search": ["DartsSearch"],
        "settings": ["CellSearch", "DartsSettings"],
        "strategy": ["Darts"],
    },
    light=["history", "settings"],
)

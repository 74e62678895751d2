"""DARTS (Liu et al. 2019): cells found by gradient descent on a supernet."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.tuners.darts.derive import derive_cell
    from automl_kit.tuners.darts.history import DartsEpoch
    from automl_kit.tuners.darts.search import DartsSearch
    from automl_kit.tuners.darts.settings import DartsSettings

__all__ = ["DartsEpoch", "DartsSearch", "DartsSettings", "derive_cell"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "derive": ["derive_cell"],
        "history": ["DartsEpoch"],
        "search": ["DartsSearch"],
        "settings": ["DartsSettings"],
    },
)

"""ENAS (Pham et al. 2018): cells found by a controller on weights that all of them share."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.search.stages.enas.enas_epochs import EnasEpoch
    from automl_kit.search.stages.enas.enas_search import EnasSearch
    from automl_kit.search.stages.enas.enas_settings import EnasSettings
    from automl_kit.search.stages.enas.enas_stage import EnasStage
    from automl_kit.search.stages.enas.policy import Policy

__all__ = ["EnasEpoch", "EnasSearch", "EnasSettings", "EnasStage", "Policy"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "enas_epochs": ["EnasEpoch"],
        "enas_search": ["EnasSearch"],
        "enas_settings": ["EnasSettings"],
        "enas_stage": ["EnasStage"],
        "policy": ["Policy"],
    },
    light=["enas_epochs", "enas_settings", "enas_stage", "policy"],
)

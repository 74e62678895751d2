"""Networks of paths: the supernets of one-shot search, of which one path is computed at a time."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.custom_blocks.paths.path_cell import PathCell
    from automl_kit.custom_blocks.paths.path_layers import BATCH, KEPT, Statistics
    from automl_kit.custom_blocks.paths.path_network import PathNetwork
    from automl_kit.custom_blocks.paths.path_operation import PathEdge

__all__ = ["BATCH", "KEPT", "PathCell", "PathEdge", "PathNetwork", "Statistics"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "path_cell": ["PathCell"],
        "path_layers": ["BATCH", "KEPT", "Statistics"],
        "path_network": ["PathNetwork"],
        "path_operation": ["PathEdge"],
    },
)

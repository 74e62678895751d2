"""The supernet of DARTS: mixed operations, cells and networks of them as Keras layers.

Liu, H. et al. (2019), "DARTS: Differentiable architecture search". `MixedOp` and
`PlainDartsCell` compute one operation at a time and are the ones to read; `DartsCell` gives the
same numbers several times as fast by computing all edges out of a state as one batch.
"""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.custom_blocks.darts.architecture_parameters import ArchitectureParameters
    from automl_kit.custom_blocks.darts.batched_cell import DartsCell
    from automl_kit.custom_blocks.darts.flat import FlatVariables
    from automl_kit.custom_blocks.darts.mixed_op import MixedOp
    from automl_kit.custom_blocks.darts.operation_layers import make_operation
    from automl_kit.custom_blocks.darts.plain_cell import PlainDartsCell
    from automl_kit.custom_blocks.darts.supernet import TUTORIAL_OPS, darts_supernet
    from automl_kit.custom_blocks.darts.transfer import copy_weights

__all__ = [
    "TUTORIAL_OPS",
    "ArchitectureParameters",
    "DartsCell",
    "FlatVariables",
    "MixedOp",
    "PlainDartsCell",
    "copy_weights",
    "darts_supernet",
    "make_operation",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "architecture_parameters": ["ArchitectureParameters"],
        "batched_cell": ["DartsCell"],
        "flat": ["FlatVariables"],
        "mixed_op": ["MixedOp"],
        "operation_layers": ["make_operation"],
        "plain_cell": ["PlainDartsCell"],
        "supernet": ["TUTORIAL_OPS", "darts_supernet"],
        "transfer": ["copy_weights"],
    },
)

"""Search spaces: what can be chosen, how many ways there are, and how tuners are asked.

Neither TensorFlow nor KerasTuner is imported.
"""

from automl_kit.spaces.cell_space import CellSpace, TableCellSpace
from automl_kit.spaces.genotype import Cell, Edge, Genotype
from automl_kit.spaces.graph_features import GraphFeatures
from automl_kit.spaces.instances import (
    CHAPTER,
    DARTS,
    DARTS_OPS,
    NAS_BENCH_201,
    NAS_BENCH_201_OPS,
)
from automl_kit.spaces.macro import MacroSpace
from automl_kit.spaces.macro_genotype import MacroGenotype, Stage
from automl_kit.spaces.operation_names import operation_names
from automl_kit.spaces.paths import Path, Paths, SharedEdge
from automl_kit.spaces.same_network import SameNetwork
from automl_kit.spaces.strings import arch_string, parse_arch
from automl_kit.spaces.symmetries import IDENTITY_OPS, ZERO_OPS, network_key, size_after_symmetries

__all__ = [
    "CHAPTER",
    "DARTS",
    "DARTS_OPS",
    "IDENTITY_OPS",
    "NAS_BENCH_201",
    "NAS_BENCH_201_OPS",
    "ZERO_OPS",
    "Cell",
    "CellSpace",
    "Edge",
    "Genotype",
    "GraphFeatures",
    "MacroGenotype",
    "MacroSpace",
    "Path",
    "Paths",
    "SameNetwork",
    "SharedEdge",
    "Stage",
    "TableCellSpace",
    "arch_string",
    "network_key",
    "operation_names",
    "parse_arch",
    "size_after_symmetries",
]

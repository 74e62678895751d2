"""AutoKeras blocks of stock Keras layers, and the nodes and layouts they read.

Names are loaded when they are first used, since TensorFlow is behind most of them.
"""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.custom_blocks.augmentation import AugmentationBlock
    from automl_kit.custom_blocks.auxiliary import (
        AuxiliaryClassifier,
        AuxiliaryLoss,
        without_auxiliary,
    )
    from automl_kit.custom_blocks.cell_block import CellBlock
    from automl_kit.custom_blocks.cell_graphs import CELL_PRESETS, cell_graph
    from automl_kit.custom_blocks.cell_network import build_cell_network, build_with_auxiliary
    from automl_kit.custom_blocks.convolution import ConvolutionBlock
    from automl_kit.custom_blocks.darts import (
        TUTORIAL_OPS,
        ArchitectureParameters,
        DartsCell,
        MixedOp,
        PlainDartsCell,
        darts_supernet,
    )
    from automl_kit.custom_blocks.discrete_cell import build_cell
    from automl_kit.custom_blocks.drop_path import DropPath, GrowDropPath
    from automl_kit.custom_blocks.fitted_blocks import LinearBlock, TreesBlock
    from automl_kit.custom_blocks.fitted_layer import FittedLayer
    from automl_kit.custom_blocks.head import ClassificationHead
    from automl_kit.custom_blocks.image_blocks import IMAGE_PRESETS, ImageBlock
    from automl_kit.custom_blocks.layouts import TableLayout, TokenLayout
    from automl_kit.custom_blocks.macro_block import MacroBlock, build_macro_network
    from automl_kit.custom_blocks.nodes import ImageInput, TableInput, TokenInput
    from automl_kit.custom_blocks.operations import OPERATIONS, apply_operation, register_operation
    from automl_kit.custom_blocks.pooled import PooledBlock
    from automl_kit.custom_blocks.residual import ResidualBlock
    from automl_kit.custom_blocks.table_blocks import TABLE_PRESETS, TableBlock
    from automl_kit.custom_blocks.table_features import TableFeaturesBlock
    from automl_kit.custom_blocks.table_networks import EnsembleBlock, ResidualMLPBlock
    from automl_kit.custom_blocks.text_blocks import TextBlock
    from automl_kit.custom_blocks.text_networks import NgramBlock, TokenConvolutionBlock
    from automl_kit.custom_blocks.text_presets import TEXT_PRESETS, presets_for_texts
    from automl_kit.custom_blocks.text_sequences import AttentionBlock, RecurrentBlock
    from automl_kit.custom_blocks.token_evidence import token_evidence
    from automl_kit.custom_blocks.token_linear_block import TokenLinearBlock

__all__ = [
    "CELL_PRESETS",
    "IMAGE_PRESETS",
    "OPERATIONS",
    "TABLE_PRESETS",
    "TEXT_PRESETS",
    "TUTORIAL_OPS",
    "ArchitectureParameters",
    "AttentionBlock",
    "AugmentationBlock",
    "AuxiliaryClassifier",
    "AuxiliaryLoss",
    "CellBlock",
    "ClassificationHead",
    "ConvolutionBlock",
    "DartsCell",
    "DropPath",
    "EnsembleBlock",
    "FittedLayer",
    "GrowDropPath",
    "ImageBlock",
    "ImageInput",
    "LinearBlock",
    "MacroBlock",
    "MixedOp",
    "NgramBlock",
    "PlainDartsCell",
    "PooledBlock",
    "RecurrentBlock",
    "ResidualBlock",
    "ResidualMLPBlock",
    "TableBlock",
    "TableFeaturesBlock",
    "TableInput",
    "TableLayout",
    "TextBlock",
    "TokenConvolutionBlock",
    "TokenInput",
    "TokenLayout",
    "TokenLinearBlock",
    "TreesBlock",
    "apply_operation",
    "build_cell",
    "build_cell_network",
    "build_macro_network",
    "build_with_auxiliary",
    "cell_graph",
    "darts_supernet",
    "presets_for_texts",
    "register_operation",
    "token_evidence",
    "without_auxiliary",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "augmentation": ["AugmentationBlock"],
        "auxiliary": ["AuxiliaryClassifier", "AuxiliaryLoss", "without_auxiliary"],
        "cell_block": ["CellBlock"],
        "cell_graphs": ["CELL_PRESETS", "cell_graph"],
        "cell_network": ["build_cell_network", "build_with_auxiliary"],
        "discrete_cell": ["build_cell"],
        "convolution": ["ConvolutionBlock"],
        "darts": [
            "TUTORIAL_OPS",
            "ArchitectureParameters",
            "DartsCell",
            "MixedOp",
            "PlainDartsCell",
            "darts_supernet",
        ],
        "drop_path": ["DropPath", "GrowDropPath"],
        "fitted_blocks": ["LinearBlock", "TreesBlock"],
        "fitted_layer": ["FittedLayer"],
        "head": ["ClassificationHead"],
        "image_blocks": ["IMAGE_PRESETS", "ImageBlock"],
        "layouts": ["TableLayout", "TokenLayout"],
        "macro_block": ["MacroBlock", "build_macro_network"],
        "nodes": ["ImageInput", "TableInput", "TokenInput"],
        "operations": ["OPERATIONS", "apply_operation", "register_operation"],
        "pooled": ["PooledBlock"],
        "residual": ["ResidualBlock"],
        "table_blocks": ["TABLE_PRESETS", "TableBlock"],
        "table_features": ["TableFeaturesBlock"],
        "table_networks": ["EnsembleBlock", "ResidualMLPBlock"],
        "text_blocks": ["TextBlock"],
        "text_networks": ["NgramBlock", "TokenConvolutionBlock"],
        "text_presets": ["TEXT_PRESETS", "presets_for_texts"],
        "text_sequences": ["AttentionBlock", "RecurrentBlock"],
        "token_evidence": ["token_evidence"],
        "token_linear_block": ["TokenLinearBlock"],
    },
    light=["layouts"],
)

"""AutoML for Keras that ends in one model file taking raw rows, texts and pixels.

Names are loaded when they are first used: importing automl_kit doesn't import TensorFlow. Those
of AutoKeras are here too, so that a script that has `import automl_kit as ak` in place of
`import autokeras as ak` finds them; see `automl_kit.custom_blocks.drop_in`.
"""

from typing import TYPE_CHECKING, Any

from automl_kit.errors import AutoMLKitError, ExportError, InputError, ProjectError, SearchError
from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.custom_blocks.drop_in import (
        CUSTOM_OBJECTS,
        Block,
        CastToFloat32,
        ClassificationHead,
        ConvBlock,
        DenseBlock,
        EfficientNetBlock,
        Embedding,
        ExpandLastDim,
        Flatten,
        Head,
        ImageAugmentation,
        ImageBlock,
        ImageInput,
        Input,
        Merge,
        Node,
        Normalization,
        RegressionHead,
        ResNetBlock,
        RNNBlock,
        SpatialReduction,
        StructuredDataBlock,
        StructuredDataInput,
        TemporalReduction,
        TextBlock,
        TextInput,
        XceptionBlock,
    )
    from automl_kit.export import load_model
    from automl_kit.tasks import (
        AutoModel,
        ImageClassifier,
        StructuredDataClassifier,
        TextClassifier,
    )
    from automl_kit.tuners import (
        BayesianOptimization,
        Darts,
        Evolution,
        Greedy,
        Hyperband,
        LocalSearch,
        Pareto,
        RandomSearch,
        Reinforce,
    )

__version__ = "0.1.0"

__all__ = [
    "CUSTOM_OBJECTS",
    "AutoMLKitError",
    "AutoModel",
    "BayesianOptimization",
    "Block",
    "CastToFloat32",
    "ClassificationHead",
    "ConvBlock",
    "Darts",
    "DenseBlock",
    "EfficientNetBlock",
    "Embedding",
    "Evolution",
    "ExpandLastDim",
    "ExportError",
    "Flatten",
    "Greedy",
    "Head",
    "Hyperband",
    "ImageAugmentation",
    "ImageBlock",
    "ImageClassifier",
    "ImageInput",
    "Input",
    "InputError",
    "LocalSearch",
    "Merge",
    "Node",
    "Normalization",
    "Pareto",
    "ProjectError",
    "RNNBlock",
    "RandomSearch",
    "RegressionHead",
    "Reinforce",
    "ResNetBlock",
    "SearchError",
    "SpatialReduction",
    "StructuredDataBlock",
    "StructuredDataClassifier",
    "StructuredDataInput",
    "TemporalReduction",
    "TextBlock",
    "TextClassifier",
    "TextInput",
    "XceptionBlock",
    "load_model",
]

_NOT_YET = {"ImageRegressor", "StructuredDataRegressor", "TextRegressor"}

_find, __dir__ = lazy_names(
    __name__,
    {
        "custom_blocks.drop_in": [
            "CUSTOM_OBJECTS",
            "Block",
            "CastToFloat32",
            "ClassificationHead",
            "ConvBlock",
            "DenseBlock",
            "EfficientNetBlock",
            "Embedding",
            "ExpandLastDim",
            "Flatten",
            "Head",
            "ImageAugmentation",
            "ImageBlock",
            "ImageInput",
            "Input",
            "Merge",
            "Node",
            "Normalization",
            "RNNBlock",
            "RegressionHead",
            "ResNetBlock",
            "SpatialReduction",
            "StructuredDataBlock",
            "StructuredDataInput",
            "TemporalReduction",
            "TextBlock",
            "TextInput",
            "XceptionBlock",
        ],
        "export": ["load_model"],
        "tasks": ["AutoModel", "ImageClassifier", "StructuredDataClassifier", "TextClassifier"],
        "tuners": [
            "BayesianOptimization",
            "Darts",
            "Evolution",
            "Greedy",
            "Hyperband",
            "LocalSearch",
            "Pareto",
            "RandomSearch",
            "Reinforce",
        ],
    },
)


def __getattr__(name: str) -> Any:
    if name in _NOT_YET:
        raise AttributeError(
            f"automl_kit has no {name} yet: its tasks do classification so far. Use "
            "automl_kit.AutoModel with a RegressionHead, or autokeras."
        )
    return _find(name)

"""AutoKeras's public names: its own where they work, ours where they don't.

`import automl_kit as ak` in place of `import autokeras as ak` finds them at the top. What is ours
here takes the same arguments: `ClassificationHead` (AutoKeras's drops the loss it is given),
`TextInput` (AutoKeras's knows 500 words, and no column of texts), and `ImageBlock` and `TextBlock`
(AutoKeras's enlarge images to 224×224, download weights, and look up words that there are not).
"""

from typing import Any

import autokeras
import keras
import numpy as np
from autokeras import (
    CUSTOM_OBJECTS,
    CastToFloat32,
    ConvBlock,
    DenseBlock,
    EfficientNetBlock,
    Embedding,
    ExpandLastDim,
    Flatten,
    ImageAugmentation,
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
    XceptionBlock,
)
from numpy.typing import NDArray

from automl_kit import compat
from automl_kit.compat import Block, Head
from automl_kit.custom_blocks import image_blocks, text_blocks
from automl_kit.custom_blocks.nodes import ImageInput

__all__ = [
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
]

_MAX_WORDS = 20_000
_MAX_LENGTH = 200  # words a text


@keras.utils.register_keras_serializable(package="automl_kit_drop_in")
class ClassificationHead(autokeras.ClassificationHead):  # type: ignore[misc]
    """AutoKeras's head, which takes labels as they are; a loss that it is given is kept.

    Targets are integers, strings or booleans of shape (n,) or (n, 1), one-hot rows (n, k), or with
    `multi_label` rows of zeros and ones. AutoKeras puts its own loss in place of the user's.
    A task's graph may end in it too: the task puts `automl_kit.custom_blocks.ClassificationHead`
    in its place.

    Args:
        num_classes: How many classes; None to count them.
        multi_label: Whether a row may have several classes.
        loss: A Keras loss; None for the cross-entropy that goes with the number of classes.
        metrics: Keras metrics; None for accuracy.
        dropout: Share of the features dropped before the last layer; None to search it.
        name: The head's name.
        shape: Shape of the encoded targets; AutoKeras sets it.
        tunable: Whether its hyperparameters are searched.

    Example:
        >>> import automl_kit as ak
        >>> entry = ak.Input()
        >>> output = ak.ClassificationHead(loss="hinge")(ak.DenseBlock()(entry))
    """

    loss: Any

    def __init__(
        self,
        num_classes: int | None = None,
        multi_label: bool = False,
        loss: Any = None,
        metrics: Any = None,
        dropout: float | None = None,
        name: str | None = None,
        shape: tuple[int, ...] | None = None,
        tunable: bool = True,
    ):
        self.own_loss = loss
        super().__init__(
            num_classes=num_classes,
            multi_label=multi_label,
            loss=loss,
            metrics=metrics,
            dropout=dropout,
            name=name,
            shape=shape,
            tunable=tunable,
        )

    def infer_loss(self) -> Any:
        """The loss given, or the one that goes with the number of classes."""
        return self.own_loss if self.own_loss is not None else super().infer_loss()

    def build(self, hp: Any, inputs: Any = None) -> Any:
        """AutoKeras's layers; their last one follows from the classes, not from the loss."""
        given: Any = self.loss
        self.loss = autokeras.ClassificationHead.infer_loss(self)
        try:
            return super().build(hp, inputs)
        finally:
            self.loss = given


class _Texts(compat.TextAdapter):  # type: ignore[misc]
    """Takes texts of shape (n,) and (n, 1), of any type of string."""

    def adapt(self, dataset: Any) -> NDArray[np.str_]:
        """Gives an array (n,) of strings."""
        return np.asarray(super().adapt(dataset)).ravel().astype(str)


@keras.utils.register_keras_serializable(package="automl_kit_drop_in")
class TextInput(autokeras.TextInput):  # type: ignore[misc]
    """Texts, (n,) or (n, 1) strings, which reach the blocks as numbers of their words.

    The 20,000 most frequent words between spaces have a number, or as many as an `Embedding`
    behind the node can look up; a text is cut to its first 200 words.

    Args:
        name: The node's name.
        shape: Shape of the encoded texts; AutoKeras sets it.
    """

    def __init__(self, name: str | None = None, shape: tuple[int, ...] | None = None):
        super().__init__(name=name, shape=shape)

    def get_adapter(self) -> _Texts:
        """Takes columns of texts too."""
        return _Texts()

    def get_block(self) -> "TextBlock":
        """What an `AutoModel` puts behind it where nobody says."""
        return TextBlock()

    def get_hyper_preprocessors(self) -> list[Any]:
        """Numbers the words."""
        words = [b.max_features - 1 for b in self.out_blocks if isinstance(b, Embedding)]
        cast, tokenizer = super().get_hyper_preprocessors()
        tokenizer.preprocessor.max_vocab = min([_MAX_WORDS, *words])
        tokenizer.preprocessor.max_len = _MAX_LENGTH
        return [cast, tokenizer]


@keras.utils.register_keras_serializable(package="automl_kit_drop_in")
class TextBlock(autokeras.TextBlock):  # type: ignore[misc]
    """Words' numbers to one vector a text; called as AutoKeras's block is.

    The networks are those of `automl_kit.custom_blocks.TextBlock`.

    Args:
        max_tokens: AutoKeras has it; words beyond a network's vocabulary are unknown to it.
        name: The block's name.
    """

    def build(self, hp: Any, inputs: Any = None) -> Any:
        """Builds the network that was chosen."""
        block = text_blocks.TextBlock(name="text")
        block.inputs = self.inputs
        return block.build(hp, inputs)


@keras.utils.register_keras_serializable(package="automl_kit_drop_in")
class ImageBlock(autokeras.ImageBlock):  # type: ignore[misc]
    """Images to one vector or map an image; called as AutoKeras's block is.

    Args:
        block_type: "resnet", "xception", "vanilla" or "efficient" for AutoKeras's network of that
            name; None for those of `automl_kit.custom_blocks.ImageBlock`, which are searched.
        normalize: Whether images are standardised; None for yes, or with a `block_type` to
            search it.
        augment: Whether training images are changed at random; None to search it.
        name: The block's name.
    """

    def build(self, hp: Any, inputs: Any = None) -> Any:
        """Builds the network that was named or chosen."""
        if self.block_type is not None:
            return super().build(hp, inputs)
        normalize = self.normalize is not False
        block = image_blocks.ImageBlock(augment=self.augment, normalize=normalize, name="image")
        return block.build(hp, inputs)


compat.apply()

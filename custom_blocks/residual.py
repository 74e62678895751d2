"""A residual network with pre-activation."""

from typing import Any, ClassVar

import keras

from automl_kit.custom_blocks.convolution import LARGEST_WIDTH
from automl_kit.custom_blocks.searched import SearchedBlock
from automl_kit.custom_blocks.separable import TrainingSeparableConv2D
from automl_kit.custom_blocks.sizes import stage_limit, stem_stride
from automl_kit.custom_blocks.training_layers import (
    FusedBatchNormalization,
    TrainingConv2D,
    dtype_kept,
)


@keras.utils.register_keras_serializable(package="automl_kit")
class ResidualBlock(SearchedBlock):
    """Stages of residual units, each stage half as fine and twice as wide as the one before.

    He et al. (2016), "Identity mappings in deep residual networks", figure 1 (b); the shortcut
    of a stage's first unit is average pooling and a 1×1 convolution, as in He, T. et al. (2019),
    "Bag of tricks for image classification", figure 2 (c). Takes (n, height, width, channels)
    float32 of any size, gives (n, h, w, d) with h, w ≥ 1 and d ≤ 256.

    Args:
        stages: How often the image is halved; fewer where the image is too small for as many.
        units: Residual units a stage, of two convolutions each.
        width: Channels of the first stage.
        separable: Whether the 3×3 convolutions are depthwise separable.
        squeeze: Whether each unit reweighs its channels; Hu et al. (2018),
            "Squeeze-and-excitation networks", equations 2 to 4, reduction 4.
        dropout: Share of values dropped between a unit's convolutions.
        name: The block's name.
        tunable: Whether its hyperparameters are searched.

    An argument of None is searched.
    """

    widths: ClassVar = ("width",)
    asked: ClassVar = {
        "stages": lambda hp, shape: hp.Int(
            "stages", 1, stage_limit(shape), default=min(3, stage_limit(shape))
        ),
        "units": lambda hp, shape: hp.Int("units", 1, 2, default=1),
        "width": lambda hp, shape: hp.Choice("width", [16, 24, 32, 48], default=32),
        "separable": lambda hp, shape: hp.Boolean("separable", default=False),
        "squeeze": lambda hp, shape: hp.Boolean("squeeze", default=False),
        "dropout": lambda hp, shape: hp.Choice("dropout", [0.0, 0.1, 0.2, 0.3], default=0.0),
    }

    def __init__(
        self,
        stages: int | None = None,
        units: int | None = None,
        width: int | None = None,
        separable: bool | None = None,
        squeeze: bool | None = None,
        dropout: float | None = None,
        name: str | None = None,
        tunable: bool = True,
    ):
        super().__init__(
            {
                "stages": stages,
                "units": units,
                "width": width,
                "separable": separable,
                "squeeze": squeeze,
                "dropout": dropout,
            },
            name,
            tunable,
        )

    def assemble(  # type: ignore[override]
        self,
        tensor: Any,
        *,
        stages: int,
        units: int,
        width: int,
        separable: bool,
        squeeze: bool,
        dropout: float,
    ) -> Any:
        """A first convolution, the stages, and the last activation."""
        stem, limit = stem_stride(tensor.shape), stage_limit(tensor.shape)
        tensor = _convolution(width, max(3, 2 * stem - 1), stem, separable=False)(tensor)
        for stage in range(min(stages, limit)):
            for number in range(units):
                tensor = _unit(
                    tensor,
                    filters=min(width << stage, LARGEST_WIDTH),
                    strides=1 if number else 2,
                    separable=separable,
                    squeeze=squeeze,
                    dropout=dropout,
                )
        return _activate(tensor)


def _convolution(filters: int, size: int, strides: int, *, separable: bool) -> keras.Layer:
    """A convolution without bias: a normalisation follows it, or a shortcut that has one."""
    kind = TrainingSeparableConv2D if separable else TrainingConv2D
    start = "depthwise_initializer" if separable else "kernel_initializer"
    return kind(
        filters, size, strides=strides, padding="same", use_bias=False, **{start: "he_normal"}
    )


def _activate(tensor: Any) -> Any:
    return dtype_kept(keras.layers.ReLU())(FusedBatchNormalization(momentum=0.9)(tensor))


def _unit(
    tensor: Any, *, filters: int, strides: int, separable: bool, squeeze: bool, dropout: float
) -> Any:
    """Normalise, activate, convolve, twice, and add the shortcut."""
    shortcut, tensor = tensor, _activate(tensor)
    if strides > 1:
        shortcut = dtype_kept(keras.layers.AveragePooling2D(strides, padding="same"))(tensor)
        shortcut = _convolution(filters, 1, 1, separable=False)(shortcut)
    tensor = _activate(_convolution(filters, 3, strides, separable=separable)(tensor))
    if dropout:
        tensor = dtype_kept(keras.layers.Dropout(dropout))(tensor)
    tensor = _convolution(filters, 3, 1, separable=separable)(tensor)
    if squeeze:
        tensor = _squeeze_and_excite(tensor)
    return dtype_kept(keras.layers.Add())([shortcut, tensor])


def _squeeze_and_excite(tensor: Any) -> Any:
    channels = tensor.shape[-1]
    weight = keras.layers.GlobalAveragePooling2D(keepdims=True)(tensor)
    weight = keras.layers.Dense(max(4, channels // 4), activation="relu")(weight)
    weight = keras.layers.Dense(channels, activation="sigmoid")(weight)
    return keras.layers.Multiply()([tensor, weight])

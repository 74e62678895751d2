"""A plain convolutional network, in the manner of VGG."""

from typing import Any, ClassVar

import keras

from automl_kit.custom_blocks.searched import SearchedBlock
from automl_kit.custom_blocks.sizes import stage_limit, stem_stride
from automl_kit.custom_blocks.training_layers import (
    FusedBatchNormalization,
    TrainingConv2D,
    dtype_kept,
)

LARGEST_WIDTH = 256


@keras.utils.register_keras_serializable(package="automl_kit")
class ConvolutionBlock(SearchedBlock):
    """Stages of 3×3 convolutions, each ending in pooling; width doubles from stage to stage.

    Simonyan and Zisserman (2015), "Very deep convolutional networks for large-scale image
    recognition", with batch normalisation. Takes (n, height, width, channels) float32 of any
    size, gives (n, h, w, d) with h, w ≥ 1 and d ≤ 256. The first stage has one convolution, since
    a second one there costs as much as all the others; it strides over images larger than 32.

    Args:
        stages: How often the image is halved; fewer where the image is too small for as many.
        layers: Convolutions a stage, from the second stage on.
        width: Channels of the first stage.
        kernel: Size of the first convolution.
        pooling: "max", "average", or "stride" (the stage's last convolution has stride 2).
        normalize: Whether batch normalisation follows each convolution.
        dropout: Share of values dropped after each stage.
        name: The block's name.
        tunable: Whether its hyperparameters are searched.

    An argument of None is searched.
    """

    widths: ClassVar = ("width",)
    asked: ClassVar = {
        "stages": lambda hp, shape: hp.Int(
            "stages", 1, stage_limit(shape), default=min(3, stage_limit(shape))
        ),
        "layers": lambda hp, shape: hp.Int("layers", 1, 2, default=1),
        "width": lambda hp, shape: hp.Choice("width", [16, 24, 32, 48, 64], default=32),
        "kernel": lambda hp, shape: hp.Choice("kernel", [3, 5], default=3),
        "pooling": lambda hp, shape: hp.Choice(
            "pooling", ["max", "average", "stride"], default="max"
        ),
        "normalize": lambda hp, shape: hp.Boolean("normalize", default=True),
        "dropout": lambda hp, shape: hp.Choice("dropout", [0.0, 0.1, 0.2, 0.3], default=0.1),
    }

    def __init__(
        self,
        stages: int | None = None,
        layers: int | None = None,
        width: int | None = None,
        kernel: int | None = None,
        pooling: str | None = None,
        normalize: bool | None = None,
        dropout: float | None = None,
        name: str | None = None,
        tunable: bool = True,
    ):
        super().__init__(
            {
                "stages": stages,
                "layers": layers,
                "width": width,
                "kernel": kernel,
                "pooling": pooling,
                "normalize": normalize,
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
        layers: int,
        width: int,
        kernel: int,
        pooling: str,
        normalize: bool,
        dropout: float,
    ) -> Any:
        """The stages, one after the other."""
        stem = stem_stride(tensor.shape)
        for stage in range(min(stages, stage_limit(tensor.shape))):
            filters = min(width << stage, LARGEST_WIDTH)
            count = layers if stage else 1
            for number in range(count):
                first = stage == number == 0
                size = max(kernel, 2 * stem - 1) if first else 3
                strides = stem if first else 1
                if pooling == "stride" and number == count - 1:
                    strides *= 2
                tensor = convolve(tensor, filters, size, strides, normalize)
            if pooling == "max":
                tensor = dtype_kept(keras.layers.MaxPooling2D(2, padding="same"))(tensor)
            elif pooling == "average":
                tensor = dtype_kept(keras.layers.AveragePooling2D(2, padding="same"))(tensor)
            if dropout:
                tensor = dtype_kept(keras.layers.Dropout(dropout))(tensor)
        return tensor


def convolve(tensor: Any, filters: int, size: int, strides: int, normalize: bool) -> Any:
    """One convolution of size×size, its normalisation, and ReLU."""
    tensor = TrainingConv2D(
        filters,
        size,
        strides=strides,
        padding="same",
        use_bias=not normalize,
        kernel_initializer="he_normal",
    )(tensor)
    if normalize:
        tensor = FusedBatchNormalization(momentum=0.9)(tensor)
    return dtype_kept(keras.layers.ReLU())(tensor)

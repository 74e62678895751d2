"""A convolutional network whose stages pool before they normalise."""

from typing import Any, ClassVar

import keras

from automl_kit.custom_blocks.convolution import LARGEST_WIDTH, convolve
from automl_kit.custom_blocks.searched import SearchedBlock
from automl_kit.custom_blocks.sizes import stage_limit, stem_stride
from automl_kit.custom_blocks.training_layers import (
    FusedBatchNormalization,
    TrainingConv2D,
    dtype_kept,
)


@keras.utils.register_keras_serializable(package="automl_kit")
class PooledBlock(SearchedBlock):
    """A 2×2 convolution, then stages: convolution, max pooling, normalisation, ReLU, convolutions.

    The plan of Jordan (2024), "94% on CIFAR-10 in 3.29 seconds on a single GPU", section 3.1,
    with ReLU and widths that double from stage to stage. What is pooled first is normalised and
    activated at a fourth of the cost. Takes (n, height, width, channels) float32 of any size,
    gives (n, h, w, d) with h, w ≥ 1 and d ≤ 256. The first convolution strides over images larger
    than 32.

    Args:
        stages: How often the image is halved; fewer where the image is too small for as many.
        layers: Convolutions a stage.
        width: Channels of the first stage.
        name: The block's name.
        tunable: Whether its hyperparameters are searched.

    An argument of None is searched.
    """

    widths: ClassVar = ("width",)
    asked: ClassVar = {
        "stages": lambda hp, shape: hp.Int(
            "stages", 1, stage_limit(shape), default=min(3, stage_limit(shape))
        ),
        "layers": lambda hp, shape: hp.Int("layers", 1, 3, default=2),
        "width": lambda hp, shape: hp.Choice("width", [16, 24, 32, 48, 64], default=32),
    }

    def __init__(
        self,
        stages: int | None = None,
        layers: int | None = None,
        width: int | None = None,
        name: str | None = None,
        tunable: bool = True,
    ):
        pinned = {"stages": stages, "layers": layers, "width": width}
        super().__init__(pinned, name, tunable)

    def assemble(  # type: ignore[override]
        self, tensor: Any, *, stages: int, layers: int, width: int
    ) -> Any:
        """The first convolution and the stages."""
        stem, limit = stem_stride(tensor.shape), stage_limit(tensor.shape)
        tensor = convolve(tensor, width, 2 * stem, stem, normalize=True)
        for stage in range(min(stages, limit)):
            filters = min(width << stage, LARGEST_WIDTH)
            tensor = _pooling(tensor, filters)
            for _ in range(layers - 1):
                tensor = convolve(tensor, filters, 3, 1, normalize=True)
        return tensor


def _pooling(tensor: Any, filters: int) -> Any:
    """Convolution, pooling, and only then normalisation and ReLU."""
    tensor = TrainingConv2D(
        filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(tensor)
    tensor = dtype_kept(keras.layers.MaxPooling2D(2, padding="same"))(tensor)
    return dtype_kept(keras.layers.ReLU())(FusedBatchNormalization(momentum=0.9)(tensor))

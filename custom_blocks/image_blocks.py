"""The block for images: augmentation, a network that suits their size, and a vector at the end."""

import contextlib
import math
from typing import Any, ClassVar

import keras

from automl_kit.compat import Block
from automl_kit.custom_blocks.augmentation import AugmentationBlock
from automl_kit.custom_blocks.convolution import ConvolutionBlock
from automl_kit.custom_blocks.one_of import build_one_of, check_architecture
from automl_kit.custom_blocks.pooled import PooledBlock
from automl_kit.custom_blocks.residual import ResidualBlock
from automl_kit.custom_blocks.searched import SearchedBlock
from automl_kit.custom_blocks.smaller import narrowed
from automl_kit.custom_blocks.views import MeanOfViews, View, ViewsBeside, views_of
from automl_kit.errors import InputError

_LARGEST_FLAT_SIDE = 8
_REDUCTIONS = ["average", "max", "flatten"]


@keras.utils.register_keras_serializable(package="automl_kit")
class ImageBlock(Block):  # type: ignore[misc]
    """Images to one vector an image, by a network that is chosen and sized in the search.

    Takes (n, height, width, channels) float32, standardised, of any size from 1×1; gives
    (n, d) float32. Nothing is enlarged and no weights are downloaded. Below it the search finds
    the hyperparameters of four blocks: "augment/…" (`AugmentationBlock`), "convolution/…"
    (`ConvolutionBlock`), "residual/…" (`ResidualBlock`) and "pooled/…" (`PooledBlock`), the last
    three only where they are the "architecture".

    Args:
        architecture: "convolution", "residual" or "pooled".
        augment: Whether training images are changed at random.
        reduction: How the last feature map becomes a vector: "average", "max" (both over its
            pixels) or "flatten" (after pooling to at most 8×8).
        units: Units of a dense layer after that; 0 for none.
        dropout: Share of the vector's values dropped.
        normalize: Whether the images are standardised first, by mean and deviation of each channel
            of the training images; never searched.
        views: Whether a network that is trained on flipped or shifted images predicts by the mean
            of an image and its flipped and shifted ones (two or three times the time of a
            prediction); never searched.
        name: The block's name, the scope of its hyperparameters.
        tunable: Whether its hyperparameters are searched.

    An argument of None is searched.

    Raises:
        InputError: An architecture or reduction of another name.

    Example:
        >>> from automl_kit.custom_blocks import ClassificationHead, ImageBlock, ImageInput
        >>> output = ClassificationHead(name="label")(ImageBlock(name="image")(ImageInput()))
    """

    has_widths: ClassVar = True

    def __init__(
        self,
        architecture: str | None = None,
        augment: bool | None = None,
        reduction: str | None = None,
        units: int | None = None,
        dropout: float | None = None,
        normalize: bool = False,
        views: bool = True,
        name: str | None = None,
        tunable: bool = True,
    ):
        super().__init__(name=name, tunable=tunable)
        self._networks: dict[str, SearchedBlock | None] = {
            "convolution": ConvolutionBlock(name="convolution"),
            "residual": ResidualBlock(name="residual"),
            "pooled": PooledBlock(name="pooled"),
        }
        check_architecture(architecture, self._networks)
        _check("reduction", reduction, _REDUCTIONS)
        self.architecture = architecture
        self.augment = augment
        self.reduction = reduction
        self.units = units
        self.dropout = dropout
        self.normalize = normalize
        self.views = views

    def build(self, hp: Any, inputs: Any = None) -> Any:
        """Augments, builds the chosen network, and reduces to a vector."""
        (tensor,) = keras.tree.flatten(inputs)
        if self.normalize:
            tensor = keras.layers.Normalization()(tensor)
        tensor, views = self._augment(hp, tensor)
        if not self.views or len(views) == 1:
            return self._reduce(hp, self._network(hp, tensor))
        shown = ViewsBeside(views)(tensor)
        return MeanOfViews(len(views))(self._reduce(hp, self._network(hp, shown)))

    def _augment(self, hp: Any, tensor: Any) -> tuple[Any, list[View]]:
        """Changed images, and the views that a network has learned by the changes."""
        same = views_of("none", 0.0)
        if self.augment is False:
            return tensor, same
        block, scope = AugmentationBlock(name="augment"), contextlib.nullcontext()
        augment = self.augment
        if augment is None:
            augment = hp.Boolean("augmented", default=True)
            scope = hp.conditional_scope("augmented", [True])
        with scope, hp.name_scope(block.name):
            settings = block.settings(hp, tensor.shape)
        if not augment:
            return tensor, same
        views = views_of(settings["flip"], settings["translation"])
        return block.assemble(tensor, **settings), views

    def _network(self, hp: Any, tensor: Any) -> Any:
        return build_one_of(hp, tensor, self._networks, "convolution", self.architecture)

    def _reduce(self, hp: Any, tensor: Any) -> Any:
        reduction, units, dropout = self.reduction, self.units, self.dropout
        if reduction is None:
            reduction = hp.Choice("reduction", _REDUCTIONS, default="average")
        if units is None:
            units = hp.Choice("units", [0, 64, 128, 256], default=0)
        if dropout is None:
            dropout = hp.Choice("dropout", [0.0, 0.25, 0.5], default=0.25)
        tensor = reduce(tensor, reduction)
        if units:
            tensor = keras.layers.Dense(narrowed(units), activation="relu")(tensor)
        return keras.layers.Dropout(dropout)(tensor) if dropout else tensor

    def get_config(self) -> dict[str, Any]:
        """The block's configuration."""
        return {
            **super().get_config(),
            "architecture": self.architecture,
            "augment": self.augment,
            "reduction": self.reduction,
            "units": self.units,
            "dropout": self.dropout,
            "normalize": self.normalize,
            "views": self.views,
        }


def reduce(tensor: Any, reduction: str) -> Any:
    """A feature map (n, h, w, d) as vectors: (n, d), or up to (n, 64 d) where flattened."""
    if reduction == "average":
        return keras.layers.GlobalAveragePooling2D()(tensor)
    if reduction == "max":
        return keras.layers.GlobalMaxPooling2D()(tensor)
    # A map of few stages and a long image may be large, and every pixel of it costs d weights a
    # unit in the layer that follows.
    window = tuple(math.ceil(side / _LARGEST_FLAT_SIDE) for side in tensor.shape[1:3])
    if max(window) > 1:
        tensor = keras.layers.AveragePooling2D(window, padding="same")(tensor)
    return keras.layers.Flatten()(tensor)


def _check(argument: str, value: str | None, known: list[str]) -> None:
    if value is not None and value not in known:
        raise InputError(
            f"{argument} must be one of {', '.join(known)} or None. Received: {value!r}"
        )


_RECIPE = {
    "image/augmented": True,
    "image/augment/flip": "none",
    "image/augment/translation": 0.05,
    "image/augment/zoom": 0.0,
    "image/augment/rotation": 0.0,
    "image/augment/contrast": 0.0,
    "image/units": 0,
    "image/dropout": 0.25,
    "learning_rate": 6e-3,
    "weight_decay": 1e-2,
}
_POOLED = {
    **_RECIPE,
    "image/architecture": "pooled",
    "image/pooled/stages": 3,
    "image/pooled/layers": 2,
    "image/pooled/width": 32,
    "image/reduction": "max",
    "optimizer": "muon",
}
_RESIDUAL = {
    **_RECIPE,
    "image/architecture": "residual",
    "image/residual/stages": 3,
    "image/residual/units": 1,
    "image/residual/width": 32,
    "image/residual/separable": False,
    "image/residual/squeeze": False,
    "image/residual/dropout": 0.0,
    "image/reduction": "average",
    "optimizer": "adamw",
}
_FLIPPED = {"image/augment/flip": "horizontal"}

IMAGE_PRESETS: list[dict[str, Any]] = [
    _POOLED,
    {**_POOLED, **_FLIPPED},
    {**_POOLED, **_FLIPPED, "image/pooled/width": 48},
    _RESIDUAL,
]
"""Where a search starts, for an `ImageBlock` named "image".

A training step of 32 images of 28×28 takes 18, 19, 32 and 19 ms of one core with AMX, 43, 41, 79
and 34 with Keras's own layers (`benchmarks/image_steps.py`). The second and third suit images that
may be mirrored; digits may not. The first two trials and the refit of the second on 5,000 images of
Fashion-MNIST take 225 processor seconds of that core; the refit is right for .910 of 1,000 test
images, log-loss .298 (`benchmarks/images.py DATA fashion --trials 2`, seed 0). The number of stages
is cut to what the images allow.
"""

"""Random changes of training images that leave their class alone."""

from typing import Any, ClassVar

import keras

from automl_kit.custom_blocks.searched import SearchedBlock

# RandomContrast clips to a range of bytes unless told otherwise; ours is of standardised pixels.
_NO_CLIPPING = (-1e6, 1e6)


@keras.utils.register_keras_serializable(package="automl_kit")
class AugmentationBlock(SearchedBlock):
    """Flips, shifts, zooms, rotates and changes the contrast of training images.

    Takes and gives (n, height, width, channels) float32; passes images on unchanged outside
    training. What leaves the frame is filled from the nearest pixel. Every layer is drawn anew
    for each image. All are cheap on a CPU: one core takes 0.02 to 0.1 s for 5,000 images of
    28×28×1 and 0.25 to 0.5 s for 64×64×3, where one epoch of a small network takes 3 to 20 s.

    Args:
        flip: "none", "horizontal", "vertical" or "horizontal_and_vertical".
        translation: Largest shift, as a share of height and of width; at least a pixel, which is
            what `MeanOfViews` is of.
        zoom: Largest change of size, as a share; the shape of objects is kept.
        rotation: Largest turn, as a share of a full one.
        contrast: Largest change of contrast, as a share.
        name: The block's name.
        tunable: Whether its hyperparameters are searched.

    An argument of None is searched. The defaults of the search shift a little and do nothing
    else: it can't be known beforehand whether a flipped or turned image keeps its class.
    """

    asked: ClassVar = {
        "flip": lambda hp, shape: hp.Choice(
            "flip",
            ["none", "horizontal", "vertical", "horizontal_and_vertical"],
            default="none",
        ),
        "translation": lambda hp, shape: hp.Choice(
            "translation", [0.0, 0.05, 0.1, 0.15], default=0.05
        ),
        "zoom": lambda hp, shape: hp.Choice("zoom", [0.0, 0.1, 0.2], default=0.0),
        "rotation": lambda hp, shape: hp.Choice("rotation", [0.0, 0.02, 0.05], default=0.0),
        "contrast": lambda hp, shape: hp.Choice("contrast", [0.0, 0.2, 0.4], default=0.0),
    }

    def __init__(
        self,
        flip: str | None = None,
        translation: float | None = None,
        zoom: float | None = None,
        rotation: float | None = None,
        contrast: float | None = None,
        name: str | None = None,
        tunable: bool = True,
    ):
        super().__init__(
            {
                "flip": flip,
                "translation": translation,
                "zoom": zoom,
                "rotation": rotation,
                "contrast": contrast,
            },
            name,
            tunable,
        )

    def assemble(  # type: ignore[override]
        self,
        tensor: Any,
        *,
        flip: str,
        translation: float,
        zoom: float,
        rotation: float,
        contrast: float,
    ) -> Any:
        """One layer for each change asked for."""
        if flip != "none":
            tensor = keras.layers.RandomFlip(flip)(tensor)
        if translation:
            shares = (max(translation, 1 / side) for side in tensor.shape[1:3])
            tensor = keras.layers.RandomTranslation(*shares, fill_mode="nearest")(tensor)
        if zoom:
            tensor = keras.layers.RandomZoom(zoom, fill_mode="nearest")(tensor)
        if rotation:
            tensor = keras.layers.RandomRotation(rotation, fill_mode="nearest")(tensor)
        if contrast:
            tensor = keras.layers.RandomContrast(contrast, value_range=_NO_CLIPPING)(tensor)
        return tensor

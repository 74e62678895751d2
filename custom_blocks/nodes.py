"""AutoKeras input nodes that carry what the encoder found out.

Users place them in their own graphs before any data is seen; the task fills
the layout in when its encoder is fitted.
"""

import dataclasses
from typing import Any, ClassVar, Generic, TypeVar

import autokeras as ak
import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.custom_blocks.affine import affine
from automl_kit.custom_blocks.image_blocks import ImageBlock
from automl_kit.custom_blocks.layouts import TableLayout, TokenLayout
from automl_kit.custom_blocks.smaller import shrunk

Layout = TypeVar("Layout", TableLayout, TokenLayout)


class _LayoutInput(ak.Input, Generic[Layout]):  # type: ignore[misc]
    """An input of an already encoded tensor, with the tensor's layout."""

    layout_class: type[Layout]

    def __init__(self, layout: Layout | None = None, name: str | None = None, **kwargs: Any):
        super().__init__(name=name, **kwargs)
        self.layout: Layout | None = layout

    def build(self, hp: Any, inputs: Any = None) -> Any:
        """Casts to float32 with a stock layer; AutoKeras's own cast is a custom one."""
        return keras.layers.Rescaling(1.0)(keras.tree.flatten(inputs)[0])

    def get_config(self) -> dict[str, Any]:
        """The node's configuration, the layout as a plain dictionary."""
        layout = None if self.layout is None else dataclasses.asdict(self.layout)
        return {**super().get_config(), "layout": layout}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Builds the node from `get_config()`."""
        layout = config["layout"]
        return cls(**{**config, "layout": layout and cls.layout_class.from_config(layout)})


@keras.utils.register_keras_serializable(package="automl_kit")
class TableInput(_LayoutInput[TableLayout]):
    """A table encoded as one float32 matrix; see `TableLayout`.

    Example:
        >>> from automl_kit.custom_blocks import TableInput, TableLayout
        >>> TableInput(TableLayout(numeric=2, cardinalities=(5,))).layout.numeric
        2
    """

    layout_class = TableLayout


@keras.utils.register_keras_serializable(package="automl_kit")
class TokenInput(_LayoutInput[TokenLayout]):
    """Texts encoded as int32 token ids of shape (n, length); see `TokenLayout`.

    Attributes:
        evidence: What each token says of each class, float32 (vocabulary, k), from
            `token_evidence`; None where it wasn't counted. The task sets it; it is data, and no
            part of the configuration.
    """

    layout_class = TokenLayout
    evidence: NDArray[np.float32] | None = None

    def build(self, hp: Any, inputs: Any = None) -> Any:
        """Gives the ids as they are: blocks look them up, nothing computes with them."""
        return keras.tree.flatten(inputs)[0]


@keras.utils.register_keras_serializable(package="automl_kit")
class ImageInput(ak.ImageInput):  # type: ignore[misc]
    """Images as they are stored, standardised in the network where it is told how.

    Takes (n, height, width, channels) or (n, height, width). Pixels stay as bytes in memory or on
    disk, a quarter of the size of floats. In an `AutoModel` whose blocks aren't given, an
    `ImageBlock` follows, which standardises the images by itself: AutoKeras's would enlarge them
    to 224×224 and download weights.

    Args:
        scale: Factor of each channel, one over its standard deviation; None for 1.
        offset: Summand of each channel after scaling, minus mean over deviation.
        name: The node's name.
    """

    shrinks: ClassVar = True  # as `smaller` has it

    def __init__(
        self,
        scale: list[float] | None = None,
        offset: list[float] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(name=name, **kwargs)
        self.scale = scale
        self.offset = offset

    def build(self, hp: Any, inputs: Any = None) -> Any:
        """Casts to float32, adds a channel where there is none, and standardises."""
        image = keras.tree.flatten(inputs)[0]
        if len(image.shape) == 3:
            image = keras.layers.Reshape((*image.shape[1:], 1))(image)
        return shrunk(affine(keras.layers.Rescaling(1.0)(image), self.scale, self.offset))

    def get_block(self) -> ImageBlock:
        """What an `AutoModel` puts behind it where nobody says."""
        return ImageBlock(normalize=True)

    def get_config(self) -> dict[str, Any]:
        """The node's configuration."""
        return {**super().get_config(), "scale": self.scale, "offset": self.offset}

"""The block that builds chains of stages, searched in an `AutoModel` or of a genotype."""

from typing import Any, ClassVar

import keras

from automl_kit.custom_blocks.cell_layers import relu_convolve, stem
from automl_kit.custom_blocks.genotype_block import GenotypeBlock
from automl_kit.errors import InputError
from automl_kit.spaces import MacroGenotype, MacroSpace

_SMALLEST_HALVED = 4  # pixels a side; 2 are left of them


def build_macro_network(tensor: Any, genotype: MacroGenotype) -> Any:
    """Puts the network of a macro genotype behind images; gives one vector an image.

    A stem (3×3 convolution, strided on images of more than 32 pixels) as wide as the first
    stage; then the stages, of units ReLU, convolution, normalisation. Each stage but the first
    halves the map while its sides have 4 pixels or more. A shortcut from an earlier state is
    averaged to the size and brought by a 1×1 convolution to the width of the state that it is
    added to. At the end ReLU and the average over the pixels.

    Args:
        tensor: A Keras tensor (n, height, width, channels) of known size.
        genotype: The stages.

    Returns:
        A Keras tensor (n, d), d the width of the last stage.

    Raises:
        InputError: The tensor isn't images of known size.

    Example:
        >>> import keras
        >>> from automl_kit.custom_blocks import build_macro_network
        >>> from automl_kit.spaces import MacroGenotype, Stage
        >>> stages = Stage(1, 8, 3), Stage(2, 16, 5, skips=(0,))
        >>> build_macro_network(keras.Input((28, 28, 1)), MacroGenotype(stages)).shape
        (None, 16)
    """
    if len(tensor.shape) != 4 or None in tensor.shape[1:]:
        raise InputError(
            "A macro network needs images of known size, (n, height, width, channels). "
            f"Received: a tensor of shape {tuple(tensor.shape)}"
        )
    states = [stem(tensor, genotype.stages[0].width)]
    for number, stage in enumerate(genotype.stages):
        tensor = states[-1]
        if stage.skips:
            shortcuts = [_like(states[skip], tensor) for skip in stage.skips]
            tensor = keras.layers.Add()([tensor, *shortcuts])
        for unit in range(stage.depth):
            halve = number and not unit and min(tensor.shape[1:3]) >= _SMALLEST_HALVED
            tensor = relu_convolve(tensor, stage.width, stage.kernel, 2 if halve else 1)
        states.append(tensor)
    return keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(states[-1]))


def _like(state: Any, target: Any) -> Any:
    """A state with the size and the channels of a later one."""
    while state.shape[1:3] != target.shape[1:3]:
        state = keras.layers.AveragePooling2D(2, padding="same")(state)
    return relu_convolve(state, target.shape[-1], 1)


@keras.utils.register_keras_serializable(package="automl_kit")
class MacroBlock(GenotypeBlock):
    """Images to one vector an image, by a chain of stages; `build_macro_network` says how.

    Takes (n, height, width, channels) float32 of any size from 1×1, gives (n, d) float32. With a
    `space` depth, width, kernel and shortcuts of each stage are hyperparameters ("stage1/depth",
    … below the block's name), which every oracle can search; with a `genotype` they are fixed.

    Args:
        space: The networks to choose from; `MacroSpace()` where neither is given.
        genotype: The stages.
        name: The block's name, the scope of its hyperparameters.
        tunable: Whether its hyperparameters are searched.

    Raises:
        InputError: Both a space and a genotype.

    Example:
        >>> from automl_kit.custom_blocks import ClassificationHead, ImageInput, MacroBlock
        >>> from automl_kit.spaces import MacroSpace
        >>> block = MacroBlock(MacroSpace(stages=2, widths=(8, 16)), name="chain")
        >>> output = ClassificationHead(name="label", dropout=0.0)(block(ImageInput()))
    """

    asked: ClassVar = {}
    space_class: ClassVar = MacroSpace
    genotype_class: ClassVar = MacroGenotype

    def __init__(
        self,
        space: MacroSpace | None = None,
        genotype: MacroGenotype | None = None,
        name: str | None = None,
        tunable: bool = True,
    ):
        super().__init__(space, genotype, {}, name, tunable)

    @classmethod
    def standard_space(cls) -> MacroSpace:
        """`MacroSpace()`."""
        return MacroSpace()

    def assemble(self, tensor: Any, *, genotype: MacroGenotype) -> Any:  # type: ignore[override]
        """The network of the genotype."""
        return build_macro_network(tensor, genotype)

"""The base of blocks whose every argument is a hyperparameter unless it is given."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import keras

from automl_kit.compat import Block
from automl_kit.custom_blocks.smaller import narrowed

Shape = tuple[int, ...]


class SearchedBlock(Block):  # type: ignore[misc]
    """A block of one tensor, split in two: what it searches, and what it builds of it.

    A block that chooses between others needs the split: the hyperparameters of all of them are
    declared, each in its conditional scope, and only the chosen one is built.

    Args:
        pinned: The value of each argument; None for those to be searched.
        name: The block's name, the scope of its hyperparameters.
        tunable: Whether its hyperparameters are searched.
    """

    asked: ClassVar[Mapping[str, Callable[[Any, Shape], Any]]]
    """How each argument is asked of a `keras_tuner.HyperParameters`, given the input's shape."""
    widths: ClassVar[tuple[str, ...]] = ()
    """Which arguments are channels, filters, units or sizes of embeddings."""

    def __init__(self, pinned: dict[str, Any], name: str | None, tunable: bool):
        super().__init__(name=name, tunable=tunable)
        self.pinned = pinned

    def settings(self, hp: Any, shape: Shape) -> dict[str, Any]:
        """The value of each argument: as pinned, or as `hp` has it (None where inactive)."""
        return {
            name: ask(hp, shape) if self.pinned[name] is None else self.pinned[name]
            for name, ask in self.asked.items()
        }

    def build(self, hp: Any, inputs: Any = None) -> Any:
        """Declares the hyperparameters and builds the layers; AutoKeras opens the name's scope."""
        (tensor,) = keras.tree.flatten(inputs)
        return self.assembled(tensor, self.settings(hp, tensor.shape))

    @property
    def has_widths(self) -> bool:
        """Whether `smaller` makes its networks narrower."""
        return bool(self.widths)

    def assembled(self, tensor: Any, settings: Mapping[str, Any]) -> Any:
        """Builds the layers, as wide as `smaller` has them."""
        narrow = {
            name: narrowed(value)
            for name, value in settings.items()
            if name in self.widths and value is not None
        }
        return self.assemble(tensor, **{**settings, **narrow})

    def assemble(self, tensor: Any, **settings: Any) -> Any:
        """Builds the layers for one value of each argument; subclasses do."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The block's configuration: name, tunable, and the arguments as they were given."""
        return {**super().get_config(), **self.pinned}

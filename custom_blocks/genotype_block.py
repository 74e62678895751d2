"""The base of blocks whose network is a genotype: one given, or one of a space that is searched."""

import dataclasses
from typing import Any, ClassVar, Self

from automl_kit.custom_blocks.searched import SearchedBlock, Shape
from automl_kit.errors import InputError


class GenotypeBlock(SearchedBlock):
    """A block that builds a genotype.

    Args:
        space: The genotypes to choose from; None where `genotype` is given.
        genotype: The one to build; None where it is searched.
        pinned: See `SearchedBlock`.
        name: The block's name, the scope of its hyperparameters.
        tunable: Whether its hyperparameters are searched.

    Raises:
        InputError: Both a space and a genotype.
    """

    space_class: ClassVar[Any]
    """The dataclass of its spaces."""
    genotype_class: ClassVar[Any]
    """The class of their members."""

    def __init__(
        self,
        space: Any,
        genotype: Any,
        pinned: dict[str, Any],
        name: str | None,
        tunable: bool,
    ):
        if space is not None and genotype is not None:
            raise InputError(
                f"{type(self).__name__} takes a space to search or a genotype to build, got both; "
                "leave one out."
            )
        super().__init__(pinned, name, tunable)
        self.space = self.standard_space() if space is None and genotype is None else space
        self.genotype = genotype

    @classmethod
    def standard_space(cls) -> Any:
        """The space where neither a space nor a genotype is given."""
        raise NotImplementedError

    @classmethod
    def start(cls, space: Any) -> Any:
        """The member that a search begins with; None for the space's first."""
        return None

    def settings(self, hp: Any, shape: Shape) -> dict[str, Any]:
        """The genotype, as given or as `hp` has it, and the value of each argument."""
        genotype = self.genotype
        if self.space is not None:
            genotype = self.space.declare(hp, self.start(self.space))
        return {"genotype": genotype, **super().settings(hp, shape)}

    def get_config(self) -> dict[str, Any]:
        """The block's configuration, space and genotype as JSON values."""
        return {
            **super().get_config(),
            "space": None if self.space is None else dataclasses.asdict(self.space),
            "genotype": None if self.genotype is None else self.genotype.to_json(),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Builds the block from `get_config()`."""
        space, genotype = config["space"], config["genotype"]
        if space is not None:
            # JSON has lists where a space has tuples.
            values = {k: tuple(v) if isinstance(v, list) else v for k, v in space.items()}
            space = cls.space_class(**values)
        if genotype is not None:
            genotype = cls.genotype_class.from_json(genotype)
        return cls(**{**config, "space": space, "genotype": genotype})

"""What a macro search finds: the stages of a network, as an immutable value."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from automl_kit import files
from automl_kit.errors import InputError, ProjectError

_MOST = 1 << 16  # a file from elsewhere must not build a network without end
_FIELDS = {"depth", "width", "kernel", "skips"}


@dataclass(frozen=True, slots=True)
class Stage:
    """Units of one resolution and width.

    Attributes:
        depth: Units, one after the other.
        width: Channels.
        kernel: Pixels a side of the convolutions.
        skips: The states that are added to the stage's input beside the one just before it:
            0 is the stem's output, i+1 that of stage i. Increasing.

    Raises:
        InputError: If a number can't be.
    """

    depth: int
    width: int
    kernel: int
    skips: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        numbers = (self.depth, self.width, self.kernel)
        if any(type(n) is not int or not 1 <= n <= _MOST for n in numbers):
            raise InputError(
                f"Expected depth, width and kernel from 1 to {_MOST}; got "
                f"{self.depth!r:.40}, {self.width!r:.40} and {self.kernel!r:.40}."
            )
        if not isinstance(self.skips, tuple) or any(type(skip) is not int for skip in self.skips):
            raise InputError(f"Expected skips to be a tuple of ints; got {self.skips!r:.80}.")
        if any(skip < 0 for skip in self.skips) or list(self.skips) != sorted(set(self.skips)):
            raise InputError(f"Expected skips from 0, increasing; got {self.skips!r:.80}.")


@dataclass(frozen=True, slots=True)
class MacroGenotype:
    """A chain of stages with shortcuts: hashable, comparable, JSON-able.

    Attributes:
        stages: From the stem to the head; stage i reads state i and its skips, which are
            states before that.

    Raises:
        InputError: If there is no stage, or one reads a state that isn't before it.
    """

    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.stages, tuple) or not 1 <= len(self.stages) <= 64:
            raise InputError(f"Expected a tuple of 1 to 64 stages; got {self.stages!r:.80}.")
        for number, stage in enumerate(self.stages):
            if not isinstance(stage, Stage):
                raise InputError(f"Expected stages; got {stage!r:.80}.")
            if any(skip >= number for skip in stage.skips):
                raise InputError(
                    f"Stage {number} follows state {number} and can skip from states before it; "
                    f"got skips={stage.skips}."
                )

    def to_json(self) -> dict[str, Any]:
        """Gives a dict that `json.dumps` takes."""
        return {"stages": [{**asdict(stage), "skips": list(stage.skips)} for stage in self.stages]}

    @classmethod
    def from_json(cls, d: object) -> "MacroGenotype":
        """Reads what `to_json` gave; nothing in it is trusted.

        Raises:
            InputError: If a field is missing, unknown, or is not what it should be.
        """
        stages = d.get("stages") if isinstance(d, Mapping) and set(d) == {"stages"} else None
        if not isinstance(stages, list) or not all(
            isinstance(stage, Mapping)
            and set(stage) == _FIELDS
            and isinstance(stage["skips"], list)
            for stage in stages
        ):
            raise InputError(
                "Expected a macro genotype as JSON, an object with a list of stages, each with "
                f"{', '.join(sorted(_FIELDS))}."
            )
        return cls(tuple(Stage(**{**stage, "skips": tuple(stage["skips"])}) for stage in stages))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the genotype as JSON, atomically.

        Raises:
            ProjectError: If the file can't be written.
        """
        files.write_json(path, self.to_json())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "MacroGenotype":
        """Reads what `save` wrote.

        Raises:
            InputError: If the file is missing, unreadable, or holds no macro genotype.
        """
        try:
            return cls.from_json(files.read_json(path))
        except (ProjectError, RecursionError) as error:
            raise InputError(f"{path} holds no genotype: {error.__cause__ or error}.") from error

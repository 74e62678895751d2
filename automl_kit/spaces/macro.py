"""A space of whole networks: depth, width, kernel and connections of each stage."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from automl_kit.errors import InputError
from automl_kit.spaces import decisions
from automl_kit.spaces.decisions import Decision, HyperParameters
from automl_kit.spaces.macro_genotype import MacroGenotype, Stage


@dataclass(frozen=True)
class MacroSpace:
    """All chains of so many stages; the macro search of NAS, where cells are the micro search.

    Zoph and Le (2017), "Neural architecture search with reinforcement learning", section 3.3:
    size and width of each layer, and for each pair of layers whether they are connected.

    Attributes:
        stages: Stages of a network.
        depths: Units that a stage may have.
        widths: Channels that it may have.
        kernels: Sizes that its convolutions may have.
        connections: Whether shortcuts to a stage from each earlier state but the one just
            before it are chosen; otherwise there are none.

    Raises:
        InputError: If an argument can't be.

    Example:
        >>> import numpy as np
        >>> from automl_kit.spaces import MacroSpace
        >>> space = MacroSpace(stages=3, depths=(1, 2), widths=(16, 32), kernels=(3, 5))
        >>> space.size()  # (2·2·2)^3 stages, 2^(0+1+2) shortcuts
        4096
        >>> genotype = space.sample(np.random.default_rng(0))
        >>> space.genotype(space.values(genotype)) == genotype
        True
    """

    stages: int = 3
    depths: tuple[int, ...] = (1, 2, 3)
    widths: tuple[int, ...] = (16, 24, 32, 48)
    kernels: tuple[int, ...] = (3, 5)
    connections: bool = True

    def __post_init__(self) -> None:
        if type(self.stages) is not int or self.stages < 1:
            raise InputError(f"Expected at least 1 stage; got stages={self.stages!r}.")
        for name in ("depths", "widths", "kernels"):
            options = getattr(self, name)
            if not isinstance(options, tuple) or not options or len(set(options)) < len(options):
                raise InputError(f"Expected a tuple of different {name}; got {options!r}.")
        for depth in self.depths:
            for width in self.widths:
                for kernel in self.kernels:
                    Stage(depth, width, kernel)
        self.genotype(self._first)  # which checks how many stages there may be

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """All that is decided about a member, those of one option included."""
        return tuple(self._decisions())

    def _decisions(self) -> Iterator[Decision]:
        for stage in range(self.stages):
            yield Decision(f"stage{stage}/depth", self.depths, ordered=True)
            yield Decision(f"stage{stage}/width", self.widths, ordered=True)
            yield Decision(f"stage{stage}/kernel", self.kernels, ordered=True)
            for state in range(stage):
                yield Decision(f"stage{stage}/skip{state}", (0, 1) if self.connections else (0,))

    @cached_property
    def _first(self) -> dict[str, Any]:
        return {decision.name: decision.options[0] for decision in self.decisions}

    def size(self) -> int:
        """How many members there are, exactly."""
        return decisions.size(self.decisions)

    def sample(self, rng: np.random.Generator) -> MacroGenotype:
        """A member at random, each as likely as another."""
        return self.genotype(decisions.draw(self.decisions, rng))

    def mutate(self, genotype: MacroGenotype, rng: np.random.Generator) -> MacroGenotype:
        """A member that differs in one number or one shortcut, each as likely as another.

        Raises:
            InputError: If the genotype isn't a member, or the space has no other.
        """
        values = self.values(genotype)
        asked = decisions.free(self.decisions)
        if not asked:
            raise InputError("The space has one member only; there is nothing to mutate.")
        decision = asked[int(rng.integers(len(asked)))]
        values[decision.name] = decisions.another(decision.options, values[decision.name], rng)
        return self.genotype(values)

    def crossover(
        self,
        a: MacroGenotype,
        b: MacroGenotype,
        rng: np.random.Generator,
        one_point: bool = False,
    ) -> MacroGenotype:
        """A member whose stages are those of two others, each with its shortcuts.

        Args:
            a: One parent.
            b: The other.
            rng: Where chance comes from.
            one_point: Whether the stages before a random one are those of `a` and the rest
                those of `b`; otherwise each stage is from either.

        Raises:
            InputError: If a parent isn't a member.
        """
        self.values(a), self.values(b)
        return MacroGenotype(tuple(decisions.inherited(a.stages, b.stages, rng, one_point)))

    def contains(self, genotype: MacroGenotype) -> bool:
        """Whether a genotype is a member."""
        try:
            self.values(genotype)
        except InputError:
            return False
        return True

    def declare(self, hp: HyperParameters, default: MacroGenotype | None = None) -> MacroGenotype:
        """Declares the space as hyperparameters, and gives the genotype of their values.

        All are of the kind Choice, named "stage2/depth", "stage2/width", "stage2/kernel" and
        "stage2/skip0" (1 for a shortcut from state 0). What has one option only isn't declared.

        Args:
            hp: A `keras_tuner.HyperParameters`.
            default: The member that `hp` starts from, given too in a conditional scope that
                isn't active; None: the first option everywhere.

        Raises:
            InputError: If the default isn't a member.
        """
        standard = self._first if default is None else self.values(default)
        return self.genotype(decisions.declare(self.decisions, hp, standard))

    def values(self, genotype: MacroGenotype) -> dict[str, str | int]:
        """The hyperparameters of a member, in the order in which `declare` asks for them.

        Raises:
            InputError: If the genotype isn't a member.
        """
        values: dict[str, str | int] = {}
        for number, stage in enumerate(genotype.stages):
            values |= {
                f"stage{number}/{name}": getattr(stage, name)
                for name in ("depth", "width", "kernel")
            }
            for state in range(number):
                values[f"stage{number}/skip{state}"] = int(state in stage.skips)
        if set(values) != set(self._first):
            raise InputError(f"Expected {self.stages} stages; got {len(genotype.stages)}.")
        for decision in self.decisions:
            if values[decision.name] not in decision.options:
                raise InputError(
                    f"{decision.name} of the genotype is {values[decision.name]}; the space has "
                    f"{', '.join(map(str, decision.options))}."
                )
        return {d.name: values[d.name] for d in decisions.free(self.decisions)}

    def genotype(self, values: Mapping[str, Any]) -> MacroGenotype:
        """The member that has these hyperparameters; other names are ignored.

        Raises:
            InputError: If a hyperparameter is missing or has a value that isn't in the space.
        """
        picks = {d.name: decisions.chosen(d, values) for d in self.decisions}
        return MacroGenotype(
            tuple(
                Stage(
                    depth=picks[f"stage{number}/depth"],
                    width=picks[f"stage{number}/width"],
                    kernel=picks[f"stage{number}/kernel"],
                    skips=tuple(s for s in range(number) if picks[f"stage{number}/skip{s}"]),
                )
                for number in range(self.stages)
            )
        )

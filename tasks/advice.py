"""The strategy where nobody names one: `tuner="auto"`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras

from automl_kit.custom_blocks import CellBlock
from automl_kit.evaluation import split_objectives
from automl_kit.tuners import AUTO, DEFAULT_STRATEGY


@dataclass(frozen=True)
class Advice:
    """A strategy and why it was chosen.

    Attributes:
        tuner: Its name.
        why: The reason, half a sentence.
    """

    tuner: str
    why: str

    def told(self) -> str:
        """Both in a sentence; empty of the default strategy, of which there is nothing to say."""
        return (
            "" if self.tuner == DEFAULT_STRATEGY else f"The strategy is {self.tuner}: {self.why}."
        )


def advise(objective: Any = "val_loss", outputs: Any = None) -> Advice:
    """Chooses a strategy by what is searched for, and where.

    It depends on nothing that another call may change which goes on with the search, such as the
    time there is.

    Args:
        objective: One, or a list of several.
        outputs: Output nodes of the graph; None for a task's own, which has no cells.

    Example:
        >>> advise(["val_loss", "flops"]).tuner, advise().tuner
        ('pareto', 'greedy')
    """
    if split_objectives(objective)[1]:
        return Advice("pareto", "no other strategy keeps several objectives apart")
    if _has_cells(outputs):
        # Mean regret on NAS-Bench-201, ImageNet16, after 10, 15, 25 and 50 trials: evolution 6.4,
        # 4.0, 1.6, .2; greedy 8.2, 5.8, 3.5, 2.0; random 7.5, 6.4, 5.0, 3.4 (20 seeds from 1000,
        # python -m automl_kit.bench TABLE --metric imagenet16_val_12ep --first-seed 1000).
        return Advice("evolution", "its model knows what cells look like")
    return Advice(DEFAULT_STRATEGY, "good first trials are known, and it changes the best one")


def chosen(tuner: Any, objective: Any, outputs: Any = None) -> Any:
    """The tuner given; the name of the advised strategy where it is None or "auto".

    Args:
        tuner: What a task or an `AutoModel` was given.
        objective: As for `advise`, as are the outputs.
        outputs: Output nodes.
    """
    return advise(objective, outputs).tuner if tuner in (None, AUTO) else tuner


def first_trials(tuner: Any, strategy: Any, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first trials given; where nobody named a strategy either, the defaults.

    Greedy search begins with those by itself, others at random: with a cell of no operation, say.

    Args:
        tuner: What was given, None or "auto" for none.
        strategy: What was chosen.
        given: Hyperparameters to try first.
    """
    alone = tuner in (None, AUTO) and strategy != DEFAULT_STRATEGY and not given
    return [{}] if alone else given


def _has_cells(outputs: Any) -> bool:
    blocks = (block for node in keras.tree.flatten(outputs) for block in _blocks_behind(node))
    return any(isinstance(block, CellBlock) and block.space is not None for block in blocks)


def _blocks_behind(node: Any) -> Iterator[Any]:
    """The blocks that an output of a graph comes from, some of them more than once."""
    for block in getattr(node, "in_blocks", None) or ():
        yield block
        for entry in block.inputs:
            yield from _blocks_behind(entry)

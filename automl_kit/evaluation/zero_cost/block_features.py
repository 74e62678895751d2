"""Where a network is narrow: the tensors that all of it goes through, one a block."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from automl_kit.errors import InputError

WIDEST = 2  # tensors beside each other: a cell of DARTS has two inputs
ENOUGH = 3  # blocks, for differences between them to say something


@dataclass(frozen=True)
class Step:
    """An operation of a run.

    Attributes:
        given: The tensors that it was given, by id.
        gave: What it gave; of several tensors the first one.
        weighted: Whether it has kernels.
    """

    given: tuple[int, ...]
    gave: Any
    weighted: bool


def block_ends(steps: Sequence[Step]) -> list[Any]:
    """The outputs of the blocks of a network, in order, the last layer's left out.

    After a block's last operation nothing is needed later but what it gave. Of several such places
    with no kernel between them the last one counts that has as many axes as the first. Where there
    are fewer than three, as in networks of cells of two inputs, places count where one tensor
    beside it is still needed.

    Args:
        steps: All operations in the order in which they were run.

    Raises:
        InputError: If there are fewer than two.
    """
    found: list[Any] = []
    for width in range(1, WIDEST + 1):
        wider = _ends(steps, width)
        found = wider if len(wider) > len(found) else found
        if len(found) >= ENOUGH:
            return found
    if len(found) < 2:
        raise InputError(
            f"AZ-NAS's scores compare blocks that follow each other, and this network has "
            f"{len(found)} in front of its last layer. Use 'jacov' or 'flops'."
        )
    return found


def _ends(steps: Sequence[Step], width: int) -> list[Any]:
    last_use = {tensor: place for place, step in enumerate(steps) for tensor in step.given}
    last_weighted = max((n for n, step in enumerate(steps) if step.weighted), default=0)
    live = set(last_use) - {id(step.gave) for step in steps}  # the network's inputs
    ends: list[Any] = []
    fresh = False  # Whether a kernel has come since the last end.
    for place, step in enumerate(steps[:last_weighted]):
        live.add(id(step.gave))
        live = {tensor for tensor in live if last_use.get(tensor, -1) > place}
        fresh |= step.weighted
        if id(step.gave) not in live or len(live) > width:
            continue
        if fresh:
            ends.append(step.gave)
        elif ends and len(step.gave.shape) == len(ends[-1].shape):
            ends[-1] = step.gave
        fresh = False
    return ends

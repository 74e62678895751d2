"""Which hyperparameters of cells stand for the same network."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from automl_kit.errors import InputError
from automl_kit.spaces.cell_space import CellSpace
from automl_kit.spaces.symmetries import network_key


@dataclass(frozen=True)
class SameNetwork:
    """A key that hyperparameters share if their networks compute the same, see `network_key`.

    Hyperparameters of other things than cells tell networks apart by their values. An oracle
    takes it as its `network_key`, and then tries one network of each key.

    Attributes:
        cells: The space of the cells that were declared below each prefix, such as
            {"block_1/": NAS_BENCH_201}; "" where there was no name scope.

    Example:
        >>> from automl_kit.spaces import CellSpace
        >>> space = CellSpace(1, ("none", "conv_3x3"), edges=2, inputs=1, reduction=False)
        >>> key = SameNetwork({"block/": space})
        >>> edges = "block/normal/node0/edge0/op", "block/normal/node0/edge1/op"
        >>> one = dict(zip(edges, ("conv_3x3", "none")))
        >>> other = dict(zip(edges, ("none", "conv_3x3")))
        >>> key(one) == key(other), key({**one, "rate": 0.1}) == key({**other, "rate": 0.2})
        (True, False)
    """

    cells: Mapping[str, CellSpace]

    def __call__(self, values: Mapping[str, Any]) -> Hashable:
        """The key of hyperparameters, name → value."""
        left, networks = dict(values), []
        for prefix, space in self.cells.items():
            names = [decision.name for decision in space.decisions]
            own = {name: values[prefix + name] for name in names if prefix + name in values}
            try:
                networks.append((prefix, network_key(space.genotype(own))))
            except InputError:  # The block isn't in this network, or its cells aren't known yet.
                continue
            for name in own:
                del left[prefix + name]
        return tuple(networks), tuple(sorted(left.items()))

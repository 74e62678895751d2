"""What a search of cells finds: the operations and connections of a cell, as an immutable value."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from automl_kit import files
from automl_kit.errors import InputError, ProjectError
from automl_kit.spaces.operation_names import NAME

Output = Literal["concat", "last"]

_MOST_NODES = 64  # a file from elsewhere must not build a network without end
_MOST_EDGES = 64
_FIELDS = ("normal", "reduction", "inputs", "output")


@dataclass(frozen=True, slots=True)
class Edge:
    """One operation on one earlier state of a cell.

    Attributes:
        op: The operation's name: letters, digits, "_", "-" and ".", at most 64.
        source: The state that it reads: 0 to inputs-1 are the cell's inputs, inputs+i is node i.

    Raises:
        InputError: If the name or the number can't be.
    """

    op: str
    source: int

    def __post_init__(self) -> None:
        if not isinstance(self.op, str) or not NAME.fullmatch(self.op):
            raise InputError(
                "Expected an operation's name of letters, digits, '_', '-' and '.', at most 64 "
                f"characters; got {_short(self.op)}."
            )
        if type(self.source) is not int or self.source < 0:
            raise InputError(
                f"Expected the source of {self.op} to be an int from 0; got {_short(self.source)}."
            )


Cell = tuple[tuple[Edge, ...], ...]
"""One tuple of edges a node; a node is the sum of its edges' outputs."""


@dataclass(frozen=True, slots=True)
class Genotype:
    """The cells of a network: hashable, comparable, JSON-able.

    Liu, H. et al. (2019), "DARTS: Differentiable architecture search", section 2.1: a cell is a
    directed acyclic graph; its nodes are sums of operations on earlier states.

    Attributes:
        normal: The cell that keeps the resolution.
        reduction: The cell that halves it; None where the network reduces by other means.
        inputs: How many states a cell is given. DARTS: 2, of which 0 is the output of the cell
            before the last and 1 of the last. NAS-Bench-201: 1.
        output: "concat": the cell gives all its nodes concatenated (DARTS); "last": its last
            node (NAS-Bench-201).

    Raises:
        InputError: If a node has no edge, an edge reads a later state, or a field is of the
            wrong type.

    Example:
        >>> cell = ((Edge("nor_conv_3x3", 0),), (Edge("skip_connect", 0), Edge("none", 1)))
        >>> genotype = Genotype(cell, inputs=1, output="last")
        >>> Genotype.from_json(genotype.to_json()) == genotype
        True
    """

    normal: Cell
    reduction: Cell | None = None
    inputs: int = 2
    output: Output = "concat"

    def __post_init__(self) -> None:
        if type(self.inputs) is not int or not 1 <= self.inputs <= _MOST_NODES:
            raise InputError(
                f"Expected a cell of 1 to {_MOST_NODES} inputs; got inputs={_short(self.inputs)}."
            )
        if self.output not in get_args(Output):
            raise InputError(
                f"Expected output='concat' or output='last'; got {_short(self.output)}."
            )
        _check_cell("normal", self.normal, self.inputs)
        if self.reduction is not None:
            _check_cell("reduction", self.reduction, self.inputs)

    def cells(self) -> dict[str, Cell]:
        """The cells by name: "normal", and "reduction" if there is one."""
        if self.reduction is None:
            return {"normal": self.normal}
        return {"normal": self.normal, "reduction": self.reduction}

    def to_json(self) -> dict[str, Any]:
        """Gives a dict that `json.dumps` takes; an edge is a list of its operation and source."""
        return {
            "normal": _plain(self.normal),
            "reduction": None if self.reduction is None else _plain(self.reduction),
            "inputs": self.inputs,
            "output": self.output,
        }

    @classmethod
    def from_json(cls, d: object) -> "Genotype":
        """Reads what `to_json` gave; nothing in it is trusted.

        Raises:
            InputError: If a field is missing, unknown, or is not what it should be.
        """
        if not isinstance(d, Mapping) or not {"normal"} <= set(d) <= set(_FIELDS):
            raise InputError(
                f"Expected a genotype as JSON, an object with {', '.join(_FIELDS)}; "
                f"got {_short(d)}."
            )
        reduction = d.get("reduction")
        return cls(
            normal=_cell(d["normal"]),
            reduction=None if reduction is None else _cell(reduction),
            inputs=d.get("inputs", 2),
            output=d.get("output", "concat"),
        )

    @classmethod
    def parse(cls, text: str) -> "Genotype":
        """Reads a genotype as DARTS's code and papers print it; nothing in the text is run.

        Raises:
            InputError: If it is none, or a cell concatenates some of its nodes only.

        Example:
            >>> text = "Genotype(normal=[('sep_conv_3x3', 1), ('skip_connect', 0)])"
            >>> Genotype.parse(text).normal
            ((Edge(op='sep_conv_3x3', source=1), Edge(op='skip_connect', source=0)),)
        """
        from automl_kit.spaces.printed import parse_printed  # which needs this class

        return parse_printed(text)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the genotype as JSON, atomically.

        Raises:
            ProjectError: If the file can't be written.
        """
        files.write_json(path, self.to_json())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Genotype":
        """Reads what `save` wrote.

        Raises:
            InputError: If the file is missing, unreadable, or holds no genotype.
        """
        try:
            return cls.from_json(files.read_json(path))
        except (ProjectError, RecursionError) as error:
            raise InputError(f"{path} holds no genotype: {error.__cause__ or error}.") from error


def _check_cell(name: str, cell: object, inputs: int) -> None:
    if not isinstance(cell, tuple) or not 1 <= len(cell) <= _MOST_NODES:
        raise InputError(
            f"Expected the {name} cell to be a tuple of 1 to {_MOST_NODES} nodes; "
            f"got {_short(cell)}."
        )
    for number, node in enumerate(cell):
        if not isinstance(node, tuple) or not 1 <= len(node) <= _MOST_EDGES:
            raise InputError(
                f"Expected node {number} of the {name} cell to be a tuple of 1 to {_MOST_EDGES} "
                f"edges; got {_short(node)}."
            )
        for edge in node:
            if not isinstance(edge, Edge):
                raise InputError(
                    f"Expected node {number} of the {name} cell to hold edges; got {_short(edge)}."
                )
            if edge.source >= inputs + number:
                raise InputError(
                    f"Node {number} of the {name} cell reads state {edge.source}; with "
                    f"{inputs} inputs it can read states 0 to {inputs + number - 1}."
                )


def _plain(cell: Cell) -> list[list[list[Any]]]:
    return [[[edge.op, edge.source] for edge in node] for node in cell]


def _cell(value: object) -> Cell:
    """A cell from JSON; `Edge` and `Genotype` check what it holds."""
    return tuple(tuple(_edge(pair) for pair in _items(node)) for node in _items(value))


def _edge(value: object) -> Edge:
    pair = tuple(_items(value))
    if len(pair) != 2:
        raise InputError(f"Expected an edge as [operation, source]; got {_short(value)}.")
    return Edge(*pair)


def _items(value: object) -> Iterable[Any]:
    if not isinstance(value, list) or len(value) > max(_MOST_NODES, _MOST_EDGES):
        raise InputError(f"Expected a cell as a list of lists of edges; got {_short(value)}.")
    return value


def _short(value: object) -> str:
    """What came, cut to a length that fits in a message."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # nested without end; an int of too many digits
        text = type(value).__name__
    return text if len(text) <= 80 else text[:77] + "..."

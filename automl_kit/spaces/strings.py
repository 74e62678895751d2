"""NAS-Bench-201's arch strings, such as "|nor_conv_3x3~0|+|none~0|skip_connect~1|"."""

import functools

from automl_kit.errors import InputError
from automl_kit.spaces.genotype import Edge, Genotype


def parse_arch(text: str) -> Genotype:
    """Reads a cell from an arch string: nodes are joined by "+", edges are "op~source".

    Returns:
        A genotype of one kind of cell with one input, whose output is its last node.

    Raises:
        InputError: If the string isn't one of a cell.

    Example:
        >>> parse_arch("|nor_conv_3x3~0|+|none~0|skip_connect~1|").normal[1]
        (Edge(op='none', source=0), Edge(op='skip_connect', source=1))
    """
    try:
        nodes = [_node(part) for part in text.split("+")]
        return Genotype(tuple(nodes), inputs=1, output="last")
    except (ValueError, AttributeError) as error:  # InputError is a ValueError
        raise InputError(
            f"Expected a cell such as '|op~0|+|op~0|op~1|'; got {text!r:.120}"
            f"{f' ({error})' if isinstance(error, InputError) else ''}."
        ) from None


def arch_string(genotype: Genotype) -> str:
    """Writes the arch string of a genotype, the inverse of `parse_arch`.

    Raises:
        InputError: If it has a reduction cell, several inputs, or concatenates its nodes.

    Example:
        >>> arch_string(Genotype(((Edge("none", 0),),), inputs=1, output="last"))
        '|none~0|'
    """
    if genotype.reduction is not None or genotype.inputs != 1 or genotype.output != "last":
        raise InputError(
            "Only one kind of cell with one input and its last node as output has an arch "
            f"string; got {genotype}."
        )
    return "+".join(
        "|" + "".join(f"{edge.op}~{edge.source}|" for edge in node) for node in genotype.normal
    )


@functools.lru_cache(maxsize=4096)  # NAS-Bench-201's 15,625 cells have 155 different nodes
def _node(part: str) -> tuple[Edge, ...]:
    if len(part) < 2 or part[0] != "|" or part[-1] != "|":
        raise ValueError
    return tuple(_edge(edge) for edge in part[1:-1].split("|"))


def _edge(text: str) -> Edge:
    op, source = text.split("~")
    if not (source.isascii() and source.isdecimal()) or str(int(source[:9])) != source:
        raise ValueError
    return Edge(op, int(source))

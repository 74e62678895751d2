"""How the edges of a cell with two inputs are numbered: node after node, by source within.

Node n reads the two inputs (states 0 and 1) and all nodes before it (state 2 is node 0).
"""


def sources_of_node(node: int) -> int:
    """How many states come before a node, which is how many edges lead into it."""
    return node + 2


def edge_number(node: int, source: int) -> int:
    """The row of α that belongs to the edge from state `source` to node `node`."""
    return node * (node + 3) // 2 + source


def count_edges(nodes: int) -> int:
    """All edges of a cell: 14 with 4 nodes."""
    return edge_number(nodes, 0)


def nodes_of_source(source: int, nodes: int) -> range:
    """The nodes that read a state, which are all that come after it."""
    return range(max(0, source - 1), nodes)

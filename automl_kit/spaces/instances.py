"""Cell spaces from the literature."""

from automl_kit.spaces.cell_space import CellSpace

NAS_BENCH_201_OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
"""The five operations of Dong and Yang (2020), "NAS-Bench-201", section 2.1."""

DARTS_OPS = (
    "none",
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
"""The eight operations that DARTS mixes while it searches: "none" is one of them."""

NAS_BENCH_201 = CellSpace(
    nodes=3, ops=NAS_BENCH_201_OPS, edges=None, inputs=1, reduction=False, output="last"
)
"""Dong and Yang (2020): one cell of 3 nodes, all 6 edges present, 5^6 = 15,625 members.

The operation "none" takes an edge away. Of the members 6,466 differ in topology:
`size_after_symmetries(NAS_BENCH_201, "topology")`.
"""

DARTS = CellSpace(nodes=4, ops=DARTS_OPS[1:], edges=2, inputs=2, distinct_sources=True)
"""The networks that DARTS can derive: Liu, H. et al. (2019), section 2.4 and appendix A.2.

Two cells of 4 nodes; a node has 2 edges from 2 different earlier states, and "none" is never
derived, so that 7 of `DARTS_OPS` remain. The two sources of a node are counted without order:
180 · 7^8 = 1,037,664,180 cells (the paper's 10^9), squared for normal and reduction cell
1.08 · 10^18.
"""

CHAPTER = CellSpace(
    nodes=4,
    ops=(
        "conv_3x3",
        "conv_5x5",
        "sep_conv_3x3",
        "sep_conv_5x5",
        "max_pool_3x3",
        "avg_pool_3x3",
        "identity",
        "zero",
    ),
    edges=2,
    inputs=2,
    reduction=False,
)
"""A tutorial's space of one kind of cell: 4 nodes of 2 edges, 8 operations, 2 inputs.

Any earlier state may be read twice: (2·8)²·(3·8)²·(4·8)²·(5·8)² = 241,591,910,400 members. The
tutorial prints 17,179,869,184, which is 2^34; its own code gives the number here. With a
reduction cell beside the normal one it would be squared.
"""

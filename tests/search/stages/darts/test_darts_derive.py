import numpy as np
import pytest

from automl_kit.errors import InputError
from automl_kit.search.stages.darts.derive import count_skips, derive_cell
from automl_kit.spaces import Edge

OPS = ("none", "skip_connect", "sep_conv_3x3")


def weights_of(*rows):
    return np.array(rows, "float64")


def test_none_is_never_kept_whatever_its_weight():
    cell = derive_cell(weights_of([0.9, 0.02, 0.08], [0.8, 0.15, 0.05]), OPS)
    assert cell == ((Edge("sep_conv_3x3", 0), Edge("skip_connect", 1)),)


def test_the_two_heaviest_edges_of_each_node_are_kept():
    first = [[0.2, 0.5, 0.3], [0.2, 0.3, 0.5]]
    second = [[0.5, 0.2, 0.3], [0.1, 0.1, 0.8], [0.1, 0.6, 0.3]]
    cell = derive_cell(weights_of(*first, *second), OPS)
    assert cell[0] == (Edge("skip_connect", 0), Edge("sep_conv_3x3", 1))
    assert cell[1] == (Edge("sep_conv_3x3", 1), Edge("skip_connect", 2))
    assert derive_cell(weights_of(*first, *second), OPS, edges=1)[1] == (Edge("sep_conv_3x3", 1),)


def test_an_edge_counts_by_its_best_operation_not_by_all():
    spread, single = [0.1, 0.45, 0.45], [0.5, 0.0, 0.5]
    both = [[1.0, 0.0, 0.0]] * 2
    cell = derive_cell(weights_of(*both, spread, single, [0.4, 0.3, 0.3]), OPS, edges=1)
    assert cell[1] == (Edge("sep_conv_3x3", 1),)


def test_a_cap_takes_the_lightest_skips_first():
    rows = weights_of([0, 0.9, 0.1], [0, 0.6, 0.4], [0, 0.8, 0.2], [0, 0.7, 0.3], [0, 0.5, 0.5])
    assert count_skips(derive_cell(rows, OPS)) == 4
    capped = derive_cell(rows, OPS, max_skips=2)
    assert count_skips(capped) == 2
    assert capped[0] == (Edge("skip_connect", 0), Edge("sep_conv_3x3", 1))
    assert Edge("skip_connect", 0) in capped[1]
    assert count_skips(derive_cell(rows, OPS, max_skips=0)) == 0


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match="2, 5, 9, 14"):
        derive_cell(np.ones((3, 3)), OPS)
    with pytest.raises(InputError, match="3 operations"):
        derive_cell(np.ones((2, 2)), OPS)
    with pytest.raises(InputError, match="No operation is left"):
        derive_cell(np.ones((2, 2)), ("none", "skip_connect"), max_skips=0)

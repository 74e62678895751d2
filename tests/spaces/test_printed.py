"""Genotypes as papers print them."""

import pytest

from automl_kit.errors import InputError
from automl_kit.spaces import Edge, Genotype

# From DARTS's genotypes.py and PC-DARTS's, as printed there.
V1 = """DARTS_V1 = Genotype(normal=[('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 0),
('sep_conv_3x3', 1), ('skip_connect', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0),
('skip_connect', 2)], normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1),
('skip_connect', 2), ('max_pool_3x3', 0), ('max_pool_3x3', 0), ('skip_connect', 2),
('skip_connect', 2), ('avg_pool_3x3', 0)], reduce_concat=[2, 3, 4, 5])"""
V2 = """Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0),
('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0),
('dil_conv_3x3', 2)], normal_concat=range(2, 6), reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1),
('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), ('skip_connect', 2),
('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=list(range(2, 6)))"""
AMOEBA = """AmoebaNet = Genotype(
  normal = [('avg_pool_3x3', 0), ('max_pool_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_5x5', 2)],
  normal_concat = [3],
  reduce = [('avg_pool_3x3', 0), ('sep_conv_3x3', 1)],
  reduce_concat = [2]
)"""


def test_darts_genotypes_are_read():
    first, second = Genotype.parse(V1), Genotype.parse(V2)
    assert first.normal[0] == (Edge("sep_conv_3x3", 1), Edge("sep_conv_3x3", 0))
    assert first.reduction[3] == (Edge("skip_connect", 2), Edge("avg_pool_3x3", 0))
    assert second.normal[3] == (Edge("skip_connect", 0), Edge("dil_conv_3x3", 2))
    assert [len(cell) for cell in (second.normal, second.reduction)] == [4, 4]
    assert (second.inputs, second.output) == (2, "concat")
    assert Genotype.parse(V2.split(", reduce=")[0] + ")").reduction is None


def test_cells_that_give_some_of_their_nodes_are_told():
    with pytest.raises(
        InputError, match=r"normal cell gives the states \[3\] only; .*can't be read"
    ):
        Genotype.parse(AMOEBA)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Genotype(",
        "Genotype()",
        "Genotype(normal=[('sep_conv_3x3', 0)])",
        "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 9)])",
        "Genotype(normal=[('sep_conv_3x3', 0), ('sep|conv', 1)])",
        "Genotype(normal=[('sep_conv_3x3', 0), 3])",
        "Genotype(normal=5)",
        "Genotype(normal=[('a', 0), ('a', 1)], extra=1)",
        "Genotype([('a', 0), ('a', 1)])",
        "Genotype(normal=[('a', 0), ('a', 1)], normal_concat=range(10 ** 9))",
        "Genotype(normal=[('a', 0), ('a', 1)], normal_concat=range(1000000000))",
        "Genotype(normal=[('a', 0), ('a', 1)], normal_concat=['x'])",
        "Genotype(normal=[('a', 0), ('a', 1)], normal_concat=range('x'))",
        "Genotype(normal=__import__('os').listdir())",
        "__import__('os').listdir()",
        "Genotype(normal=" + "[" * 5000 + "]" * 5000 + ")",
        "Genotype(normal=" + "-" * 19000 + "1)",
        "Genotype(normal=['" + "x" * 30000 + "'])",
    ],
)
def test_what_is_no_printed_genotype_is_told_and_nothing_is_run(text):
    with pytest.raises(InputError):
        Genotype.parse(text)

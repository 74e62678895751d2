"""Arch strings of NAS-Bench-201."""

import numpy as np
import pytest

from automl_kit.errors import InputError
from automl_kit.spaces import DARTS, NAS_BENCH_201, Edge, Genotype, arch_string, parse_arch

TEXT = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|none~1|skip_connect~2|"


def test_reading():
    genotype = parse_arch(TEXT)
    assert genotype.normal[1] == (Edge("nor_conv_1x1", 0), Edge("skip_connect", 1))
    assert genotype.normal[2][2] == Edge("skip_connect", 2)
    assert NAS_BENCH_201.contains(genotype)


def test_writing_what_was_read():
    assert arch_string(parse_arch(TEXT)) == TEXT
    rng = np.random.default_rng(0)
    for genotype in (NAS_BENCH_201.sample(rng) for _ in range(50)):
        assert parse_arch(arch_string(genotype)) == genotype


@pytest.mark.parametrize(
    "text",
    [
        "",
        "|",
        "||",
        "a~0",
        "|a~0",
        "|a~0|+",
        "|a~0|+|a~0||a~1|",
        "|a|",
        "|a~|",
        "|a~-1|",
        "|a~00|",
        "|a~0~0|",
        "|a~1|",  # a state that isn't before the node
        "|a~" + "9" * 5000 + "|",
        "|a b~0|",
        "|a~٠|",
        None,
        3.5,
        float("nan"),
    ],
)
def test_what_is_no_arch_string(text):
    with pytest.raises(InputError, match="Expected a cell such as") as error:
        parse_arch(text)
    assert len(str(error.value)) < 500


def test_genotypes_without_an_arch_string():
    rng = np.random.default_rng(0)
    for genotype in (DARTS.sample(rng), Genotype(((Edge("a", 0),),))):
        with pytest.raises(InputError, match="has an arch string"):
            arch_string(genotype)

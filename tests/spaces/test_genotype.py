"""Genotypes: values that can't change, checked, and their JSON from anywhere."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest

from automl_kit.errors import InputError
from automl_kit.spaces import DARTS, NAS_BENCH_201, Edge, Genotype

CELL = ((Edge("a", 0), Edge("b", 1)), (Edge("a", 2), Edge("b", 0)))


def test_is_a_value():
    one, other = Genotype(CELL, CELL), Genotype(tuple(CELL), tuple(CELL))
    assert one == other
    assert len({one, other, Genotype(CELL)}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.inputs = 3


def test_cells_by_name():
    assert Genotype(CELL).cells() == {"normal": CELL}
    assert Genotype(CELL, CELL[:1]).cells() == {"normal": CELL, "reduction": CELL[:1]}


@pytest.mark.parametrize("space", [DARTS, NAS_BENCH_201])
def test_json_gives_the_same_value_back(space, tmp_path):
    genotype = space.sample(np.random.default_rng(1))
    assert Genotype.from_json(json.loads(json.dumps(genotype.to_json()))) == genotype
    genotype.save(tmp_path / "cell.json")
    assert Genotype.load(tmp_path / "cell.json") == genotype


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"normal": [[["a", 2]]]}, "reads state 2"),
        ({"normal": [[["a", -1]]]}, "from 0; got -1"),
        ({"normal": [[["a", True]]]}, "int from 0; got True"),
        ({"normal": [[["a", 0.0]]]}, "int from 0; got 0.0"),
        ({"normal": [[["a/../b", 0]]]}, "operation's name"),
        ({"normal": [[["a" * 65, 0]]]}, "operation's name"),
        ({"normal": [[[None, 0]]]}, "operation's name"),
        ({"normal": [[["a"]]]}, r"\[operation, source\]"),
        ({"normal": [["ab"]]}, "list of lists"),
        ({"normal": [[]]}, "1 to 64 edges"),
        ({"normal": []}, "1 to 64 nodes"),
        ({"normal": None}, "list of lists"),
        ({"normal": [[["a", 0]]] * 65}, "list of lists"),
        ({"normal": [[["a", 0]] * 65]}, "list of lists"),
        ({"reduction": {}}, "list of lists"),
        ({"inputs": 0}, "inputs=0"),
        ({"inputs": 10**9}, "inputs=1000000000"),
        ({"inputs": "2"}, "inputs='2'"),
        ({"output": "first"}, "output='last'; got 'first'"),
        ({"output": ["last"]}, r"got \['last'\]"),
        ({"more": 1}, "as JSON"),
    ],
)
def test_json_from_elsewhere_is_checked(change, message):
    good = Genotype(CELL, CELL).to_json()
    Genotype.from_json(good)
    with pytest.raises(InputError, match=message):
        Genotype.from_json({**good, **change})


@pytest.mark.parametrize("value", [None, [], "normal", {}, {"reduction": None}])
def test_other_json_is_no_genotype(value):
    with pytest.raises(InputError, match="Expected a genotype as JSON"):
        Genotype.from_json(value)


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000, "1" * 5000, "\xff", "null"])
def test_file_without_a_genotype(content, tmp_path):
    (tmp_path / "cell.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError):
        Genotype.load(tmp_path / "cell.json")


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"missing\.json holds no genotype"):
        Genotype.load(tmp_path / "missing.json")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ([(Edge("a", 0),)], "tuple of 1 to 64 nodes"),
        (([Edge("a", 0)],), "tuple of 1 to 64 edges"),
        ((("a", 0),), "hold edges"),
    ],
)
def test_what_is_no_cell(cell, message):
    with pytest.raises(InputError, match=message):
        Genotype(cell)
    with pytest.raises(InputError, match=message):
        Genotype(CELL, cell)


def test_spaces_and_tables_import_no_framework():
    code = (
        "import sys; import automl_kit.spaces; from automl_kit.benchmark import NasBenchTable; "
        "sys.exit(any(m in sys.modules for m in ('tensorflow', 'keras', 'keras_tuner')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

"""Tables of cells. The table here is made up by a formula; no network was trained for it."""

import gzip
import itertools
import time
import timeit

import keras_tuner
import numpy as np
import pandas as pd
import pytest

from automl_kit.benchmark import NasBenchTable, NotInTableError
from automl_kit.errors import InputError
from automl_kit.spaces import DARTS, NAS_BENCH_201, NAS_BENCH_201_OPS, arch_string, parse_arch

POINTS = {"conv": 3.0, "none": 0.0, "pool": 1.0}


def made_up(folder, nodes=2, ops=tuple(POINTS)):
    """A table of a whole space; the "accuracy" of a cell is a weighted sum of its edges."""
    edges = [(node, source) for node in range(nodes) for source in range(node + 1)]
    rows = []
    for number, picks in enumerate(itertools.product(ops, repeat=len(edges))):
        cells = [[] for _ in range(nodes)]
        for (node, source), op in zip(edges, picks, strict=True):
            cells[node].append(f"{op}~{source}")
        cell = "+".join(f"|{'|'.join(node)}|" for node in cells)
        score = sum(POINTS.get(op, 2.0) * (i + 1) for i, op in enumerate(picks))
        rows.append((number, cell, score, 10 + number))
    frame = pd.DataFrame(rows, columns=["index", "cell", "accuracy", "seconds"])
    frame = frame.sample(frac=1, random_state=0)
    frame.to_csv(folder / "made_up.csv", index=False)
    return folder / "made_up.csv", frame


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return NasBenchTable(made_up(tmp_path_factory.mktemp("table"))[0])


def test_the_space_is_that_of_the_cells(table):
    assert len(table) == table.space.size() == 27
    assert (table.space.nodes, table.space.ops) == (2, ("conv", "none", "pool"))
    assert (table.space.edges, table.space.inputs, table.space.output) == (None, 1, "last")
    assert table.columns == ("accuracy", "seconds")


def test_every_figure_is_that_of_the_file(tmp_path):
    path, frame = made_up(tmp_path)
    table = NasBenchTable(path)
    for row, (_, cell, accuracy, seconds) in enumerate(frame.itertuples(index=False)):
        assert table.query(parse_arch(cell)) == {"accuracy": accuracy, "seconds": seconds}
        assert table.query(cell) == table.query(parse_arch(cell))
        assert arch_string(table.genotype_of(row)) == cell
        assert table.lookup(table.values_of(row)) == row
        assert table.column("accuracy")[row] == accuracy
    assert table.best("accuracy") == 3.0 * (1 + 2 + 3)
    assert table.column("accuracy").dtype == np.float64


def test_columns_can_not_be_changed(table):
    with pytest.raises(ValueError, match="read-only"):
        table.column("accuracy")[0] = 100


def test_lookup_of_what_keras_tuner_proposes(table):
    hp = keras_tuner.HyperParameters()
    hp.Float("learning_rate", 0.1, 1.0)
    declared = table.space.declare(hp)
    hp.values["normal/node1/edge0/op"] = "pool"
    row = table.lookup(hp.values)
    assert arch_string(table.genotype_of(row)) == "|conv~0|+|pool~0|conv~1|"
    assert table.genotype_of(row) == table.space.declare(hp) != declared


def test_what_is_not_in_the_table_has_no_figure(tmp_path):
    path, frame = made_up(tmp_path)
    frame[frame["cell"] != "|conv~0|+|conv~0|conv~1|"].to_csv(path, index=False)
    table = NasBenchTable(path)
    absent = parse_arch("|conv~0|+|conv~0|conv~1|")
    assert table.space.contains(absent)
    assert len(table) == 26
    with pytest.raises(NotInTableError, match="no cell"):
        table.query(absent)
    with pytest.raises(NotInTableError, match="no cell of"):
        table.lookup(table.space.values(absent))


def test_unknown_names(table):
    for genotype in (
        DARTS.sample(np.random.default_rng(0)),
        parse_arch("|conv~0|+|conv~0|other~1|"),
        parse_arch("|conv~0|"),
    ):
        with pytest.raises(NotInTableError):
            table.query(genotype)
    with pytest.raises(NotInTableError, match=r"normal/node0/edge0/op, .* missing"):
        table.lookup({})
    with pytest.raises(NotInTableError):
        table.lookup({**table.values_of(0), "normal/node0/edge0/op": ["conv"]})
    for name in ("cell", "index", "loss"):
        with pytest.raises(NotInTableError, match="it has accuracy, seconds"):
            table.column(name)
    with pytest.raises(NotInTableError):
        table.best("loss")
    for row in (-1, 27):
        with pytest.raises(NotInTableError, match="from 0 to 26"):
            table.values_of(row)


def test_nas_bench_201_is_known_by_its_cells(tmp_path):
    cells = ["|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"]
    cells += [cells[0].replace("none~2", f"{op}~2") for op in NAS_BENCH_201_OPS[1:3]]
    path = tmp_path / "part.csv"
    pd.DataFrame({"cell": cells, "accuracy": [1.0, 2.0, 3.0]}).to_csv(path, index=False)
    assert NasBenchTable(path).space is NAS_BENCH_201
    assert NasBenchTable(path).lookup(NAS_BENCH_201.values(parse_arch(cells[2]))) == 2


def test_a_whole_table_of_15625_cells_is_quick(tmp_path):
    path, _ = made_up(tmp_path, nodes=3, ops=NAS_BENCH_201_OPS)
    assert (
        min(timeit.repeat(lambda: NasBenchTable(path), timer=time.process_time, number=1, repeat=3))
        < 2
    )  # 0.25 s alone
    table = NasBenchTable(path)
    assert len(table) == NAS_BENCH_201.size()
    values = table.values_of(12_345)
    seconds = min(timeit.repeat(lambda: table.lookup(values), number=1000, repeat=5)) / 1000
    assert seconds < 20e-6


def test_compressed(tmp_path):
    path, _ = made_up(tmp_path)
    packed = tmp_path / "made_up.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert NasBenchTable(packed).best("accuracy") == NasBenchTable(path).best("accuracy")


GOOD = "|a~0|,1.0"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("arch,accuracy\n|a~0|,1.0\n", "no column 'cell' of arch strings; it has arch, accuracy"),
        ("index,cell\n0,|a~0|\n", "no column of figures"),
        (f"cell,accuracy\n{GOOD}\n|a~1|,2.0\n", r"line 3: .*reads state 1"),
        (f"cell,accuracy\n\n{GOOD}\n\n|b~0,2.0\n", r"line 5: .*got '\|b~0'"),
        (f"cell,accuracy\n{GOOD}\n,2.0\n", "line 3: Expected a cell"),
        (f"cell,accuracy\n{GOOD}\n|b~0|,2.0\n{GOOD}\n", "line 4: the cell is in .*line 2"),
        (f"cell,accuracy\n{GOOD}\n|b~0|+|a~0|a~1|,2.0\n", "line 3: expected a cell of 1 nodes"),
        ("cell,accuracy\n|a~0|+|a~0|a~0|,1.0\n", "line 2: .*every earlier state"),
        ("cell,accuracy\n|a~0|+|a~1|,1.0\n", "line 2: .*every earlier state"),
        (f"cell,accuracy\n{GOOD}\n|b~0|,\n", "line 3: .*number in column 'accuracy'; got nothing"),
        (f"cell,accuracy\n{GOOD}\n|b~0|,high\n", "line 3: .*column 'accuracy'; got high"),
        (f"cell,accuracy\n{GOOD}\n|b~0|,inf\n", "line 3: .*column 'accuracy'; got inf"),
        ("cell,accuracy\n", "no rows"),
        ("", "empty"),
    ],
)
def test_what_is_no_table(text, message, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        NasBenchTable(path)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        NasBenchTable(tmp_path / "missing.csv")

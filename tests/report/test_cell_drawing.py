"""Drawings of cells: what stands in the SVG, that labels don't overlap, the PNG."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from automl_kit.errors import InputError
from automl_kit.report.cell_drawing import draw_cell
from automl_kit.spaces import (
    CHAPTER,
    DARTS,
    NAS_BENCH_201,
    CellSpace,
    Edge,
    Genotype,
    TableCellSpace,
)

SVG = "{http://www.w3.org/2000/svg}"


def drawn(genotype, tmp_path, kind="normal"):
    return ElementTree.parse(draw_cell(genotype, kind, tmp_path / "cell.svg")).getroot()


def texts(root):
    return [element.text for element in root.iter(f"{SVG}text")]


def points(element):
    return [tuple(map(float, pair.split(","))) for pair in element.get("points").split()]


def test_every_edge_and_state_is_drawn_once(tmp_path):
    genotype = DARTS.sample(np.random.default_rng(0))
    for kind, cell in genotype.cells().items():
        root = drawn(genotype, tmp_path, kind)
        ops = [edge.op for node in cell for edge in node]
        assert root.find(f"{SVG}title").text == f"{kind} cell"
        assert sorted(texts(root)) == sorted([*ops, "c[k-2]", "c[k-1]", "0", "1", "2", "3", "c[k]"])
        arcs = [line for line in root.iter(f"{SVG}polyline") if len(points(line)) > 2]
        assert len(arcs) == len(ops)
        assert len(list(root.iter(f"{SVG}polygon"))) == len(ops) + 1  # heads, the output's too


def test_arcs_lead_from_the_source_to_the_node(tmp_path):
    cell = ((Edge("a", 0),), (Edge("b", 1),), (Edge("c", 0), Edge("d", 2)))
    root = drawn(Genotype(cell, inputs=1, output="last"), tmp_path)
    boxes = {
        element.text: float(element.get("x"))
        for element in root.iter(f"{SVG}text")
        if element.text in ("c[k-1]", "0", "1", "2")
    }
    order = sorted(boxes, key=boxes.get)
    assert order == ["c[k-1]", "0", "1", "2"]
    ends = {
        (round(points(line)[0][0]), round(points(line)[-1][0]))
        for line in root.iter(f"{SVG}polyline")
        if len(points(line)) > 2
    }
    port = 14
    wanted = [(0, 1), (1, 2), (0, 3), (2, 3)]
    assert ends == {
        (round(boxes[order[a]]) + port, round(boxes[order[b]]) - port) for a, b in wanted
    }


@pytest.mark.parametrize(
    "space",
    [
        *(DARTS, NAS_BENCH_201, CHAPTER),
        CellSpace(nodes=6, ops=("sep_conv_3x3", "none"), edges=4),
        TableCellSpace(nodes=3, ops=("an_operation_of_a_very_long_name", "x")),
    ],
)
def test_no_text_lies_on_another_and_all_is_inside(space, tmp_path):
    for seed in range(5):
        root = drawn(space.sample(np.random.default_rng(seed)), tmp_path)
        grounds = [
            [float(element.get(name)) for name in ("x", "y", "width", "height")]
            for element in root.iter(f"{SVG}rect")
            if element.get("x")
        ]
        assert len(grounds) == len(texts(root))
        for number, (x, y, width, height) in enumerate(grounds):
            for x2, y2, width2, height2 in grounds[:number]:
                apart = x + width <= x2 or x2 + width2 <= x
                assert apart or y + height <= y2 or y2 + height2 <= y
        right, bottom = float(root.get("width")), float(root.get("height"))
        for line in root.iter(f"{SVG}polyline"):
            assert all(0 < x < right and 0 < y < bottom for x, y in points(line))


def test_zero_edges_are_dashed(tmp_path):
    node = (Edge("none", 0), Edge("skip_connect", 1))
    lines = [line for line in drawn(Genotype((node,)), tmp_path).iter(f"{SVG}polyline")]
    assert [line.get("stroke-dasharray") is not None for line in lines].count(True) == 1


def test_equal_genotypes_give_equal_files_and_png_is_twice_as_fine(tmp_path):
    genotype = CHAPTER.sample(np.random.default_rng(1))
    first, second = (draw_cell(genotype, "normal", tmp_path / f"{n}.svg") for n in "ab")
    assert first.read_bytes() == second.read_bytes()
    width, height = map(int, re.findall(r'(?:width|height)="(\d+)"', first.read_text())[:2])
    one, two = (draw_cell(genotype, "normal", tmp_path / f"{n}.PNG") for n in "ab")
    assert one.read_bytes() == two.read_bytes()
    with Image.open(one) as image:
        assert (image.format, image.size) == ("PNG", (2 * width, 2 * height))
        colours = {colour for _, colour in image.getcolors(1 << 20)}
    assert {(255, 255, 255), (190, 227, 248)} <= colours  # the ground and a node's box
    assert len(colours) > 50  # lines are smooth


def test_what_cannot_be_drawn(tmp_path):
    genotype = NAS_BENCH_201.sample(np.random.default_rng(0))
    with pytest.raises(InputError, match="no cell 'reduction'; it has normal"):
        draw_cell(genotype, "reduction", tmp_path / "cell.svg")
    with pytest.raises(InputError, match=r"\.svg or a \.png file.*cell\.pdf"):
        draw_cell(genotype, "normal", tmp_path / "cell.pdf")
    assert not list(tmp_path.iterdir())

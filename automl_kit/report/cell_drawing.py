"""A cell drawn as a graph: its states in a row, an arc an edge, as SVG or PNG.

The states stand in their order, so that no line has to cross a state; labels that would
overlap are moved to other heights. Equal genotypes give equal files.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from automl_kit import files
from automl_kit.errors import InputError
from automl_kit.report.drawing import BOX, INK, Drawing, Line, Point, Text, label_width, png, svg
from automl_kit.spaces import IDENTITY_OPS, ZERO_OPS, Cell, Edge, Genotype

_LEAST_PITCH = 130.0  # between states
_LEVEL = 34.0  # between the heights of arcs
_MARGIN = 24.0
_PORT = 14.0  # arcs leave a box so far right of its middle, and arrive so far left of it
_GREY = "#a0aec0"
_FILLS = {"input": "#c6f6d5", "node": "#bee3f8", "output": "#fefcbf"}


def draw_cell(genotype: Genotype, kind: str, path: str | os.PathLike[str]) -> Path:
    """Draws one cell of a genotype into a file.

    Args:
        genotype: The cells.
        kind: Which: "normal" or "reduction".
        path: Where to; the suffix says whether an SVG or a PNG is written. An existing file is
            replaced.

    Returns:
        The path.

    Raises:
        InputError: The genotype has no such cell, or the suffix is another.
        ProjectError: The file can't be written.

    Example:
        >>> import tempfile
        >>> from automl_kit.report.cell_drawing import draw_cell
        >>> from automl_kit.spaces import Edge, Genotype
        >>> node = (Edge("sep_conv_3x3", 0), Edge("skip_connect", 1))
        >>> path = draw_cell(Genotype((node,)), "normal", tempfile.mkdtemp() + "/cell.svg")
        >>> path.read_text().count("sep_conv_3x3")
        1
    """
    path = Path(path).expanduser()
    cells = genotype.cells()
    if kind not in cells:
        raise InputError(f"The genotype has no cell {kind!r}; it has {' and '.join(cells)}.")
    if path.suffix.lower() not in (".svg", ".png"):
        raise InputError(f"A cell is drawn into a .svg or a .png file. Received: {path.name!r}")
    drawing = _draw(genotype, cells[kind], f"{kind} cell")
    if path.suffix.lower() == ".svg":
        files.write_bytes(path, svg(drawing).encode())
    else:
        with files.atomic_path(path) as temporary:
            png(drawing).save(temporary)
    return path


@dataclass(frozen=True)
class _Arc:
    edge: Edge
    target: int  # the state that the edge leads to
    side: int  # -1 above the row of states, 1 below
    level: int

    @property
    def middle(self) -> float:
        """Where its label stands, in states from the first."""
        return (self.edge.source + self.target) / 2


@dataclass(frozen=True)
class _Frame:
    pitch: float  # between states; wider than the label of any edge
    row: float  # the height of the states
    rail: float  # the height of the line that collects the nodes
    output: int  # the state that stands for the output

    def x(self, state: float) -> float:
        return _MARGIN + BOX[0] / 2 + self.pitch * state


def _draw(genotype: Genotype, cell: Cell, title: str) -> Drawing:
    arcs = _arcs(cell, genotype.inputs)
    above, below = (
        _LEVEL * max((arc.level for arc in arcs if arc.side == side), default=0) for side in (-1, 1)
    )
    row = _MARGIN + above + BOX[1]
    longest = max(label_width(arc.edge.op) for arc in arcs)
    frame = _Frame(
        pitch=max(_LEAST_PITCH, longest + _MARGIN),
        row=row,
        rail=row + below + 1.5 * BOX[1],
        output=len(cell) + genotype.inputs,
    )
    drawing = Drawing(title, width=frame.x(frame.output) + frame.x(0), height=frame.rail + _MARGIN)
    _draw_output(drawing, genotype, frame)
    for arc in arcs:
        _draw_arc(drawing, arc, frame)
    for state in range(frame.output + 1):
        name, role = _state(state, genotype.inputs, frame.output)
        drawing.texts.append(Text((frame.x(state), row), name, box=_FILLS[role]))
    return drawing


def _draw_output(drawing: Drawing, genotype: Genotype, frame: _Frame) -> None:
    """The way from the nodes to the cell's output: by a common rail, or from the last node."""
    x, row, rail, output = frame.x, frame.row, frame.rail, frame.output
    if genotype.output == "last":
        drawing.arrow([(x(output - 1), row), (x(output) - BOX[0] / 2, row)], _GREY)
        return
    nodes = range(genotype.inputs, output)
    drawing.lines += [Line([(x(node), row), (x(node), rail)], _GREY) for node in nodes]
    drawing.lines.append(Line([(x(nodes[0]), rail), (x(output), rail)], _GREY))
    drawing.arrow([(x(output), rail), (x(output), row + BOX[1] / 2)], _GREY)


def _draw_arc(drawing: Drawing, arc: _Arc, frame: _Frame) -> None:
    edge, colour = arc.edge, _colour(arc.edge.op)
    left, right = frame.x(edge.source) + _PORT, frame.x(arc.target) - _PORT
    foot = frame.row + arc.side * BOX[1] / 2
    height = arc.side * arc.level * _LEVEL
    top = foot + height / 0.75  # a curve reaches three quarters of the way to its middle points
    curve = _curve((left, foot), (left, top), (right, top), (right, foot))
    drawing.arrow(curve, colour, dashed=edge.op in ZERO_OPS)
    drawing.texts.append(Text(((left + right) / 2, foot + height), edge.op, colour))


def _state(state: int, inputs: int, output: int) -> tuple[str, str]:
    """A state's name, as in the figures of Liu et al. (2019), and its role."""
    if state < inputs:
        return f"c[k-{inputs - state}]", "input"
    return ("c[k]", "output") if state == output else (str(state - inputs), "node")


def _arcs(cell: Cell, inputs: int) -> list[_Arc]:
    """A place for each edge: above and below in turn, short ones nearest to the row."""
    edges = [
        (edge, inputs + number, -1 if place % 2 == 0 else 1)
        for number, node in enumerate(cell)
        for place, edge in enumerate(node)
    ]
    arcs: list[_Arc] = []
    for edge, target, side in sorted(edges, key=lambda e: (e[1] - e[0].source, e[1], e[0].op)):
        arc = _Arc(edge, target, side, level=target - edge.source)
        while any(_overlap(arc, other) for other in arcs):
            arc = _Arc(edge, target, side, arc.level + 1)
        arcs.append(arc)
    return arcs


def _overlap(arc: _Arc, other: _Arc) -> bool:
    same_height = (arc.side, arc.level) == (other.side, other.level)
    return same_height and abs(arc.middle - other.middle) < 1  # a label is narrower than a pitch


def _colour(op: str) -> str:
    if op in ZERO_OPS:
        return _GREY
    if op in IDENTITY_OPS:
        return "#b7791f"
    return "#276749" if "pool" in op else "#2b6cb0" if "conv" in op else INK


def _curve(a: Point, b: Point, c: Point, d: Point, pieces: int = 32) -> list[Point]:
    """A cubic Bézier curve as a row of points."""
    points = []
    for step in range(pieces + 1):
        t = step / pieces
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
        x, y = (
            sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True)) for axis in (0, 1)
        )
        points.append((x, y))
    return points

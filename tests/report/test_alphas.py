"""Heat maps of α. The searches are made up; no network was trained for them."""

import builtins
import subprocess
import sys
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from automl_kit.errors import InputError
from automl_kit.report.alphas import edge_names, mixing_weights, plot_alphas
from automl_kit.search.stages.darts import DartsEpoch

OPS = ["none", "skip_connect", "sep_conv_3x3"]


def made_up(epochs=4, edges=5, kinds=("normal", "reduction"), ops=3):
    """Epochs whose α are all different."""
    rng = np.random.default_rng(0)
    return [
        SimpleNamespace(epoch=n, alphas={kind: rng.normal(size=(edges, ops)) for kind in kinds})
        for n in range(epochs)
    ]


@pytest.fixture
def drawn(monkeypatch):
    """The panels and the scale of what is drawn: axes with a heat map, and the last one."""
    figures = []
    original = Figure.savefig

    def savefig(self, *arguments, **named):
        figures.append(self)
        return original(self, *arguments, **named)

    monkeypatch.setattr(Figure, "savefig", savefig)
    return lambda: (figures[-1].axes[:-1], figures[-1].axes[-1])


def labels(ticks):
    return [tick.get_text() for tick in ticks]


def test_weights_are_the_softmax_of_each_edge():
    history = [
        SimpleNamespace(epoch=0, alphas={"normal": np.zeros((2, 4))}),
        SimpleNamespace(
            epoch=1, alphas={"normal": np.log([[1.0, 2.0, 3.0, 4.0], [5.0, 1.0, 1.0, 1.0]])}
        ),
    ]
    weights = mixing_weights(history, "abcd")
    assert list(weights) == ["normal"]
    np.testing.assert_allclose(
        weights["normal"],
        [[[0.25] * 4] * 2, [[0.1, 0.2, 0.3, 0.4], [0.625, 0.125, 0.125, 0.125]]],
    )


def test_weights_of_large_alphas_do_not_overflow():
    alpha = np.array([[1000.0, 1000.0, -1000.0], [-1000.0, -1000.0, -1000.0]], "float32")
    weights = mixing_weights([SimpleNamespace(epoch=0, alphas={"normal": alpha})], OPS)["normal"]
    np.testing.assert_allclose(weights, [[[0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3]]])


def test_edges_are_named_by_their_states_in_the_order_of_the_rows():
    assert edge_names(9) == ["0→2", "1→2", "0→3", "1→3", "2→3", "0→4", "1→4", "2→4", "3→4"]
    assert len(edge_names(14)) == 14


def test_panels_show_the_weights_of_their_edges(tmp_path, drawn):
    history = made_up()
    path = plot_alphas(history, tmp_path / "alphas.svg", OPS, "Made up")
    panels, scale = drawn()
    assert [panel.get_title() for panel in panels] == edge_names(5) * 2
    weights = mixing_weights(history, OPS)
    expected = [*weights["normal"].swapaxes(0, 1), *weights["reduction"].swapaxes(0, 1)]
    largest = max(kind.max() for kind in weights.values())
    for panel, edge in zip(panels, expected, strict=True):
        (mesh,) = panel.collections
        np.testing.assert_array_equal(mesh.get_array(), edge.T)  # (ops, epochs)
        assert mesh.get_clim() == (0.0, largest)
    assert scale.get_ylabel() == "softmax(α)"
    (even,) = scale.get_lines()
    assert set(even.get_ydata()) == {1 / 3}
    assert ET.parse(path).getroot().tag.endswith("svg")


def test_titles_name_the_search_and_the_kinds_of_cells(tmp_path, drawn):
    plot_alphas(made_up(), tmp_path / "alphas.png", OPS, "Made up")
    figure = drawn()[1].figure.get_figure(root=True)
    panels, _scale = figure.subfigs
    assert figure.get_suptitle() == "Made up"
    assert [part.get_suptitle() for part in panels.subfigs] == ["normal cell", "reduction cell"]


def test_operations_go_down_and_epochs_to_the_right_from_one(tmp_path, drawn):
    path = plot_alphas(made_up(), tmp_path / "alphas.png", OPS)
    panels, _ = drawn()
    for panel in panels:
        low, high = panel.get_ylim()
        assert (low, high) == (2.5, -0.5)
        assert panel.get_xlim() == (0.5, 4.5)
        assert panel.get_xticks().tolist() == [1, 3, 4]
    named = [panel for panel in panels if panel.yaxis.get_tick_params()["labelleft"]]
    assert named == [panels[0], panels[5]]  # the first of each kind
    assert labels(panels[0].get_yticklabels()) == OPS
    with Image.open(path) as image:
        assert image.format == "PNG"


def test_epochs_left_out_leave_no_gap(tmp_path, drawn):
    history = made_up(epochs=7)
    plot_alphas([history[1], history[2], history[6]], tmp_path / "alphas.svg", OPS)
    panel = drawn()[0][0]
    across = panel.collections[0].get_coordinates()[0, :, 0]
    np.testing.assert_array_equal(across, [1.5, 2.5, 5.0, 7.5])


@pytest.mark.parametrize(("edges", "across"), [(2, 2), (5, 5), (9, 5), (14, 7), (20, 7)])
def test_the_lowest_panel_of_each_column_has_the_epochs(tmp_path, drawn, edges, across):
    history = made_up(epochs=1, edges=edges, kinds=["normal"])
    plot_alphas(history, tmp_path / "alphas.svg", OPS)
    panels, _ = drawn()
    assert len(panels) == edges
    told = [panel.xaxis.get_tick_params()["labelbottom"] for panel in panels]
    assert told == [False] * (edges - across) + [True] * across


def test_the_epochs_of_a_search_are_taken_as_they_are(tmp_path, drawn):
    epoch = DartsEpoch(0, 1.0, 0.5, None, None, 0.1, 0, 1.0, made_up()[0].alphas)
    plot_alphas([epoch], tmp_path / "alphas.svg", OPS)
    assert len(drawn()[0]) == 10


def test_equal_histories_give_equal_files(tmp_path):
    for suffix in ("svg", "png"):
        a, b = (plot_alphas(made_up(), tmp_path / f"{name}.{suffix}", OPS) for name in "ab")
        assert a.read_bytes() == b.read_bytes()


def changed(place, kind, alpha):
    history = made_up()
    history[place].alphas[kind] = alpha
    return history


@pytest.mark.parametrize(
    ("history", "ops", "message"),
    [
        ([], OPS, "not one epoch"),
        (made_up(kinds=()), OPS, "no α"),
        (made_up(), OPS[:2], r"\(edges, 2\).*normal cell's has shape \(5, 3\)"),
        (made_up(edges=6), OPS, "2, 5, 9, 14, … edges.*Received: 6"),
        (made_up(edges=0), OPS, r"normal cell's has shape \(0, 3\)"),
        (changed(0, "normal", np.zeros(3)), OPS, r"shape \(3,\)"),
        (changed(2, "normal", np.zeros((2, 3))), OPS, "one search's.*epoch 2"),
        (changed(3, "other", np.zeros((5, 3))), OPS, "one search's.*epoch 3"),
        (changed(1, "reduction", np.full((5, 3), np.nan)), OPS, "finite everywhere in epoch 1"),
        (made_up()[::-1], OPS, "ascend.*2 after 3"),
        (made_up()[:1] * 2, OPS, "ascend.*0 after 0"),
    ],
)
def test_what_is_no_history_of_one_search(tmp_path, history, ops, message):
    with pytest.raises(InputError, match=message):
        plot_alphas(history, tmp_path / "alphas.svg", ops)
    assert list(tmp_path.iterdir()) == []


def test_other_suffixes(tmp_path):
    with pytest.raises(InputError, match=r"alphas\.pdf"):
        plot_alphas(made_up(), tmp_path / "alphas.pdf", OPS)


def test_without_matplotlib_the_error_says_what_to_install(tmp_path, monkeypatch):
    original = builtins.__import__

    def without(name, *arguments):
        if name.split(".")[0] == "matplotlib":
            raise ImportError(name)
        return original(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match="pip install matplotlib"):
        plot_alphas(made_up(), tmp_path / "alphas.svg", OPS)


def test_importing_it_loads_neither_tensorflow_nor_matplotlib():
    code = (
        "import sys; from automl_kit.report import plot_alphas; "
        "sys.exit(bool({'tensorflow', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

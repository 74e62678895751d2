"""Plots of regret. The searches are made up."""

import builtins
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from automl_kit.errors import InputError
from automl_kit.report.regret import plot_regret


def made_up():
    """Two seeds of a method that finds the best, and two of one that ends by itself."""
    rows = []
    for seed, regrets in enumerate([[8.0, 2.0, 0.0, 0.0], [4.0, 4.0, 2.0, 0.0]]):
        rows += [("good", seed, n, r, 10.0 * n, "evaluations") for n, r in enumerate(regrets, 1)]
    for seed in range(2):
        rows += [("short", seed, n, 6.0, 10.0 * n, "search") for n in (1, 2)]
    columns = ["method", "seed", "evaluation", "regret", "seconds", "ended_by"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def drawn(monkeypatch):
    """The axes of what is drawn."""
    figures = []
    original = Figure.savefig

    def savefig(self, *arguments, **named):
        figures.append(self)
        return original(self, *arguments, **named)

    monkeypatch.setattr(Figure, "savefig", savefig)
    return lambda: figures[-1].axes[0]


def test_lines_are_means_and_bands_standard_errors(tmp_path, drawn):
    path = plot_regret(made_up(), tmp_path / "regret.svg")
    axes = drawn()
    good, short = axes.get_lines()
    np.testing.assert_array_equal(good.get_xdata(), [1, 2, 3, 4])
    np.testing.assert_array_equal(good.get_ydata(), [6.0, 3.0, 1.0, np.nan])
    np.testing.assert_array_equal(short.get_ydata(), [6.0] * 4)
    assert axes.get_yscale() == "log"
    band = axes.collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == pytest.approx(6 + np.std([8, 4], ddof=1) / np.sqrt(2))
    labels = [text.get_text() for text in axes.figure.legends[0].get_texts()]
    assert labels == ["good", "short (2 of 2 ended early)"]
    assert ET.parse(path).getroot().tag.endswith("svg")


def test_against_seconds(tmp_path, drawn):
    path = plot_regret(made_up(), tmp_path / "regret.png", "seconds", "Made up")
    at, mean = drawn().get_lines()[0].get_data()
    assert (at[0], at[-1]) == (10.0, 40.0)
    assert mean[np.searchsorted(at, 29.0)] == 3.0
    assert drawn().get_title() == "Made up"
    with Image.open(path) as image:
        assert image.format == "PNG"


def test_equal_figures_give_equal_files(tmp_path):
    for suffix in ("svg", "png"):
        a, b = (plot_regret(made_up(), tmp_path / f"{name}.{suffix}") for name in "ab")
        assert a.read_bytes() == b.read_bytes()


def test_regret_of_zero_everywhere_can_be_drawn(tmp_path):
    frame = made_up().assign(regret=0.0)
    assert plot_regret(frame, tmp_path / "regret.svg").stat().st_size > 1000


def test_other_suffixes_and_nothing_to_draw(tmp_path):
    with pytest.raises(InputError, match=r"regret\.pdf"):
        plot_regret(made_up(), tmp_path / "regret.pdf")
    with pytest.raises(InputError, match="simulated seconds"):
        plot_regret(made_up().assign(seconds=np.nan), tmp_path / "regret.svg", "seconds")
    with pytest.raises(InputError, match="evaluations"):
        plot_regret(made_up().iloc[:0], tmp_path / "regret.svg")
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_the_error_says_what_to_install(tmp_path, monkeypatch):
    original = builtins.__import__

    def without(name, *arguments):
        if name.split(".")[0] == "matplotlib":
            raise ImportError(name)
        return original(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match="pip install matplotlib"):
        plot_regret(made_up(), tmp_path / "regret.svg")

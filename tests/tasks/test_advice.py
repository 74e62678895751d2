"""The strategy where nobody names one."""

import pytest

import automl_kit as ak
from automl_kit.custom_blocks import cell_graph
from automl_kit.spaces import NAS_BENCH_201, parse_arch
from automl_kit.tasks.advice import advise, chosen
from automl_kit.testing.trainings import cell_nodes
from automl_kit.tuners import STRATEGIES, Evolution

FIXED = parse_arch("|nor_conv_3x3~0|+|nor_conv_3x3~0|skip_connect~1|")


@pytest.mark.parametrize(
    ("objective", "outputs", "tuner"),
    [
        ("val_loss", None, "greedy"),
        (["val_loss", "flops"], None, "pareto"),
        ("val_loss", cell_graph(NAS_BENCH_201)[1], "evolution"),
        ("val_loss", cell_graph(FIXED)[1], "greedy"),
        (["val_loss", "flops"], cell_graph(NAS_BENCH_201)[1], "pareto"),
        ("val_loss", [cell_graph(FIXED)[1], cell_graph(NAS_BENCH_201)[1]], "evolution"),
    ],
)
def test_it_follows_from_what_is_searched(objective, outputs, tuner):
    found = advise(objective, outputs)
    assert found.tuner == tuner
    assert found.tuner in STRATEGIES
    assert found.told() == ("" if tuner == "greedy" else f"The strategy is {tuner}: {found.why}.")
    assert chosen("auto", objective, outputs) == chosen(None, objective, outputs) == tuner
    assert chosen("random", objective, outputs) == "random"
    assert chosen(Evolution, objective, outputs) is Evolution


def test_models_and_tasks_ask_it(tmp_path):
    model = ak.AutoModel(*cell_nodes(), directory=tmp_path / "cells")
    assert model.tuner.searched.name == "evolution"
    assert model.tuner.oracle.initial_hps == [{}]  # It begins with the defaults.
    named = ak.AutoModel(*cell_nodes(), tuner="evolution", directory=tmp_path / "named")
    assert named.tuner.oracle.initial_hps == []
    head = ak.ClassificationHead()(ak.DenseBlock()(entry := ak.Input()))
    aims = ["val_loss", "parameters"]
    model = ak.AutoModel(entry, head, objective=aims, directory=tmp_path / "aims")
    assert model.tuner.searched.name == "pareto"

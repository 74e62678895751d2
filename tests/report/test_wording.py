"""Figures, lengths of time and networks in words."""

import math

import pytest

from automl_kit.custom_blocks import CELL_PRESETS, IMAGE_PRESETS, TABLE_PRESETS, TEXT_PRESETS
from automl_kit.report import wording


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.123456, "0.123"),
        (0.1, "0.100"),
        (0.9996, "1.00"),
        (0.09996, "0.100"),
        (0.0, "0.00"),
        (-1.5, "-1.50"),
        (12.345, "12.3"),
        (123456.0, "123456"),
        (0.00001234, "1.23e-05"),
        (1.234e9, "1.23e+09"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (None, "none"),
    ],
)
def test_a_figure_has_three_significant_digits(value, told):
    assert wording.figure(value) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-3, "0.0 s"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7000, "117 min"),
        (7200, "2.0 h"),
    ],
)
def test_a_length_of_time(seconds, told):
    assert wording.duration(seconds) == told


@pytest.mark.parametrize(
    ("presets", "words"),
    [
        (
            TABLE_PRESETS,
            {"MLP ensemble", "MLP,", "linear model", "trees (forest)", "trees (boosting)"},
        ),
        (
            TEXT_PRESETS,
            {"linear model, order 4, odds scale", "n-gram model", "convolutional network"},
        ),
        (IMAGE_PRESETS, {"early-pooling network", "residual network"}),
        (CELL_PRESETS, {"cells,"}),
    ],
)
def test_every_preset_of_ours_is_told_in_words(presets, words):
    told = [wording.network(values) for values in presets]
    assert all("/" not in text for text in told)
    assert all(len(text) < 45 for text in told)
    assert all(any(word in text for text in told) for word in words)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"table/architecture": "linear", "learning_rate": 0.1}, "linear model"),
        (
            {
                "t/architecture": "ensemble",
                "t/ensemble/members": 8,
                "t/ensemble/depth": 2,
                "t/ensemble/width": 64,
            },
            "8-MLP ensemble, 2×64",
        ),
        ({"architecture": "mlp", "mlp/depth": 3, "mlp/width": 32}, "MLP, 3×32"),
        ({"image_block_1/block_type": "resnet"}, "ResNet"),
        ({"network/cells": 5, "network/channels": 16}, "5 cells, 16 channels"),
        ({"block/normal/node0/edge0/op": "conv"}, "network of cells"),
        (
            {"m/stage0/depth": 2, "m/stage1/depth": 1},
            "chain of 3 convolutions in 2 stages",
        ),
        (
            {"table/architecture": "linear", "tuner/epochs": 4, "tuner/bracket": 1},
            "linear model, 4 epochs",
        ),
        ({}, ""),
    ],
)
def test_a_network_by_its_hyperparameters(values, told):
    assert wording.network(values) == told


def test_other_hyperparameters_are_told_where_they_differ_from_the_best():
    best = {"layers": 2, "units": 8, "rate": 0.1, "dropout": 0.5, "activation": "relu"}
    told = wording.network({**best, "units": 16, "activation": "tanh"}, best)
    assert told == "units 16, activation tanh"
    assert wording.network(best) == wording.network(best, best) == "layers 2, units 8, rate 0.1"


@pytest.mark.parametrize(
    "values",
    [
        {"architecture": ["mlp"], "cells": None},
        {"architecture": "of the user's own", "stage0/depth": "deep"},
        {"block_type": 3.0},
        {"text": "two\nlines " * 20},
    ],
)
def test_names_of_ours_in_other_hands_are_told_as_they_are(values):
    told = wording.network(values)
    assert "\n" not in told
    assert len(told) < 80
    assert next(iter(values)) in told

"""A small search network and rows that it can learn."""

import keras
import numpy as np

from automl_kit.custom_blocks.darts import darts_supernet
from automl_kit.search.stages.darts import DartsSettings

OPS = ("none", "max_pool_3x3", "skip_connect", "sep_conv_3x3")
SETTINGS = DartsSettings(epochs=3, batch_size=8, alpha_learning_rate=0.02)


def make_network(**arguments):
    keras.utils.set_random_seed(0)
    given = {"filters": 2, "cells": 3, "nodes": 1, "ops": OPS, **arguments}
    return darts_supernet((6, 6, 1), 2, **given)


def rows(n=48):
    generator = np.random.default_rng(0)
    y = np.arange(n) % 2
    x = generator.standard_normal((n, 6, 6, 1)) + y[:, None, None, None]
    return x.astype("float32"), y

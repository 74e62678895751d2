"""A table whose classifier is trained in a moment, for tests of what is around the training."""

import autokeras as ak
import numpy as np
import pandas as pd

import automl_kit
from automl_kit.custom_blocks import TableInput


def table(n=120):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": random.normal(40, 10, n),
            "city": random.choice(["Rome", "Oslo", None], n),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 999, n), "D"),
        }
    )
    frame.loc[::7, "age"] = np.nan
    labels = np.where((frame.city == "Rome") ^ (frame.age.fillna(40) > 55), "yes", "no")
    return frame, labels


def one_layer():
    """A layer, which is trained in a moment."""
    entry = TableInput(name="table_input")
    block = ak.DenseBlock(num_layers=1, use_batchnorm=False, dropout=0.0, name="dense")
    return entry, ak.ClassificationHead(dropout=0.0, name="head")(block(entry))


def quick(**more):
    given = {"max_trials": 2, "epochs": 2, "seed": 0, "verbose": 0, "graph": one_layer}
    return automl_kit.StructuredDataClassifier(**{**given, **more})

"""Whether a graph's networks can be exported, told before the first of them is trained."""

import warnings

import keras_tuner

from automl_kit.errors import ExportError
from automl_kit.evaluation.build import build_network
from automl_kit.export import to_stock

_OURS = ("automl_kit",)


def tell_what_cannot_be_exported(
    graph: keras_tuner.HyperModel, hp: keras_tuner.HyperParameters
) -> None:
    """Warns where the network of the default hyperparameters needs code besides Keras.

    Nothing is built where all blocks are this package's: theirs can be exported.

    Args:
        graph: An AutoKeras graph whose shapes are known.
        hp: Its hyperparameters, which are left as they are.
    """
    if all(type(block).__module__.split(".")[0] in _OURS for block in graph.blocks):
        return
    try:
        network = build_network(graph, hp.copy())
    except Exception:  # The first trial meets the same error and records it.
        return
    try:
        to_stock(network)
    except ExportError as error:
        warnings.warn(
            f"{error} The search goes on and its result predicts, but it can't be exported.",
            UserWarning,
            stacklevel=2,
        )

"""A network's variables read as parts of a vector."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf

from automl_kit.custom_blocks.darts import FlatVariables


@contextmanager
def values_of(flat: FlatVariables, vector: tf.Tensor) -> Iterator[None]:
    """In it, `flat`'s variables have the values of a vector, (size,), differentiably."""
    with keras.StatelessScope(list(zip(flat.variables, flat.split(vector), strict=True))):
        yield

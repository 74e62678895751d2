"""Networks of a moment run eagerly: tracing them takes longer than their epochs."""

import pytest
import tensorflow as tf


@pytest.fixture(autouse=True)
def _eagerly():
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)

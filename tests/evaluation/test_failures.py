"""The reasons of failed trials, whole and in a line."""

import keras
import numpy as np
import pytest

from automl_kit.evaluation import failures


def test_a_message_of_several_lines_is_told_whole():
    class Broken(keras.layers.Layer):
        def call(self, inputs):
            return inputs @ np.ones((3, 2), "float32")

    with pytest.raises(Exception, match="Broken") as caught:
        Broken()(np.ones((4, 5), "float32"))
    assert "\n" in str(caught.value)
    told = failures.describe(caught.value)
    assert "\n" not in told
    assert "\x1b" not in told
    assert "Matrix size-incompatible" in told
    assert "Arguments received" not in told


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("one\n\n  two", "ValueError: one two"),
        ("", "ValueError: "),
        ("x" * 1200, "ValueError: " + "x" * (failures.LONGEST - 12) + " …"),
        ("bad\nDetected at node 'a' defined at\n File", "ValueError: bad"),
        ("\x1b[1mbold\x1b[0m", "ValueError: bold"),
    ],
)
def test_one_line(message, told):
    assert failures.describe(ValueError(message)) == told

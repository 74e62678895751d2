import os
import subprocess
import sys
from pathlib import Path

import pytest

FILES = [
    "test_depthwise.py",
    "test_operation_gradients.py",
    "../test_operations.py::test_gradients_are_difference_quotients",
]


@pytest.mark.skipif("AUTOML_KIT_ONEDNN_TEST" in os.environ, reason="runs itself otherwise")
def test_gradients_are_right_with_other_kernels():
    """oneDNN is chosen when TensorFlow is loaded, so that this takes another process."""
    switched = {"1": "0", "0": "1"}[os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1")]
    folder = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *[str(folder / name) for name in FILES]],
        cwd=folder.parents[2],
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": switched, "AUTOML_KIT_ONEDNN_TEST": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert done.stdout.count(".") > 120  # they ran

"""Every Python block of the README runs, in a process and an empty folder of its own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = {
    f"line {README[: match.start()].count(chr(10)) + 1}": match[1]
    for match in re.finditer(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
}


def test_there_are_blocks():
    assert BLOCKS


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_block_runs(block, tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr

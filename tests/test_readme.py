"""The README: every Python block runs by itself in an empty folder; what is named is there."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from automl_kit import bench, image, structured, text
from automl_kit.tuners import DEFAULT_STRATEGY, STRATEGIES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = {
    f"line {README[: match.start()].count(chr(10)) + 1}": match[1]
    for match in re.finditer(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
}
APPS = {"structured": structured.app, "text": text.app, "image": image.app, "bench": bench.app}
COMMANDS = re.findall(r"(?:python -m |`)automl_kit\.(\w+) ([a-z_][^`\n]*)", README)


def test_there_are_blocks():
    assert len(BLOCKS) >= 3


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_block_runs(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README.md", "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize(("module", "arguments"), COMMANDS)
def test_a_command_has_the_options_that_it_is_called_with(module, arguments):
    words = arguments.split()
    command = [] if module == "bench" else words[:1]
    told = CliRunner().invoke(APPS[module], [*command, "--help"], terminal_width=200)
    assert told.exit_code == 0
    for option in (word for word in words if word.startswith("--")):
        assert option in told.stdout


def test_the_table_of_strategies_is_that_of_the_code():
    rows = re.findall(r"^\| `([a-z]+)` \| `[A-Z]\w+` \|", README, re.MULTILINE)
    assert rows == list(STRATEGIES)
    assert f"By default it is\n`{DEFAULT_STRATEGY}`" in README


def test_every_benchmark_that_is_named_is_there():
    named = re.findall(r"`(?:benchmarks/)?(\w+\.py)`", README)
    assert len(named) > 5
    assert [name for name in named if not (ROOT / "benchmarks" / name).exists()] == []


def test_links_and_options_of_make_are_there():
    targets = re.findall(r"^make (\w+)", README, re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text()
    assert targets == ["demo", "test"]
    assert all(f"\n{target}:" in makefile for target in targets)

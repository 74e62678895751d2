"""Batches of a memory map: every row once, in a seeded order, without keeping its pages."""

import sys
from pathlib import Path

import numpy as np
import pytest

from automl_kit.evaluation.row_batches import RowBatches


def _mapped(tmp_path, rows, size):
    array = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.uint8, (rows, size))
    array[:] = (np.arange(rows) % 251)[:, None]
    array.flush()
    return array


def test_every_row_comes_once_with_its_target_and_weight(tmp_path):
    x = _mapped(tmp_path, 23, 4)
    weights = np.arange(23.0)
    batches = RowBatches(x, np.eye(23), 5, shuffle_seed=0, weights=weights)
    first = [batches[number] for number in range(len(batches))]
    rows = np.concatenate([part[0][:, 0] for part in first])
    assert sorted(rows) == list(range(23))
    assert (np.concatenate([part[1].argmax(axis=1) for part in first]) == rows).all()
    assert (np.concatenate([part[2] for part in first]) == rows).all()
    batches.on_epoch_end()
    assert (batches[0][0][:, 0] != first[0][0][:, 0]).any()
    again = RowBatches(x, np.eye(23), 5, shuffle_seed=0)
    assert (again[0][0] == first[0][0]).all()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_pages_are_given_back(tmp_path):
    def mapped_mebibytes():
        line = next(
            line
            for line in Path("/proc/self/status").read_text().splitlines()
            if line.startswith("RssFile")
        )
        return int(line.split()[1]) / 1024

    x = _mapped(tmp_path, 8000, 12_288)  # 94 MiB
    batches = RowBatches(x, np.zeros((8000, 2)), 64, shuffle_seed=0)
    batches[0]
    before = mapped_mebibytes()
    for number in range(len(batches)):
        batches[number]
    assert mapped_mebibytes() - before < 20

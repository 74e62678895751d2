import numpy as np
import pytest

from automl_kit.errors import InputError
from automl_kit.tasks import examples as rooms
from automl_kit.tasks.examples import CHUNK_ROWS, Examples

IDS = np.array([0] * 60 + [1] * 40)


def rows_of(raw, ids, weights=None):
    return Examples(raw, ids, ids, len(ids), weights)


def hold_out(raw, ids, share, seed, scratch, weights=None):
    return rooms.hold_out(rows_of(raw, ids, weights), share, seed, scratch)


def followed_by(raw, ids, held, held_ids, weights=None):
    return rooms.followed_by(rows_of(raw, ids, weights), rows_of(held, held_ids), None)


def test_held_out_rows_come_last_with_their_ids(tmp_path):
    raw = {"a": np.arange(100.0)[:, None], "b": np.array([[str(n)] for n in range(100)])}
    examples = hold_out(raw, IDS, 0.2, seed=0, scratch=tmp_path / "unused")
    assert examples.training == 80
    assert np.bincount(examples.values[80:]).tolist() == [12, 8]
    order = examples.raw["a"][:, 0].astype(int)
    assert sorted(order) == list(range(100))
    assert (examples.values == IDS[order]).all()
    assert examples.raw["b"][:, 0].tolist() == [str(n) for n in order]
    assert (examples.train_raw()["a"] == examples.raw["a"][:80]).all()
    assert (examples.train_strata() == examples.values[:80]).all()
    assert not (tmp_path / "unused").exists()


def test_the_seed_decides():
    first, again, other = (
        hold_out(np.arange(100), IDS, 0.2, seed, scratch=None).raw for seed in (0, 0, 1)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_the_row_of_a_class_of_one_is_trained_on():
    ids = np.append(IDS, 2)
    for seed in range(10):
        examples = hold_out(np.arange(101), ids, 0.5, seed, scratch=None)
        assert 100 in examples.train_raw()
        assert set(examples.values[examples.training :]) == {0, 1}


def test_classes_of_one_row_each_can_not_be_split():
    with pytest.raises(InputError, match="at least one class must have 2 rows"):
        hold_out(np.arange(3), np.arange(3), 0.5, 0, scratch=None)


def test_rows_given_apart_stay_apart():
    examples = followed_by(np.arange(3), np.array([0, 1, 0]), np.arange(5, 7), np.array([1, 0]))
    assert examples.raw.tolist() == [0, 1, 2, 5, 6]
    assert examples.values.tolist() == [0, 1, 0, 1, 0]
    assert examples.training == 3


def test_weights_go_with_their_rows_and_rows_given_apart_weigh_one():
    weights = np.arange(100.0)
    examples = hold_out(np.arange(100), IDS, 0.2, 0, None, weights)
    assert (examples.weights == examples.raw).all()
    apart = followed_by(np.arange(3), np.array([0, 1, 0]), np.arange(2), np.array([1, 0]),
                        np.array([0.5, 2, 3]))  # fmt: skip
    assert apart.weights.tolist() == [0.5, 2, 3, 1, 1]
    assert hold_out(np.arange(100), IDS, 0.2, 0, None).weights is None


def test_strata_decide_where_targets_are_no_classes():
    values = np.linspace(0, 1, 100)
    rows = Examples(np.arange(100), values, IDS, 100)
    examples = rooms.hold_out(rows, 0.2, 0, None)
    assert (examples.values == values[examples.raw]).all()
    assert np.bincount(examples.strata[80:]).tolist() == [12, 8]


def test_arrays_of_files_are_reordered_into_another_file(tmp_path):
    n = 2 * CHUNK_ROWS + 7
    pixels = np.arange(n * 4, dtype="uint16").reshape(n, 4)
    np.save(tmp_path / "x.npy", pixels)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    ids = np.arange(n) % 3
    examples = hold_out(mapped, ids, 0.25, seed=0, scratch=tmp_path / "data" / "ordered.npy")
    assert isinstance(examples.raw, np.memmap)
    order = examples.raw[:, 0] // 4
    assert (examples.values == ids[order]).all()
    assert (np.asarray(examples.raw) == pixels[order]).all()
    assert (np.load(tmp_path / "x.npy") == pixels).all()

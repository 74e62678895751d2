import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from automl_kit.custom_blocks.layouts import TableLayout
from automl_kit.data import infer_schema, to_raw
from automl_kit.data.schema import Column, TableSchema
from automl_kit.tasks.encoders import structured
from automl_kit.tasks.encoders.structured import MAX_BINS, fit_encoder


def schema(**kinds: str) -> TableSchema:
    return TableSchema(tuple(Column(name, kind, name) for name, kind in kinds.items()))


def numbers(*values: float) -> np.ndarray:
    return np.float32(values).reshape(-1, 1)


def words(*values: str) -> np.ndarray:
    return np.array(values, dtype=object).reshape(-1, 1)


def encode(model: keras.Model, raw: dict[str, np.ndarray]) -> np.ndarray:
    output = model({name: tf.constant(values) for name, values in raw.items()})
    assert output.dtype == "float32"
    return np.asarray(output)


MIXED = schema(job="category", age="number", born="date", town="category", owner="boolean")


def mixed(n: int = 200, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    age = rng.lognormal(3, 1, size=n)
    age[rng.random(n) < 0.1] = np.nan
    return {
        "job": words(*rng.choice(["cook", "smith", ""], size=n)),
        "age": numbers(*age),
        "born": numbers(*rng.integers(-5000, 20000, size=n)),
        "town": words(*rng.choice(["Aachen", "Ürümqi", "[UNK]", "two\nlines"], size=n)),
        "owner": numbers(*rng.integers(0, 2, size=n)),
    }


def test_matrix_and_layout_agree():
    raw = mixed()
    model, layout = fit_encoder(raw, MIXED)
    output = encode(model, raw)
    # age, born, owner; sine and cosine of week and year; indicator of age; job and town
    assert layout == TableLayout(3 + 4 + 1, (4, 5), layout.edges)
    assert output.shape == (200, 10)
    assert np.isfinite(output).all()
    assert [len(edges) > 2 for edges in layout.edges] == [True] * 2 + [False] + [True] * 4 + [False]
    for column, edges in enumerate(layout.edges):
        assert len(edges) <= MAX_BINS + 1
        assert (np.diff(edges) > 0).all()
        if edges:
            assert edges[0] == output[:, column].min()
            assert edges[-1] == output[:, column].max()
    filled = np.histogram(output[:, 0], layout.edges[0])[0]
    assert filled[filled > 0].max() <= 200 * 0.1 + 3 * 200 / MAX_BINS  # missing ones share a bin
    np.testing.assert_array_equal(output[:, 7], np.isnan(raw["age"])[:, 0])


def test_ids_go_by_frequency_and_unseen_is_zero():
    model, layout = fit_encoder({"c": words("b", "a", "a", "", "[UNK]", "b")}, schema(c="category"))
    assert layout == TableLayout(0, (5,), ())
    output = encode(model, {"c": words("a", "b", "", "[UNK]", "A", "other")})
    np.testing.assert_array_equal(output[:, 0], [1, 2, 3, 4, 0, 0])


def test_a_missing_category_that_was_never_seen_is_unseen():
    model, _ = fit_encoder({"c": words("a", "b", "a")}, schema(c="category"))
    assert encode(model, {"c": words("")}).tolist() == [[0.0]]


def test_rare_categories_of_a_wide_column_are_unseen():
    wide = [f"v{i}" for i in range(30)] + ["twice", "twice"]
    model, layout = fit_encoder({"c": words(*wide)}, schema(c="category"))
    assert layout.cardinalities == (2,)
    assert encode(model, {"c": words("twice", "v3")}).tolist() == [[1.0], [0.0]]


def test_a_column_of_identifiers_does_not_stop_the_encoder():
    raw = {"c": words(*[f"id{i}" for i in range(50)])}
    model, layout = fit_encoder(raw, schema(c="category"))
    assert layout.cardinalities == (2,)
    assert encode(model, raw).sum() == 1.0


def test_vocabulary_is_capped(monkeypatch):
    monkeypatch.setattr(structured, "MAX_VOCABULARY", 25)
    values = [f"v{i:02}" for i in range(40) for _ in range(100 - i)]
    model, layout = fit_encoder({"c": words(*values)}, schema(c="category"))
    assert layout.cardinalities == (26,)
    assert encode(model, {"c": words("v00", "v24", "v25")}).tolist() == [[1.0], [25.0], [0.0]]


def test_strings_that_keras_would_merge():
    model, layout = fit_encoder({"c": words("a", "a\0", "a", "b")}, schema(c="category"))
    assert layout.cardinalities == (3,)
    assert encode(model, {"c": words("a", "b")}).tolist() == [[1.0], [2.0]]


def test_numbers_are_scaled_robustly_and_clipped_smoothly():
    """x -> z / sqrt(1 + (z / 3)^2), z = (x - median) / (upper - lower quartile)."""
    values = np.arange(101.0)
    model, _ = fit_encoder({"x": numbers(*values)}, schema(x="number"))
    x = np.array([50.0, 75.0, 0.0, 200.0])
    z = (x - 50) / 50
    np.testing.assert_allclose(
        encode(model, {"x": numbers(*x)})[:, 0], z / np.sqrt(1 + (z / 3) ** 2), rtol=1e-5
    )


def test_missing_and_infinite_numbers_become_the_median():
    raw = {"x": numbers(1, 2, 3, 4, 5, np.nan, np.nan)}
    model, layout = fit_encoder(raw, schema(x="number"))
    assert layout.numeric == 2
    output = encode(model, {"x": numbers(np.nan, np.inf, -np.inf, 3, 5)})
    np.testing.assert_allclose(output[:4, 0], 0.0)
    assert output[4, 0] > 0.5
    assert output[:, 1].tolist() == [1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    "training",
    [
        [1, 2, 3, 1e30],
        [-3.4e38, 3.4e38, 0, 1],
        [3.4e38, -3.4e38, 3.4e38, -3.4e38],
        [1e-42, 2e-42, 3e-42, 0],
        [5, 5, 5, np.nan],
        [0, 0, 0, 0, 0, 0, 0, 0, 1e-30],
        [np.nan] * 3,
        [1e9, 1e9 + 64, 1e9 + 128],
    ],
)
def test_no_value_gives_nan(training):
    model, layout = fit_encoder({"x": numbers(*training)}, schema(x="number"))
    extreme = numbers(*training, 3.4e38, -3.4e38, 1e-45, 0, np.nan, np.inf, -np.inf)
    output = encode(model, {"x": extreme})
    assert np.isfinite(output).all()
    assert np.abs(output).max() <= 3.0
    assert np.isfinite([edge for edges in layout.edges for edge in edges]).all()


def test_dates_have_the_phase_of_week_and_year():
    monday = 4.0  # 1970-01-05
    model, layout = fit_encoder({"d": numbers(0, 100, 10000)}, schema(d="date"))
    assert layout.numeric == 5
    days = numbers(monday, monday + 7, monday + 3.5, monday - 70, np.nan)
    week = encode(model, {"d": days})[:, 1:3]
    np.testing.assert_allclose(week[1], week[0], atol=1e-5)
    np.testing.assert_allclose(week[2], -week[0], atol=1e-5)
    np.testing.assert_allclose(week[3], week[0], atol=1e-5)
    year = encode(model, {"d": numbers(0, 365.2425 * 30, 365.2425 / 2)})[:, 3:]
    np.testing.assert_allclose(year, [[0, 1], [0, 1], [0, -1]], atol=1e-3)


def test_names_of_keras_layers_can_be_columns():
    names = ["where", "concatenate", "string_lookup", "isfinite", "numbers", "keras_tensor", "sin"]
    kinds = {name: "number" for name in names} | {"lookup": "category", "table_encoder": "category"}
    raw = {
        name: words("a", "b") if kind == "category" else numbers(1, 2)
        for name, kind in kinds.items()
    }
    for _ in range(2):
        model, _ = fit_encoder(raw, schema(**kinds))
    assert set(model.input) == set(kinds)
    assert encode(model, raw).shape == (2, 9)


def test_same_data_same_encoder():
    raw = mixed()
    first, layout = fit_encoder(raw, MIXED)
    second, again = fit_encoder(raw, MIXED)
    assert layout == again
    np.testing.assert_array_equal(encode(first, raw), encode(second, raw))


LOADER = """
import sys
import keras, numpy as np, tensorflow as tf
model = keras.models.load_model(sys.argv[1])
rows = np.load(sys.argv[2])
raw = {name: tf.constant(rows[name]) for name in rows.files}
np.save(sys.argv[3], np.asarray(model(raw)))
assert not any(name.startswith("automl_kit") for name in sys.modules)
"""


def test_file_loads_without_automl_kit_and_gives_the_same(tmp_path):
    model, _ = fit_encoder(mixed(), MIXED)
    unseen = mixed(seed=1)
    unseen["town"][:5] = "never seen"
    unseen["age"][:5] = 3e38
    model.save(tmp_path / "encoder.keras")
    strings = {name: v.astype(str) if v.dtype == object else v for name, v in unseen.items()}
    np.savez(tmp_path / "rows.npz", **strings)
    (tmp_path / "load.py").write_text(LOADER)
    files = [str(tmp_path / name) for name in ("load.py", "encoder.keras", "rows.npz", "out.npy")]
    subprocess.run([sys.executable, *files], check=True, cwd=Path(tmp_path), timeout=120)
    np.testing.assert_array_equal(np.load(files[-1]), encode(model, unseen))


def test_all_layers_are_stock():
    model, _ = fit_encoder(mixed(), MIXED)
    for layer in model._flatten_layers():
        assert type(layer).__module__.startswith("keras."), layer


def test_hundreds_of_columns_are_quick():
    """Numbers share their layers. The time is a loose guard: all of this took 0.3 s on one core."""
    rng = np.random.default_rng(0)
    kinds = {f"n{i}": "number" for i in range(200)} | {f"c{i}": "category" for i in range(100)}
    raw = {
        name: words(*rng.choice(["a", "b"], 50)) if kind == "category" else numbers(*rng.random(50))
        for name, kind in kinds.items()
    }
    start = time.perf_counter()
    model, layout = fit_encoder(raw, schema(**kinds))
    assert time.perf_counter() - start < 10
    assert encode(model, raw).shape == (50, 300)
    own = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    assert len(own) == 100 + 6  # the lookups; two joins, the numbers, a cast, the last join
    assert layout.numeric == 200


def test_bins_are_wider_than_what_rounding_makes():
    days = np.arange(19_000, 19_700, 7) + np.arange(100) / 1000  # all but the same weekday
    _encoder, layout = fit_encoder({"d": numbers(*days)}, schema(d="date"))
    assert len(layout.edges[0]) > 20
    assert all((np.diff(edges) > 1e-3).all() for edges in layout.edges[1:] if edges)


def test_bins_of_small_numbers_are_small():
    _encoder, layout = fit_encoder({"x": numbers(*np.logspace(-4, 4, 200))}, schema(x="number"))
    assert len(layout.edges[0]) > 30


def test_the_angle_of_a_day_is_exact():
    days = [0.0, 3.5, 6.99, 7.0, 19_845.25, -1.0, 19_849.5]
    encoder, _ = fit_encoder({"d": numbers(*days)}, schema(d="date"))
    encoded = np.asarray(encoder({"d": numbers(*days)}))
    for place, period in ((1, 7.0), (3, 365.2425)):
        angle = np.array(days, dtype=np.float32).astype(float) % period * 2 * np.pi / period
        np.testing.assert_allclose(encoded[:, place], np.sin(angle), atol=5e-5)
        np.testing.assert_allclose(encoded[:, place + 1], np.cos(angle), atol=5e-5)


def test_times_of_which_float32_would_make_one_are_told_apart(tmp_path):
    frame = pd.DataFrame(
        {
            "ms": 1_700_000_000_000 + np.arange(0, 600, 10),
            "when": pd.Timestamp("2024-05-31 10:00") + pd.to_timedelta(np.arange(60), "s"),
            "x": np.linspace(0, 1, 60),
        }
    )
    schema = infer_schema(frame)
    assert [column.width for column in schema.columns] == ["int64", "int64", "float32"]
    raw = to_raw(frame, schema)
    encoder, layout = fit_encoder(raw, schema)
    encoded = np.asarray(encoder(raw))
    assert encoded.dtype == np.float32
    for column in (0, 1):
        assert len(np.unique(encoded[:, column])) == 60
        assert (np.diff(encoded[:, column]) > 0).all()
    assert all(len(edges) > 20 for edges in layout.edges[:2])
    encoder.save(tmp_path / "m.keras")
    back = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(np.asarray(back(raw)), encoded)

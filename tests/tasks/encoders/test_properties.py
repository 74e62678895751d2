"""Whatever a table holds: a saved encoder gives what the fitted one gives, row by row."""

import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from automl_kit.data import infer_schema, to_raw
from automl_kit.errors import InputError
from automl_kit.export import predict_in_batches
from automl_kit.tasks.encoders.structured import fit_encoder

# Each builds and saves a model, so that there are few of several columns.
CASES = settings(max_examples=8, deadline=None, derandomize=True)
CELLS = st.one_of(
    st.floats(width=64),
    st.integers(-(2**62), 2**62),
    st.none(),
    st.booleans(),
    st.datetimes().filter(lambda time: time.year < 9000),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
)
# Columns of one kind each, since a mixture is a category nearly always.
COLUMNS = st.one_of(
    *[
        st.lists(st.one_of(cells, st.none()), min_size=6, max_size=6)
        for cells in (
            st.floats(width=64),
            st.integers(1_700_000_000_000, 1_700_000_000_500),
            st.integers(-(2**62), 2**62),
            st.datetimes().filter(lambda time: 1700 < time.year < 2200),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
            CELLS,
        )
    ]
)


@CASES
@given(columns=st.lists(COLUMNS, min_size=3, max_size=6), row=st.integers(0, 5))
def test_a_saved_encoder_gives_what_the_fitted_one_gives(columns, row):
    frame = pd.DataFrame({f"c{i}": pd.Series(v, dtype=object) for i, v in enumerate(columns)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            schema = infer_schema(frame)
        except InputError:
            return  # No column varies, or one holds what is refused.
    raw = to_raw(frame, schema)
    encoder, _ = fit_encoder(raw, schema)
    encoded = predict_in_batches(encoder, raw, 8)
    assert encoded.dtype == np.float32
    assert np.isfinite(encoded).all()
    with tempfile.TemporaryDirectory() as folder:
        encoder.save(Path(folder) / "e.keras")
        loaded = keras.models.load_model(Path(folder) / "e.keras")
    np.testing.assert_array_equal(predict_in_batches(loaded, raw, 8), encoded)
    alone = to_raw(frame.iloc[[row]], schema)
    np.testing.assert_array_equal(predict_in_batches(loaded, alone, 8), encoded[[row]])

"""Whatever a table holds: what training read is what later files, frames and rows are read as."""

import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from automl_kit.data import LabelEncoder, as_frame, infer_schema, input_names, to_raw
from automl_kit.data.load import load_structured
from automl_kit.errors import InputError

CASES = settings(max_examples=60, deadline=None, derandomize=True)

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
NUMBERS = st.one_of(
    st.integers(-(10**15), 10**15).map(str),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(str),
    st.integers(0, 10**7).map(lambda n: f"${n:,}"),
    st.integers(0, 999).map(lambda n: f"{n:05}"),
    st.sampled_from(
        ["1.10", "1.2", "?", "NA", "12 %", "true", "False", "1e5", "-", "0x1F", "1_000"]
    ),
)
DATES = st.dates().map(lambda day: day.strftime("%m/%d/%Y").rjust(10, "0"))
CELLS = st.one_of(
    st.lists(WORDS, min_size=4, max_size=30),
    st.lists(NUMBERS, min_size=4, max_size=30),
    st.lists(DATES, min_size=4, max_size=30),
    st.lists(st.sampled_from(["true", "false", "NA", "0012", "1.10", "", "yes"]), min_size=4),
)


def schema_of(frame):
    """Its schema; None where no column varies."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return infer_schema(frame)
        except InputError:
            return None


def same(left, right):
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name)


def part(raw, rows):
    return {name: values[rows] for name, values in raw.items()}


def written(frame, folder):
    path = Path(folder) / "t.csv"
    frame.to_csv(path, index=False)
    return path


@CASES
@given(cells=CELLS, rows=st.data())
def test_a_part_of_a_file_is_read_as_it_was_among_all_rows(cells, rows):
    frame = pd.DataFrame({"c": pd.Series(cells, dtype=object), "n": range(len(cells))})
    chosen = rows.draw(st.lists(st.integers(0, len(cells) - 1), min_size=1, max_size=5))
    with tempfile.TemporaryDirectory() as folder:
        whole = as_frame(written(frame, folder))
        schema = schema_of(whole)
        raw = to_raw(whole, schema)
        same(to_raw(as_frame(written(frame, folder), schema), schema), raw)
        some = as_frame(written(frame.iloc[chosen], folder), schema)
    same(to_raw(some, schema), part(raw, chosen))


@CASES
@given(cells=CELLS, rows=st.data())
def test_a_part_of_a_frame_is_read_as_it_was_among_all_rows(cells, rows):
    frame = pd.DataFrame({"c": pd.Series(cells, dtype=object), "n": range(len(cells))})
    schema = schema_of(frame)
    raw = to_raw(frame, schema)
    chosen = rows.draw(st.lists(st.integers(0, len(cells) - 1), min_size=1, max_size=5))
    same(to_raw(frame.iloc[chosen], schema), part(raw, chosen))
    same(to_raw(frame.iloc[chosen[0]].to_frame().T, schema), part(raw, chosen[:1]))


@CASES
@given(
    values=st.lists(
        st.one_of(st.integers(-(2**62), 2**62), st.floats(allow_nan=False), st.none()), min_size=4
    )
)
def test_numbers_that_differ_by_what_float64_holds_arrive_different(values):
    frame = pd.DataFrame({"c": pd.Series(values, dtype=object), "n": range(len(values))})
    schema = schema_of(frame)
    column = next((column for column in schema.columns if column.name == "c"), None)
    if column is None or column.kind == "category":
        return
    raw = to_raw(frame, schema)[column.input].ravel()
    whole = [v for v in values if isinstance(v, int) and abs(v) < 2**53]
    if all(isinstance(v, int | None) for v in values) and len(whole) == len(values):
        assert len(set(raw.tolist())) == len(set(values))


@CASES
@given(labels=st.lists(NUMBERS, min_size=4, max_size=20), rows=st.data())
def test_labels_of_a_part_of_a_file_are_those_of_the_whole(labels, rows):
    frame = pd.DataFrame({"n": range(len(labels)), "y": labels})
    chosen = rows.draw(st.lists(st.integers(0, len(labels) - 1), min_size=1, max_size=5))
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = load_structured(written(frame, folder), "y").labels
            encoder = LabelEncoder().fit(found)
            ids = encoder.encode(found)
        except InputError:
            return  # One class, fractions, or gaps.
        some = load_structured(written(frame.iloc[chosen], folder), "y").labels
    assert encoder.encode(some).tolist() == ids[chosen].tolist()


@CASES
@given(names=st.lists(st.text(min_size=1), min_size=1, max_size=8, unique=True))
def test_columns_of_any_name_have_inputs_of_their_own(names):
    found = input_names(names)
    assert len({name.lower() for name in found}) == len(names)
    assert all(name.isascii() and name.isidentifier() for name in found)
    assert not {"network", "probabilities"} & set(found)


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
WRITERS = {
    "csv": lambda frame, path: frame.to_csv(path, index=False),
    "csv.gz": lambda frame, path: frame.to_csv(path, index=False),
    "parquet": lambda frame, path: frame.to_parquet(path, index=False),
    "jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True),
}


@CASES
@given(
    names=st.lists(NAMES, min_size=1, max_size=4, unique=True),
    values=st.lists(
        st.tuples(st.integers(-(2**50), 2**50), st.sampled_from(["a", "NA", "01", "", "ü"])),
        min_size=4,
        max_size=12,
    ),
    suffix=st.sampled_from(sorted(WRITERS)),
)
def test_a_file_of_any_format_is_read_as_the_frame_was(names, values, suffix):
    numbers, words = zip(*values, strict=True)
    columns = [list(numbers), [word or None for word in words]]
    frame = pd.DataFrame({name: columns[place % 2] for place, name in enumerate(names)})
    schema = schema_of(frame)
    if schema is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t.{suffix}"
        WRITERS[suffix](frame, path)
        found = as_frame(path, schema)
    same(to_raw(found, schema), to_raw(frame, schema))

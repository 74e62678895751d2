"""Raw columns of a table as one float32 matrix, in stock Keras layers.

Numbers: missing values become the training median, with an indicator column where the
training rows had some; then a robust scale and a smooth clip to (-3, 3), equation (1) of
RealMLP (Holzmüller et al., "Better by default", NeurIPS 2024). Dates are numbers with sine
and cosine of the week and of the year besides. Categories become ids, 0 for unseen ones.
"""

from collections import Counter
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from automl_kit.custom_blocks.layouts import TableLayout
from automl_kit.data.schema import TableSchema
from automl_kit.tasks.encoders.wide_numbers import narrowed

MAX_VOCABULARY = 10_000
MAX_BINS = 32
_MANY = 20  # distinct values from which a category seen once is treated as unseen
_CLIP = 3.0
_NARROWEST = 1e-4  # bin, of the number at its edge
_PERIODS = (7.0, 365.2425)  # days in a week and in a year
_SAMPLE = 100_000  # rows that quantile edges are taken from


def fit_encoder(
    raw: dict[str, NDArray[Any]], schema: TableSchema
) -> tuple[keras.Model, TableLayout]:
    """Fits the encoder of a table on its training rows.

    Args:
        raw: Arrays of shape (n, 1) by input name, as `automl_kit.data.to_raw` gives them:
            numbers, or strings with "" for missing.
        schema: The columns.

    Returns:
        A model from the dictionary of inputs to a float32 matrix of shape (n, d) without NaN,
        and the layout of that matrix. The layout's edges split the training values of a number
        into at most `MAX_BINS` bins of about equally many rows; two-valued numbers have none.

    Example:
        >>> import numpy as np
        >>> from automl_kit.data.schema import Column, TableSchema
        >>> schema = TableSchema((Column("Age", "number", "Age"), Column("Job", "category", "Job")))
        >>> raw = {"Age": np.float32([[20], [40], [np.nan]]),
        ...        "Job": np.array([["cook"], [""], ["cook"]], dtype=object)}
        >>> model, layout = fit_encoder(raw, schema)
        >>> layout.numeric, layout.cardinalities  # age and its indicator; unseen, "cook" and ""
        (2, (3,))
    """
    numbers = [column for column in schema.columns if column.kind != "category"]
    categories = [column for column in schema.columns if column.kind == "category"]
    inputs = {
        column.input: keras.Input((1,), dtype=column.dtype, name=column.input)
        for column in schema.columns
    }
    # A dot is in no input's name, so that no layer's name can be that of a column.
    join = keras.layers.Concatenate
    parts: list[Any] = []
    edges: tuple[tuple[float, ...], ...] = ()
    if numbers:
        narrow = [narrowed(raw[column.input], column) for column in numbers]
        table = np.concatenate([shifted.values for shifted in narrow], axis=1)
        origins = {
            index: shifted.origin
            for index, (column, shifted) in enumerate(zip(numbers, narrow, strict=True))
            if column.kind == "date"
        }
        encode = _numbers_model(table, origins)
        edges = _edges(encode, table)
        columns = [
            shifted.layers(inputs[column.input])
            for column, shifted in zip(numbers, narrow, strict=True)
        ]
        parts.append(encode(join(name="numbers.join")(columns)))
    vocabularies = [_vocabulary(raw[column.input]) for column in categories]
    if categories:
        ids = [
            # The unknown token is listed, or a category called "[UNK]" would be taken for it.
            keras.layers.StringLookup(
                vocabulary=["[UNK]", *vocabulary], name=f"{column.input}.lookup"
            )(inputs[column.input])
            for column, vocabulary in zip(categories, vocabularies, strict=True)
        ]
        joined = join(name="categories.join", dtype="int64")(ids)
        # Lookups lose their shape in LiteRT's converter (tensorflow#44326), which then can't
        # lower the layers behind them.
        joined = keras.layers.Reshape((len(ids),), name="categories.shape")(joined)
        parts.append(keras.layers.Rescaling(1.0, name="categories.cast", dtype="float32")(joined))
    output = join(name="table.join")(parts) if len(parts) > 1 else parts[0]
    layout = TableLayout(len(edges), tuple(len(words) + 1 for words in vocabularies), edges)
    return keras.Model(inputs, output, name="table_encoder"), layout


def _numbers_model(table: NDArray[np.float32], dates: dict[int, float]) -> keras.Model:
    """The model from numbers (n, f) to standardised ones, cycles of dates and indicators.

    `dates` has the columns that are days, with the day from which each is counted.
    """
    known = np.isfinite(table)
    statistics = [
        _centre_and_scale(column[ok]) for column, ok in zip(table.T, known.T, strict=True)
    ]
    centre, scale = np.array(statistics, dtype="float32").T
    gaps = np.flatnonzero(~known.all(axis=0)).tolist()

    x = keras.Input((table.shape[1],), name="numbers.raw")
    finite = ops.isfinite(x)
    filled = ops.where(finite, x, centre)
    # The difference of two large floats may overflow to infinity; the first clip takes care of it.
    z = ops.clip((filled - centre) / scale, -1e3, 1e3)
    parts = [z / ops.sqrt(1.0 + ops.square(z / _CLIP))]
    for period in _PERIODS if dates else ():
        angle = _phase(ops.take(filled, list(dates), axis=1), list(dates.values()), period)
        parts += [ops.sin(angle), ops.cos(angle)]
    if gaps:
        parts.append(1.0 - ops.cast(ops.take(finite, gaps, axis=1), "float32"))
    output = ops.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
    return keras.Model(x, output, name="numbers.encode")


def _phase(days: Any, origins: list[float], period: float) -> Any:
    """The angle of days, counted from their origins, in a period.

    Whole days and the rest are taken apart: `mod` of 19,845.3 days differs by .002 of them
    between TensorFlow and LiteRT, and a difference of the angle is one of the probabilities.
    """
    whole = ops.floor(days)
    starts = np.array([origin % period for origin in origins], dtype="float32")
    rest = days - whole + starts
    return (whole - period * ops.floor(whole / period) + rest) * (2 * np.pi / period)


def _centre_and_scale(values: NDArray[Any]) -> tuple[float, float]:
    """Median, and the width of the narrowest central range that is not empty."""
    if not len(values):
        return 0.0, 1.0
    levels = [0.5, 0.25, 0.75, 0.1, 0.9, 0.02, 0.98, 0.0, 1.0]
    centre, *pairs = np.quantile(values.astype("float64"), levels)
    widths = [high - low for low, high in zip(pairs[::2], pairs[1::2], strict=True)]
    width = next((float(width) for width in widths if width > 0), 1.0)
    # One over the width and the width itself must be float32s.
    return float(centre), min(max(width, 1e-30), 1e38)


def _edges(encode: keras.Model, table: NDArray[Any]) -> tuple[tuple[float, ...], ...]:
    encoded = np.asarray(encode(table[:: max(1, len(table) // _SAMPLE)]))
    levels = np.linspace(0.0, 1.0, MAX_BINS + 1)
    quantiles = np.quantile(encoded, levels, axis=0, method="nearest").T
    columns = [np.unique(column) for column in quantiles]
    # Sines of whole weeks differ by rounding alone; another runtime rounds otherwise, and a bin
    # between two of them would make 0 or 1 of that. Numbers are rounded relatively.
    f = table.shape[1]
    narrowest = [_NARROWEST * (np.abs(e[1:]) if i < f else 10.0) for i, e in enumerate(columns)]
    columns = [
        edges[np.append(True, np.diff(edges) > least)]
        for edges, least in zip(columns, narrowest, strict=True)
    ]
    return tuple(tuple(map(float, edges)) if len(edges) > 2 else () for edges in columns)


def _vocabulary(values: NDArray[Any]) -> list[str]:
    """Categories in order of falling frequency."""
    # Keras drops NUL at the end of a string: two categories could become one.
    counts = Counter(word for word in map(str, values.ravel()) if not word.endswith("\0"))
    words = sorted(counts, key=lambda word: (-counts[word], word))
    if len(words) > _MANY:
        words = [word for word in words if counts[word] > 1] or words[:1]
    return words[:MAX_VOCABULARY]

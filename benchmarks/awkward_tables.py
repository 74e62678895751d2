"""Twenty small tables that readers and exports stumble over, for `table_round_trip.py`.

Each is made here, of 60 rows, with a label that its first column tells mostly.
"""

import decimal
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa

ROWS = 60
_RANDOM = np.random.default_rng(0)
_N = np.arange(ROWS)
_HALF = _N % 2
TABLES: dict[str, Callable[[], pd.DataFrame]] = {}


def _table(make: Callable[[], pd.DataFrame]) -> Callable[[], pd.DataFrame]:
    TABLES[make.__name__] = make
    return make


def _noise() -> np.ndarray:
    return _HALF + _RANDOM.normal(0, 0.3, ROWS)


def labelled(frame: pd.DataFrame) -> pd.Series:
    """The labels, one in ten of them wrong."""
    wrong = _N % 10 == 3
    return pd.Series(np.where(_HALF ^ wrong, "yes", "no"), index=frame.index, name="label")


def _with_gaps(values: object, dtype: object, every: int = 7) -> pd.Series:
    return pd.Series(values).astype(dtype).mask(_N % every == 0)


@_table
def nullable_types() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "whole": _with_gaps(_HALF * 3 + _N % 3, "Int64"),
            "real": _with_gaps(_noise(), "Float64"),
            "truth": _with_gaps(_N % 3 == 0, "boolean", 5),
            "word": _with_gaps(np.array(["a", "b", "c"])[_N % 3], "string"),
        }
    )


@_table
def arrow_types() -> pd.DataFrame:
    def arrow(values: object, kind: pa.DataType) -> pd.Series:
        return pd.Series(pd.array(pa.array(list(values), type=kind), dtype=pd.ArrowDtype(kind)))  # type: ignore[call-overload]

    times = [pd.Timestamp("2024-01-01") + pd.Timedelta(hours=int(n)) for n in _N * 5 + _HALF]
    return pd.DataFrame(
        {
            "whole": arrow(
                [None if n % 7 == 0 else int(n % 2) * 9 + int(n) for n in _N], pa.int32()
            ),
            "time": arrow(times, pa.timestamp("ms")),
            "zoned": arrow(times, pa.timestamp("us", "Asia/Tokyo")),
            "span": arrow([pd.Timedelta(minutes=int(n)) for n in _N], pa.duration("s")),
            "price": arrow([decimal.Decimal(int(n)) / 4 for n in _N], pa.decimal128(10, 2)),
            "word": arrow([None if n % 9 == 0 else "xyz"[n % 3] for n in _N], pa.string()),
        }
    )


@_table
def pandas_categories() -> pd.DataFrame:
    sizes = pd.Categorical(np.array(["S", "M", "L"])[_N % 3], ["S", "M", "L", "XL"], ordered=True)
    return pd.DataFrame(
        {
            "code": pd.Categorical(_HALF * 2 + _N % 2),
            "size": sizes,
            "day": pd.Categorical(pd.to_datetime("2024-05-01") + pd.to_timedelta(_N % 5, "D")),
            "gappy": pd.Categorical([None if n % 4 == 0 else f"k{n % 3}" for n in _N]),
        }
    )


@_table
def three_hundred_columns() -> pd.DataFrame:
    return pd.DataFrame({f"x{i}": _noise() if i % 3 else _N % (i + 2) for i in range(300)})


@_table
def one_column() -> pd.DataFrame:
    return pd.DataFrame({"only": _noise()})


@_table
def unicode_names() -> pd.DataFrame:
    names = ["年齢", "Größe (cm)", "a/b", "class", "", "a b", "a_b", "🙂", "é", "e\u0301", " x"]
    return pd.DataFrame({name: _noise() for name in names})


@_table
def names_of_ours() -> pd.DataFrame:
    names = ["network", "probabilities", "table", "inputs", "label.1", "index", "numbers.join"]
    return pd.DataFrame({name: _noise() for name in names})


@_table
def names_that_are_numbers() -> pd.DataFrame:
    frame = pd.DataFrame({number: _noise() for number in (0, 1, 2024)})
    frame[3] = np.array(["b", "c"])[_HALF]
    return frame


@_table
def mixed_types() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "numbers and words": [int(n) if n % 3 else f"v{n % 2}" for n in _N],
            "one mark": ["?" if n == 5 else float(v) for n, v in enumerate(_noise())],
            "truths and gaps": [None if n % 5 == 0 else bool(n % 2) for n in _N],
            "whole and real": [int(n) if n % 2 else n / 2 for n in _N],
        }
    )


@_table
def zoned_dates() -> pd.DataFrame:
    times = pd.date_range("2024-03-30", periods=ROWS, freq="h")
    return pd.DataFrame(
        {
            "berlin": times.tz_localize("UTC").tz_convert("Europe/Berlin"),
            "naive": times,
            "mixed": [
                str(t.tz_localize("UTC" if n % 2 else "Asia/Tokyo")) for n, t in enumerate(times)
            ],
            "signal": _noise(),
        }
    )


@_table
def big_integers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "milliseconds": 1_700_000_000_000 + _N * 7 + _HALF,
            "beyond float64": 2**60 + _N,
            "unsigned": np.uint64(2**64 - 1) - _N.astype("uint64"),
            "signal": _noise(),
        }
    )


@_table
def durations() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "span": pd.to_timedelta(_HALF * 3600 + _N, "s"),
            "gappy": pd.to_timedelta(_N, "min").to_series(index=_N).mask(_N % 6 == 0),
        }
    )


@_table
def written_numbers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "dollars": [f"${int(n) * 1234 + 5:,}" for n in _N],
            "share": [f"{n % 50} %" for n in _N],
            "comma": [f"{1000 + n // 2:,}".replace(",", ".") + f",{n % 2}5" for n in _N],
            "gaps": ["n/a" if n % 8 == 0 else f"{v:.3f}" for n, v in enumerate(_noise())],
        }
    )


@_table
def written_dates() -> pd.DataFrame:
    days = pd.date_range("2023-01-01", periods=ROWS, freq="13D")
    return pd.DataFrame(
        {
            "american": days.strftime("%m/%d/%Y"),
            "german": days.strftime("%d.%m.%Y"),
            "seconds": (days + pd.to_timedelta(_N, "s")).strftime("%Y-%m-%d %H:%M:%S"),
            "signal": _noise(),
        }
    )


@_table
def codes() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "zip": [f"{n % 4:04}" for n in _N],
            "version": [["1.10", "1.1", "2.0"][n % 3] for n in _N],
            "word": [["true", "NA", "null", "no"][n % 4] for n in _N],
            "signal": _noise(),
        }
    )


@_table
def extreme_floats() -> pd.DataFrame:
    values = _noise()
    values[[3, 9, 12]] = [np.inf, -np.inf, 1e300]
    return pd.DataFrame(
        {
            "infinite": values,
            "tiny": _noise() * 1e-40,
            "half": _noise().astype("float16"),
            "cents": 1e9 + _N / 100 + _HALF,
            "zeros": np.where(_HALF, 0.0, -0.0) + (_N % 3 == 0),
        }
    )


@_table
def odd_strings() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "bytes": [b"caf\xe9" if n % 2 else b"tea" for n in _N],
            "quotes": ['say "x", y' if n % 3 else "two\nlines" for n in _N],
            "spaces": [" a" if n % 2 else "a " for n in _N],
            "emoji": pd.Series(["\ud83d" if n % 4 == 0 else "🙂" for n in _N], dtype=object),
            "signal": _noise(),
        }
    )


@_table
def many_categories() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": [f"name {n % 25}" for n in _N],
            "long": ["x" * 3000 + str(n % 3) for n in _N],
            "own": [f"id-{n}" for n in _N],
            "signal": _noise(),
        }
    )


@_table
def empty_and_constant() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "nothing": [None] * ROWS,
            "constant": 1,
            "nearly": [None] * (ROWS - 2) + [1.0, 2.0],
            "signal": _noise(),
        },
        index=pd.Index([7] * ROWS, name="signal"),
    )


@_table
def periods_and_sparse() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "month": pd.period_range("2020-01", periods=ROWS, freq="M"),
            "span": pd.cut(_noise(), [-9, 0, 0.5, 1, 9]),
            "sparse": pd.arrays.SparseArray(np.where(_N % 4 == 0, _noise(), 0.0)),
            "decimal": [decimal.Decimal(int(n)) / 8 for n in _N],
        }
    )

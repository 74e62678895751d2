"""What a user may say about the columns of a table: their names and types, as in AutoKeras."""

from collections.abc import Mapping, Sequence

import pandas as pd

from automl_kit.data import TableSchema, infer_schema
from automl_kit.data.schema import Kind
from automl_kit.errors import InputError

KINDS: Mapping[str, Kind] = {"categorical": "category", "numerical": "number"}


def check_types(types: Mapping[str, str] | None) -> None:
    """Refuses what is no type of a column.

    Raises:
        InputError: If so.
    """
    if types is not None and not isinstance(types, Mapping):
        raise InputError(
            f"column_types must be a dictionary, column -> type, but is {types!r:.80}."
        )
    for name, kind in (types or {}).items():
        if kind not in KINDS:
            raise InputError(
                'column_types should be either "categorical" or "numerical", but got '
                f"{kind!r} for {name!r}. Leave a column out and its type is found."
            )


def with_column_names(
    data: pd.DataFrame,
    named: bool,
    names: Sequence[str] | None,
    types: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The columns of those names, in their order.

    Args:
        data: The table without its target.
        named: Whether its columns have names of their own; an array's have none.
        names: What the user calls them; None keeps them.
        types: Types by the columns' names.

    Raises:
        InputError: If there are more or fewer columns, a column of that name is missing, or an
            array's columns have types but no names.
    """
    check_types(types)
    if names is None:
        if types and not named:
            raise InputError(
                "column_names must be specified where column_types are and the data is an array: "
                "its columns have no names."
            )
        return data
    wanted = [str(name) for name in names]
    if len(set(wanted)) < len(wanted):
        raise InputError(f"column_names has a name twice: {wanted}.")
    _check_known(types, wanted)
    if len(wanted) != data.shape[1]:
        raise InputError(
            f"column_names and the data are mismatched: {len(wanted)} names for "
            f"{data.shape[1]} columns, the target's aside."
        )
    if not named:
        return data.set_axis(wanted, axis=1)
    missing = [name for name in wanted if name not in data.columns]
    if missing:
        raise InputError(
            f"column_names and the data are mismatched. Cannot find column name {missing[0]!r} "
            f"among {list(data.columns)}. Rename the columns, or leave column_names out."
        )
    return data[wanted]


def schema_by(data: pd.DataFrame, types: Mapping[str, str] | None) -> TableSchema:
    """The schema of a table; the user's types come before those that are found.

    Raises:
        InputError: If a type is of no column, or its values can't be read so.
    """
    _check_known(types, list(data.columns))
    kinds = {name: KINDS[kind] for name, kind in (types or {}).items()}
    try:
        return infer_schema(data, kinds)
    except InputError as error:
        numbers = [name for name, kind in kinds.items() if kind == "number"]
        wrong = [name for name in numbers if f"Column {name!r} held" in str(error)]
        if not wrong:
            raise
        raise InputError(
            f"column_types says that {wrong[0]!r} is numerical, but it has values that are no "
            "numbers. Correct them or call it categorical."
        ) from error


def _check_known(types: Mapping[str, str] | None, names: Sequence[str]) -> None:
    unknown = [name for name in types or {} if name not in names]
    if unknown:
        raise InputError(
            "column_names and column_types are mismatched. Cannot find column name "
            f"{unknown[0]!r} in the data, which has {list(names)}."
        )

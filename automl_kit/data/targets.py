"""Which column of a table holds the class labels."""

from collections.abc import Iterable

from automl_kit.errors import InputError

USUAL_NAMES = ("label", "target", "class")


def find_target(columns: Iterable[str], target: str | None) -> str:
    """Gives the name of the target column.

    Args:
        columns: Names of the table's columns.
        target: The name that the user gave. None means the column called "label", "target"
            or "class", in this order, and the last column where there is none of them.

    Raises:
        InputError: If `target` is not among the columns.
    """
    names = list(columns)
    if target is None:
        return usual_target(names) or names[-1]
    if target not in names:
        raise InputError(f"There is no target column {target!r}; the columns are {names}.")
    return target


def usual_target(columns: Iterable[str]) -> str | None:
    """Gives the column called "label", "target" or "class", if there is one."""
    names = list(columns)
    return next((name for name in USUAL_NAMES if name in names), None)

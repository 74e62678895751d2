"""The names of the operations that a cell's edges may have."""

import re
from collections.abc import Iterable

from automl_kit.errors import InputError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""Neither "|", "~" nor "+": arch strings use them."""

_known: dict[str, None] = dict.fromkeys(  # a set in order
    (
        "none",
        "zero",
        "skip_connect",
        "identity",
        "max_pool_3x3",
        "avg_pool_3x3",
        "sep_conv_3x3",
        "sep_conv_5x5",
        "sep_conv_7x7",
        "dil_conv_3x3",
        "dil_conv_5x5",
        "conv_3x3",
        "conv_5x5",
        "conv_7x1_1x7",
        "nor_conv_1x1",
        "nor_conv_3x3",
    )
)
_BUILT_IN = frozenset(_known)


def operation_names() -> tuple[str, ...]:
    """The names of all operations that there are, registered ones last."""
    return tuple(_known)


def add_operation_name(name: str) -> None:
    """Makes a name known to spaces; `automl_kit.custom_blocks.register_operation` gives it layers.

    Raises:
        InputError: If it is no name, or known already.
    """
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise InputError(
            "Expected an operation's name of letters, digits, '_', '-' and '.', at most 64 "
            f"characters; got {name!r:.80}."
        )
    if name in _known:
        raise InputError(
            f"There is an operation {name!r} already; register another name. Known are "
            f"{', '.join(_known)}."
        )
    _known[name] = None


def is_registered(name: str) -> bool:
    """Whether an operation is a user's own, which other processes don't know."""
    return name in _known and name not in _BUILT_IN


def check_operation_names(names: Iterable[str]) -> None:
    """Tells of names that no operation has.

    Raises:
        InputError: If there are any.
    """
    unknown = [name for name in names if name not in _known]
    if unknown:
        raise InputError(
            f"There is no operation {', '.join(map(repr, unknown))}; expected some of "
            f"{', '.join(_known)}. Give others layers with "
            "automl_kit.custom_blocks.register_operation(name, build) first."
        )

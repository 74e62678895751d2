"""Checks of pruners' settings."""

from automl_kit.errors import InputError


def check_whole(pruner: str, lowest: int, **numbers: int) -> None:
    """Refuses settings that aren't whole numbers from `lowest`.

    Raises:
        InputError: If one isn't, by its name.
    """
    for name, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int) or number < lowest:
            raise InputError(
                f"{name} of {pruner} must be a whole number from {lowest}. Received: {number!r}"
            )

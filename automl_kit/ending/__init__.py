"""What becomes of the trials of a search.

* "refit": the best trial's network, trained once more on all rows. Small and fast.
* "ensemble": a mean of the best trials' networks, weighted greedily by the rows that they haven't
  seen where there are enough of them, else the best five alike.
* "average": the mean of the best five.
* "best": the best trial's network as it is.
"""

from automl_kit.errors import InputError

ENDINGS = ("refit", "ensemble", "average", "best")
JOINING = ("ensemble", "average")

__all__ = ["ENDINGS", "JOINING", "check_ending"]


def check_ending(name: str, untrained: bool = False) -> str:
    """Gives the name of an ending back.

    Args:
        name: The ending.
        untrained: Whether the trials have no weights, so that only a refit gives a network.

    Raises:
        InputError: If there is none of that name, or it needs trained trials.
    """
    if name not in ENDINGS:
        raise InputError(f"ending must be one of {', '.join(ENDINGS)}, got {name!r}.")
    if untrained and name != "refit":
        raise InputError(
            f"The evaluation trains no trial, so that the ending {name!r} has no networks to take; "
            "leave ending out, or pass ending='refit', which trains the best trial's."
        )
    return name

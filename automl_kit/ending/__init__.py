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


def check_ending(name: str) -> str:
    """Gives the name of an ending back.

    Raises:
        InputError: If there is none of that name.
    """
    if name not in ENDINGS:
        raise InputError(f"ending must be one of {', '.join(ENDINGS)}, got {name!r}.")
    return name

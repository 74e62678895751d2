"""Writing plots of matplotlib to files, equal plots to equal files."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from automl_kit import files
from automl_kit.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FORMATS = (".svg", ".png")


def check_plot(path: str | os.PathLike[str]) -> None:
    """Checks that a plot can be written, before what it shows is computed.

    Raises:
        InputError: The suffix is neither .svg nor .png, or matplotlib isn't installed.
    """
    if Path(path).suffix.lower() not in _FORMATS:
        raise InputError(f"A plot is drawn into a .svg or a .png file. Received: {str(path)!r}")
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise InputError("A plot needs matplotlib: pip install matplotlib.") from error


def save_plot(figure: "Figure", path: Path) -> None:
    """Writes a figure, in the format of the suffix. Equal figures give equal files.

    Raises:
        ProjectError: The file can't be written.
    """
    from matplotlib import rc_context

    # Without a date and with fixed ids equal figures give equal files.
    with rc_context({"svg.hashsalt": "automl_kit"}), files.atomic_path(path) as temporary:
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else None
        figure.savefig(temporary, dpi=150, metadata=metadata)

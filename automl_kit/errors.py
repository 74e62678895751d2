"""The errors that users meet.

Each message is one sentence or two: what was wrong, what was expected, what
came, and what to do. The commands print it and exit with status 2.
"""


class AutoMLKitError(Exception):
    """Base of every error that automl_kit raises on purpose."""


class InputError(AutoMLKitError, ValueError):
    """The data or an argument is not what was expected."""


class ProjectError(AutoMLKitError, RuntimeError):
    """The state on disk can't be read, written, or belongs to another search."""


class SearchError(AutoMLKitError, RuntimeError):
    """The search ended without a single model that can be used."""


class ExportError(AutoMLKitError, RuntimeError):
    """A model can't be written in the format asked for, or can't be read back."""

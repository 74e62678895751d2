"""Versions of installed packages, under whatever name they were installed."""

import importlib.metadata
import sys

_BUILDS = {
    "tensorflow": (
        "tensorflow-cpu", "tensorflow-macos", "tensorflow-intel", "tensorflow-rocm", "tf-nightly",
        "tf-nightly-cpu",
    ),
}  # fmt: skip


def version_of(package: str) -> str:
    """The version of a package, or of another build of it; "unknown" where there is none.

    Args:
        package: Its usual name, such as "tensorflow", which may be there as "tensorflow-cpu".

    Example:
        >>> version_of("keras") == __import__("keras").__version__
        True
    """
    for name in (package, *_BUILDS.get(package, ())):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    loaded = sys.modules.get(package.replace("-", "_"))
    return str(getattr(loaded, "__version__", "unknown"))

"""Names of a package that are imported when they are first used (PEP 562)."""

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from automl_kit import quiet


def lazy_names(
    package: str, modules: Mapping[str, Sequence[str]], light: Sequence[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Makes a package's `__getattr__` and `__dir__`.

    TensorFlow is imported first, without its start-up lines, unless the module is light.

    Args:
        package: The package's `__name__`.
        modules: For each module, relative to the package or beginning with "automl_kit.", the
            public names it defines.
        light: The modules that TensorFlow isn't behind.

    Returns:
        The two functions, to be bound to `__getattr__` and `__dir__` in the package.

    Example:
        `__getattr__, __dir__ = lazy_names(__name__, {"head": ["ClassificationHead"]})`
    """
    home = {name: module for module, names in modules.items() for name in names}

    def __getattr__(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if home[name] not in light:
            quiet.load_tensorflow()
        module = home[name]
        path = module if module.startswith("automl_kit.") else f"{package}.{module}"
        value = getattr(importlib.import_module(path), name)
        setattr(sys.modules[package], name, value)
        return value

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[package]), *home})

    return __getattr__, __dir__

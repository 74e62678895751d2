"""A text set that every installation has: which library does this docstring come from?"""

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from automl_kit.errors import InputError

LIBRARIES = ("keras", "numpy", "pandas", "sklearn")
_SHORTEST = 40  # characters; shorter ones say nothing ("See base class.")
_LONGEST = 600
_PER_FILE = 8  # so that no file dominates
# Names that would give the library away; what is left is how it writes and what about.
_NAMES = re.compile(
    r"\b(?:numpy|np|pandas|pd|scikit-?learn|sklearn|skl|keras|tensorflow|tf|keras_hub|jax|torch)\b",
    re.IGNORECASE,
)


def docstrings_of(
    library: str,
    counts: tuple[int, int],
    generator: np.random.Generator,
    seen: set[str] | None = None,
) -> tuple[list[str], list[str]]:
    """Draws docstrings from the source files of an installed library, without importing it.

    Args:
        library: The name of a package.
        counts: How many for training and for testing; no file is in both.
        generator: Decides which.
        seen: Docstrings that aren't drawn again, of other libraries too; the drawn ones are added.

    Returns:
        Docstrings for training and for testing, cut at 600 characters, each once, the names
        of the libraries replaced by "library".

    Raises:
        InputError: If the library is not installed as source files or has too few docstrings.
    """
    spec = importlib.util.find_spec(library)
    folders = spec.submodule_search_locations if spec else None
    if not folders:
        raise InputError(f"The library {library} is not installed; install it with pip.")
    root = Path(next(iter(folders)))
    files = [f for f in sorted(root.rglob("*.py")) if not _is_test(f.relative_to(root))]
    parts: tuple[list[str], list[str]] = ([], [])
    seen = set() if seen is None else seen
    for number in generator.permutation(len(files)):
        # Fill the test part first; a file's docstrings never go to both.
        part, wanted = (parts[1], counts[1]) if len(parts[1]) < counts[1] else (parts[0], counts[0])
        new = [text for text in _texts(files[number]) if text not in seen]
        new = list(dict.fromkeys(new))[: min(_PER_FILE, wanted - len(part))]
        seen.update(new)
        part.extend(new)
        if len(parts[0]) == counts[0]:
            return parts
    raise InputError(
        f"The library {library} has too few docstrings in {root}: "
        f"{sum(map(len, parts))} instead of {sum(counts)}; it may be installed without its sources."
    )


def _is_test(file: Path) -> bool:
    return "tests" in file.parts or "_test" in file.name or file.name.startswith("test_")


def _texts(file: Path) -> Iterator[str]:
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            text = _NAMES.sub("library", ast.get_docstring(node) or "")
            if len(text) >= _SHORTEST:
                yield text[:_LONGEST]

"""How the house is built: which room may import which, and what stands in one place only."""

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from automl_kit.tuners import STRATEGIES
from automl_kit.tuners.strategies import TUNERS

ROOT = Path(__file__).parents[1]

ORDER = (
    ("command", "bench", "image", "text", "structured"),
    ("testing",),
    ("tasks",),
    ("tuners",),
    ("benchmark",),
    ("search",),
    ("ending",),
    ("evaluation", "oracles", "export", "problems", "report"),
    ("data",),
    ("custom_blocks",),
    ("spaces",),
    ("errors", "files", "lazy", "quiet", "compat", "progress", "streams", "versions", "backend"),
)  # A room imports those below it, and those beside it where that closes no circle.
FLOOR = {room: floor for floor, rooms in enumerate(ORDER) for room in rooms}

PUBLIC = {
    "keras_tuner": {"errors", "oracles", "tuners", "applications"},
    "autokeras": set(),
    "keras": None,  # All of it but `keras.src`.
}
"""The modules of a package that it shows to users; names of the package itself are public."""


class Import(NamedTuple):
    """A name that a module takes from another one."""

    file: Path
    line: int
    module: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.module}"


def sources() -> dict[str, Path]:
    """Every module of ours by its name; the links in the package aren't followed."""
    found = {}
    for folder in ("automl_kit", "tasks", "custom_blocks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if (ROOT / folder).is_symlink() or any(p.is_symlink() for p in path.parents):
                continue
            parts = path.relative_to(ROOT).with_suffix("").parts
            parts = parts if parts[0] == "automl_kit" else ("automl_kit", *parts)
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


SOURCES = sources()
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES.values()}


def imports(path: Path) -> Iterator[Import]:
    """All imports of a file, those in functions and for type checkers too."""
    file = path.relative_to(ROOT)
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            yield from (Import(file, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}, line {node.lineno}: a relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield Import(file, node.lineno, whole if whole in SOURCES else str(node.module))


def room(module: str) -> str | None:
    """The room of a module of ours; None for the package's front, which shows all of them."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else None


def between_rooms() -> Iterator[tuple[str, str | None, Import]]:
    """The imports that go from one room to another."""
    for module, path in SOURCES.items():
        here = room(module)
        for found in imports(path):
            if here is None or found.module.split(".")[0] != "automl_kit":
                continue
            if room(found.module) != here:
                yield here, room(found.module), found


def test_the_sources_are_found():
    assert {room(module) for module in SOURCES} == {None, *FLOOR}
    assert len(SOURCES) > 150


def test_imports_point_down():
    wrong = []
    for here, there, found in between_rooms():
        # The front is read by commands only: it shows names of every room.
        allowed = FLOOR[here] == 0 if there is None else FLOOR[there] >= FLOOR[here]
        if not allowed:
            wrong.append(f"{found}; {here} is not above {there or 'the front'}")
    assert not wrong, "\n".join(wrong)


def test_rooms_beside_each_other_make_no_circle():
    beside: dict[str, dict[str, Import]] = {}
    for here, there, found in between_rooms():
        if there is not None and FLOOR[here] == FLOOR[there]:
            beside.setdefault(here, {})[there] = found

    def follow(way: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for there in beside.get(way[-1], {}):
            yield from [(*way, there)] if there in way else follow((*way, there))

    circles = [way for start in beside for way in follow((start,))]
    told = [
        f"{' -> '.join(way)}: " + "; ".join(str(beside[a][b]) for a, b in itertools.pairwise(way))
        for way in circles
    ]
    assert not told, "\n".join(told)


def chain(node: ast.AST) -> str:
    """A dotted name, such as "keras_tuner.src.utils"; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := chain(node.value)):
        return f"{before}.{node.attr}"
    return ""


def is_private(name: str) -> bool:
    package, *inner = name.split(".")
    if package not in PUBLIC or not inner:
        return False
    public = PUBLIC[package]
    # A class is a public name of the package, whatever stands behind it: `autokeras.Block`.
    return inner[0] == "src" or (public is not None and inner[0] not in public)


def test_private_modules_of_the_packages_below_are_named_in_one_file():
    wrong = [
        str(found)
        for module, path in SOURCES.items()
        if module != "automl_kit.compat"
        for found in imports(path)
        if is_private(found.module)
    ]
    for module, path in SOURCES.items():
        if module == "automl_kit.compat":
            continue
        for node in ast.walk(TREES[path]):
            name = chain(node)
            if name.split(".")[0] in PUBLIC and {"src", "engine"} & set(name.split(".")[1:2]):
                wrong.append(f"{path.relative_to(ROOT)}, line {node.lineno}: {name}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("name", "private"),
    [
        ("keras_tuner.engine.trial", True),
        ("keras_tuner.src", True),
        ("autokeras.graph", True),
        ("autokeras.engine.block", True),
        ("keras.src.backend", True),
        ("keras_tuner", False),
        ("keras_tuner.errors", False),
        ("keras.layers", False),
        ("keras_rs.src", False),
    ],
)
def test_what_counts_as_private(name, private):
    assert is_private(name) == private


# Strategies


def test_the_registry_and_the_names_for_help_texts_agree():
    assert list(TUNERS) == list(STRATEGIES)
    assert [tuner.strategy.name for tuner in TUNERS.values()] == list(STRATEGIES)


def outside_of_tuners() -> Iterator[tuple[Path, ast.Module]]:
    for module, path in SOURCES.items():
        if room(module) != "tuners":
            yield path, TREES[path]


def test_nothing_asks_which_strategy_it_has():
    kinds = {kind.__name__ for kind in TUNERS.values()}
    wrong = []
    for path, tree in outside_of_tuners():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or chain(node.func) not in (
                "issubclass", "isinstance",
            ):  # fmt: skip
                continue
            asked = {chain(part).split(".")[-1] for part in ast.walk(node.args[-1])}
            if asked & kinds:
                wrong.append(f"{path.relative_to(ROOT)}, line {node.lineno}: {ast.unparse(node)}")
    assert not wrong, "\n".join(wrong)


def test_nothing_else_lists_the_strategies():
    wrong = []
    for path, tree in outside_of_tuners():
        lazy = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and chain(node.func) == "lazy_names"
            for inner in ast.walk(node)
        }  # There the words are names of modules.
        for node in ast.walk(tree):
            if id(node) in lazy:
                continue
            parts: list[ast.AST | None] = []
            if isinstance(node, ast.List | ast.Tuple | ast.Set):
                parts = list(node.elts)
            elif isinstance(node, ast.Dict):
                parts = list(node.keys)
            words = {part.value for part in parts if isinstance(part, ast.Constant)}
            if len(words & set(STRATEGIES)) > 2:
                wrong.append(f"{path.relative_to(ROOT)}, line {node.lineno}: {ast.unparse(node)}")
    assert not wrong, "\n".join(wrong)


# Names

OF_A_KIND_OF_DATA = {"image", "structured", "text"}  # Its command, its task and its encoder.


def test_a_name_of_a_module_means_one_thing():
    places: dict[str, list[str]] = {}
    for path in SOURCES.values():
        places.setdefault(path.stem, []).append(str(path.relative_to(ROOT)))
    alike = {
        name: files
        for name, files in places.items()
        if len(files) > 1 and name not in {"__init__", *OF_A_KIND_OF_DATA}
    }
    assert not alike

"""Genotypes as DARTS's code and papers after it print them."""

import ast
import re
from typing import Any

from automl_kit.errors import InputError
from automl_kit.spaces.genotype import Cell, Edge, Genotype

_LONGEST = 20_000  # characters
_FIELDS = ("normal", "normal_concat", "reduce", "reduce_concat")
_ASSIGNED = re.compile(r"\A\s*[A-Za-z_]\w*\s*=(?!=)")
_FORM = "Genotype(normal=[('sep_conv_3x3', 1), …], normal_concat=range(2, 6), reduce=[…], …)"


def parse_printed(text: str) -> Genotype:
    """Reads a genotype of two inputs and two edges a node; nothing in the text is run.

    Raises:
        InputError: If it is none, or a cell concatenates some of its nodes only.
    """
    fields = _fields(text)
    normal = _cell("normal", fields["normal"], fields.get("normal_concat"))
    if "reduce" not in fields:
        return Genotype(normal)
    return Genotype(normal, _cell("reduce", fields["reduce"], fields.get("reduce_concat")))


def _fields(text: str) -> dict[str, Any]:
    try:
        if len(text) > _LONGEST:
            raise ValueError(f"{len(text)} characters, more than {_LONGEST}")
        call = ast.parse(_ASSIGNED.sub("", text, count=1).strip(), mode="eval").body
        if not isinstance(call, ast.Call) or getattr(call.func, "id", None) != "Genotype":
            raise ValueError("no Genotype(…)")
        if call.args or not {"normal"} <= {word.arg for word in call.keywords} <= set(_FIELDS):
            raise ValueError(f"expected the arguments {', '.join(_FIELDS)}, by name")
        return {str(word.arg): _value(word.value) for word in call.keywords}
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise InputError(
            f"Expected a genotype as printed by DARTS, {_FORM}; got {text!r:.80} "
            f"({type(error).__name__}: {str(error)[:120]})."
        ) from None


def _value(node: ast.expr) -> Any:
    """A literal, or the numbers of a `range`."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", None) in ("range", "list"):
        arguments = [_value(argument) for argument in node.args]
        if node.keywords or not 1 <= len(arguments) <= 3:
            raise ValueError("expected range(first, end)")
        if node.func.id == "list":  # type: ignore[attr-defined]
            return list(arguments[0])
        numbers = range(*arguments)
        if len(numbers) > 64:
            raise ValueError(f"a range of {len(numbers)} numbers")
        return list(numbers)
    return ast.literal_eval(node)


def _cell(name: str, pairs: Any, concat: Any) -> Cell:
    """Two edges a node, as in the DARTS code."""
    if (
        not isinstance(pairs, list | tuple)
        or not pairs
        or len(pairs) % 2
        or any(not isinstance(pair, list | tuple) or len(pair) != 2 for pair in pairs)
    ):
        raise InputError(
            f"Expected {name} to be a list of pairs of an operation and a state, two a node; got "
            f"{pairs!r:.120}."
        )
    edges = [Edge(*pair) for pair in pairs]
    nodes = tuple(zip(edges[::2], edges[1::2], strict=True))
    states = list(range(2, 2 + len(nodes)))
    if concat is not None and (not isinstance(concat, list | tuple) or sorted(concat) != states):
        raise InputError(
            f"The {name} cell gives the states {concat!r:.80} only; a Genotype gives all of its "
            f"nodes concatenated, {states}, or the last one. Such a cell, as NASNet's and "
            "AmoebaNet's, can't be read."
        )
    return nodes

"""What is predicted: classes so far."""

from typing import TYPE_CHECKING, Any

from automl_kit.errors import ProjectError
from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.problems.classification import Classification
    from automl_kit.problems.problem import Problem

__all__ = ["Classification", "Problem", "problem_from_json"]

PROBLEMS = {"classification": "Classification"}
"""The problems by the name that a file has."""

__getattr__, __dir__ = lazy_names(
    __name__,
    {"problem": ["Problem"], "classification": ["Classification"]},
    light=["problem"],
)


def problem_from_json(d: dict[str, Any]) -> "Problem":
    """Reads what a problem's `to_json` gave.

    Raises:
        ProjectError: If there is no such problem, or it is damaged.
    """
    name = d.get("problem", "classification") if isinstance(d, dict) else None
    if name not in PROBLEMS:
        raise ProjectError(f"There is no problem {name!r}; known are {', '.join(PROBLEMS)}.")
    problem: Problem = __getattr__(PROBLEMS[name]).from_json(d)
    return problem

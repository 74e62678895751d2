"""The arguments of a search or a trial, and what is trained with them."""

from typing import TYPE_CHECKING, Any

from automl_kit.evaluation.model_trainer import FitCall
from automl_kit.search.graph_search import GraphSearch, graph_data

if TYPE_CHECKING:
    from automl_kit.search.tuner import SearchTuner


def data_of(tuner: "SearchTuner", args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What trials are trained with, from the arguments of `search` or `run_trial`."""
    if tuner.searches_graph:
        return GraphSearch(tuner, graph_data(*args, **kwargs), None).encoded()
    return FitCall(args, quiet(kwargs))


def quiet(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `fit`: a bar an epoch would run into the lines of the search."""
    return {**kwargs, "verbose": 2 if kwargs.get("verbose") == 2 else 0}


def same_call(first: tuple[Any, Any], second: tuple[Any, Any]) -> bool:
    """Whether two calls have the very same arguments."""
    one, other = [*first[0], *first[1].values()], [*second[0], *second[1].values()]
    same = len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
    return same and list(first[1]) == list(second[1])

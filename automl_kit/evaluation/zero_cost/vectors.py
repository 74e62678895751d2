"""Zero-cost scores from hyperparameters: each network is built and scored once."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import keras_tuner
import numpy as np
from numpy.typing import NDArray

from automl_kit import compat
from automl_kit.custom_blocks.cell_block import same_network_of
from automl_kit.errors import InputError
from automl_kit.evaluation.build import adapt, build_network
from automl_kit.evaluation.generators import global_generators_kept
from automl_kit.evaluation.rows import Rows
from automl_kit.evaluation.zero_cost.scores import DEFAULT_SCORES, check_scores, zero_cost_scores
from automl_kit.oracles.space import Space

Build = Callable[[keras_tuner.HyperParameters], Any]
"""From hyperparameters, which may grow by it, to a built Keras model."""


class ScoreVectors:
    """A function from hyperparameters to the scores of their network, which remembers them.

    For a ranking, and as features of a surrogate.

    Args:
        build: Builds the network, always with the same first weights for the same values.
        space: The hyperparameters known so far; what networks declare besides is added.
        rows: A batch of rows, and targets where "grad_norm" is among the scores.
        scores: Names out of `automl_kit.evaluation.zero_cost.SCORES`.
        key: What two networks share if they are the same, such as
            `automl_kit.spaces.SameNetwork`; None for their hyperparameters.
        shown: Whether a network shows a hyperparameter of some name; the others, such as a
            learning rate, are left at their defaults.

    Attributes:
        names: The scores, in the order of a vector's numbers.
        failures: Why a network couldn't be scored, by its key; of the last one that failed.
    """

    def __init__(
        self,
        build: Build,
        space: keras_tuner.HyperParameters,
        rows: Rows,
        scores: Sequence[str] = DEFAULT_SCORES,
        key: Callable[[Mapping[str, Any]], Hashable] | None = None,
        shown: Callable[[str], bool] = lambda name: True,
    ):
        self.build, self.hyperparameters, self.rows = build, space, rows
        self.names, self.key, self.shown = check_scores(scores), key, shown
        self.failures: dict[Hashable, str] = {}
        self._known: dict[Hashable, NDArray[np.float64]] = {}

    @property
    def space(self) -> Space:
        """What networks show of the space, as it is known now."""
        return Space(hp for hp in self.hyperparameters.space if self.shown(hp.name))

    def completed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values with defaults for what isn't named, without what isn't active."""
        return dict(self.space.with_defaults(values))

    def __call__(self, values: Mapping[str, Any]) -> NDArray[np.float64]:
        """The scores of a network, (scores,).

        Args:
            values: Its hyperparameters, name to value; defaults for those that aren't named.

        Returns:
            NaN throughout where the network can't be built or scored.
        """
        values = self.completed(values)
        key = self.key_of(values)
        if key not in self._known:
            try:
                found = self._scored(values)
            except Exception as error:  # Whatever a user's code raises: it is a bad member.
                self.failures[key] = f"{type(error).__name__}: {error}"
                found = np.full(len(self.names), np.nan)
            self._known[key] = found
        return self._known[key].copy()

    def key_of(self, values: Mapping[str, Any]) -> Hashable:
        """What tells networks apart."""
        return self.space.key(values) if self.key is None else self.key(values)

    def _scored(self, values: dict[str, Any]) -> NDArray[np.float64]:
        hp = self.hyperparameters.copy()
        left = {one.name: one.default for one in hp.space if not self.shown(one.name)}
        hp.values = {**left, **values}
        model = self.build(hp)
        self.hyperparameters.merge(hp.space, overwrite=False)
        scores = zero_cost_scores(model, self.rows.x, self.rows.y, self.names)
        return np.array([scores[name] for name in self.names])


def score_vectors(
    hypermodel: Any,
    x: Any,
    y: Any = None,
    *,
    scores: Sequence[str] = DEFAULT_SCORES,
    batch: int = 64,
    seed: int = 0,
) -> ScoreVectors:
    """Makes the scores of a hypermodel's networks a function of hyperparameters.

    Args:
        hypermodel: A function from `keras_tuner.HyperParameters` to a Keras model, a
            `keras_tuner.HyperModel`, or an AutoKeras graph such as `AutoModel(…).tuner.hypermodel`.
        x: Training inputs as networks take them, one array (n, …) or several.
        y: Their targets, (n, k); needed by graphs, and by "grad_norm".
        scores: Names of scores.
        batch: Rows that are drawn, by which networks are scored.
        seed: Of these rows and of first weights.

    Raises:
        InputError: If there is no such score, a graph's rows have no targets, or no network can be
            built.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from automl_kit.evaluation.zero_cost import score_vectors
        >>> def build(hp):
        ...     width = hp.Int("width", 1, 9)
        ...     layers = [keras.Input((3,)), keras.layers.Dense(width, use_bias=False)]
        ...     return keras.Sequential(layers)
        >>> features = score_vectors(build, np.eye(3), scores=("flops", "parameters"))
        >>> features({"width": 4}).tolist()
        [24.0, 12.0]
    """
    names = check_scores(scores)
    graph = compat.is_graph(hypermodel)
    if graph and y is None:
        raise InputError("The scores of a graph's networks need y, which says how many outputs.")
    rows = _rows(x, y).draw(batch, seed)
    if graph:
        _tell(hypermodel, x, y)
    builder = hypermodel if hasattr(hypermodel, "build") else _Hypermodel(hypermodel)

    def build(hp: keras_tuner.HyperParameters) -> Any:
        with global_generators_kept():
            model = build_network(builder, hp, seed=seed)
        if graph:
            adapt(model, rows.x)
        return model

    space = keras_tuner.HyperParameters()
    build(space)
    rows = Rows(rows.x, None if y is None else rows.y)
    if not graph:
        return ScoreVectors(build, space, rows, names)
    # What stands below no block's name is a graph's own: how its networks are trained.
    return ScoreVectors(
        build, space, rows, names, same_network_of(hypermodel), lambda name: "/" in name
    )


class _Hypermodel(keras_tuner.HyperModel):  # type: ignore[misc]
    """A function that builds models."""

    def __init__(self, function: Build):
        super().__init__()
        self.function = function

    def build(self, hp: keras_tuner.HyperParameters) -> Any:
        return self.function(hp)


def _rows(x: Any, y: Any) -> Rows:
    arrays = tuple(map(np.asarray, x)) if isinstance(x, list | tuple) else np.asarray(x)
    first = arrays[0] if isinstance(arrays, tuple) else arrays
    return Rows(arrays, np.zeros(len(first)) if y is None else np.asarray(y))


def _tell(graph: Any, x: Any, y: Any) -> None:
    """Tells a graph what its networks and their training depend on."""
    if any(node.shape is None for node in graph.inputs):
        graph.set_io_shapes(compat.dataset_shape((x, y)))
    graph.epochs, graph.num_samples = 1, len(y)

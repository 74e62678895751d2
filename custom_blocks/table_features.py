"""The first layers for tables: numbers and categories as one vector a row."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from automl_kit.custom_blocks.layouts import TableLayout
from automl_kit.custom_blocks.searched import SearchedBlock, Shape
from automl_kit.errors import InputError

NUMBERS = ["plain", "piecewise", "periodic", "quantile"]
_ONE_HOT = (
    33  # largest cardinality that is one-hot encoded; a wider one-hot costs more than it says
)
_PERIODIC_SIZE = 8


@keras.utils.register_keras_serializable(package="automl_kit")
class TableFeaturesBlock(SearchedBlock):
    """Embeds the numbers and categories of an encoded table.

    Takes the (n, d) float32 matrix that the node's `TableLayout` describes (a node without one:
    all columns are numbers) and gives (n, e) float32. Numbers are passed on as they are, and
    besides them, by `numbers`:

    * "plain": nothing.
    * "piecewise": for each bin between two of the layout's quantile edges, how much of it lies
      below the value; Gorishniy et al. (2022), "On embeddings for numerical features in tabular
      deep learning", equation 1, but 0 to 1 in the outer bins too. Centred to -½ … ½.
    * "periodic": a linear layer and ReLU, one a column, on sines and cosines of learned
      frequencies; the same paper, equation 2 and "PLR".
    * "quantile": the value that a normal distribution has at the same share of the rows, linear
      between the layout's edges.

    A category of up to 32 known values is one-hot; wider ones have rows in one embedding table
    that all of them share. Id 0, unseen, is the zero vector in both.

    Args:
        numbers: "plain", "piecewise", "periodic" or "quantile".
        bins: Bins a column at most, for "piecewise".
        frequencies: Frequencies a column, for "periodic".
        embedding: Numbers that a wide category becomes.
        name: The block's name.
        tunable: Whether its hyperparameters are searched.

    An argument of None is searched.

    Raises:
        InputError: `numbers` is none of the four names.

    Example:
        >>> from automl_kit.custom_blocks import TableFeaturesBlock, TableInput
        >>> features = TableFeaturesBlock(numbers="piecewise", name="features")(TableInput())
    """

    asked: ClassVar = {
        "numbers": lambda hp, shape: hp.Choice("numbers", NUMBERS, default="piecewise"),
        "bins": lambda hp, shape: hp.Choice("bins", [4, 8, 16, 32], default=16),
        "frequencies": lambda hp, shape: hp.Choice("frequencies", [8, 16, 32], default=16),
        "embedding": lambda hp, shape: hp.Choice("embedding", [4, 8, 16], default=8),
    }

    def __init__(
        self,
        numbers: str | None = None,
        bins: int | None = None,
        frequencies: int | None = None,
        embedding: int | None = None,
        name: str | None = None,
        tunable: bool = True,
    ):
        if numbers is not None and numbers not in NUMBERS:
            raise InputError(
                f"numbers must be one of {', '.join(NUMBERS)} or None. Received: {numbers!r}"
            )
        pinned = {
            "numbers": numbers,
            "bins": bins,
            "frequencies": frequencies,
            "embedding": embedding,
        }
        super().__init__(pinned, name, tunable)

    def settings(self, hp: Any, shape: Shape) -> dict[str, Any]:
        """The value of each argument; what does nothing to this data isn't searched."""
        layout = self._layout_of(shape)
        settings = dict(self.pinned)
        if settings["numbers"] is None:
            binned = any(map(len, layout.edges))
            kinds = [kind for kind in NUMBERS if binned or kind not in ("piecewise", "quantile")]
            searched = len(kinds) > 1 and layout.numeric > 0
            default = "piecewise" if "piecewise" in kinds else "plain"
            settings["numbers"] = (
                hp.Choice("numbers", kinds, default=default) if searched else default
            )
        else:
            searched = False
        for name, kind in (("bins", "piecewise"), ("frequencies", "periodic")):
            if settings[name] is not None or (not searched and settings["numbers"] != kind):
                continue
            scope = hp.conditional_scope("numbers", [kind]) if searched else nullcontext()
            with scope:
                settings[name] = self.asked[name](hp, shape)
        if settings["embedding"] is None and any(size > _ONE_HOT for size in layout.cardinalities):
            settings["embedding"] = self.asked["embedding"](hp, shape)
        return settings

    def assemble(  # type: ignore[override]
        self,
        tensor: Any,
        *,
        numbers: str,
        bins: int | None,
        frequencies: int | None,
        embedding: int | None,
    ) -> Any:
        """Embeds the numbers, then the categories, and joins them."""
        if len(tensor.shape) > 2:
            tensor = keras.layers.Flatten()(tensor)
        layout = self._layout_of(tensor.shape)
        parts: list[Any] = []
        if layout.numeric:
            values = tensor[:, : layout.numeric]
            parts.append(values)
            if numbers == "piecewise" and bins is not None:
                parts += piecewise(values, layout.edges, bins)
            elif numbers == "periodic" and frequencies is not None:
                parts.append(periodic(values, frequencies))
            elif numbers == "quantile":
                parts += normal_quantiles(values, layout.edges)
        parts += _categories(tensor, layout, embedding or 0)
        return keras.layers.Concatenate()(parts) if len(parts) > 1 else parts[0]

    def _layout_of(self, shape: Shape) -> TableLayout:
        layout: TableLayout | None = getattr((self.inputs or [None])[0], "layout", None)
        return layout or TableLayout(numeric=int(np.prod(shape[1:])))


def piecewise(values: Any, edges: tuple[tuple[float, ...], ...], bins: int) -> list[Any]:
    """Numbers (n, f) as fillings of quantile bins, [(n, b)]; [] where no column has bins.

    Columns with more than `bins` bins keep every so manieth edge.
    """
    kept = []
    for column in edges:
        places = np.linspace(0, len(column) - 1, min(len(column), bins + 1)).round()
        kept.append([column[int(place)] for place in places])
    return [filled - 0.5 for filled in _filled(values, kept)]


def normal_quantiles(values: Any, edges: tuple[tuple[float, ...], ...]) -> list[Any]:
    """Numbers (n, f) as normal quantiles, [(n, b)] of the b columns that have edges; [] of none.

    The edges of a column are taken for its quantiles at equal distances. The outer ones, at which a
    normal distribution has no value, count as half a distance from the end.
    """
    from scipy.stats import norm

    filled, rises, starts = _filled(values, edges), [], []
    for column in edges:
        if len(column) > 1:
            levels = np.linspace(0.0, 1.0, len(column))
            levels[[0, -1]] = np.array([0.5, len(column) - 1.5]) / (len(column) - 1)
            points = norm.ppf(levels)
            rises.append(np.diff(points))
            starts.append(points[0])
    if not filled:
        return []
    kernel = np.zeros((sum(map(len, rises)), len(rises)), "float32")
    ends = np.cumsum([0, *map(len, rises)])
    for number, rise in enumerate(rises):
        kernel[ends[number] : ends[number + 1], number] = rise
    total = keras.layers.Dense(len(rises), trainable=False)
    quantiles = total(filled[0])
    total.set_weights([kernel, np.array(starts, "float32")])
    return [quantiles]


def _filled(values: Any, edges: Sequence[Sequence[float]]) -> list[Any]:
    """How much of each bin between two edges of a column lies below its value, 0 … 1: [(n, b)]."""
    columns = [number for number, column in enumerate(edges) for _ in column[1:]]
    if not columns:
        return []
    low = np.array([edge for column in edges for edge in column[:-1]], "float32")
    width = np.concatenate([np.diff(column) for column in edges]).astype("float32")
    return [ops.clip((ops.take(values, columns, axis=1) - low) / width, 0.0, 1.0)]


def periodic(values: Any, frequencies: int) -> Any:
    """Numbers (n, f) as f embeddings of learned sines and cosines, flat: (n, 8 f)."""
    columns = values.shape[-1]
    # The paper searches the deviation of the first frequencies from 0.01 to 100; values here lie
    # in -3 … 3, and a deviation of 0.3 starts with about two periods over that range.
    spread = keras.initializers.RandomNormal(stddev=2 * np.pi * 0.3)
    angles = keras.layers.EinsumDense(
        "nf,fk->nfk", output_shape=(columns, frequencies), kernel_initializer=spread
    )(values)
    waves = keras.layers.Concatenate()([ops.sin(angles), ops.cos(angles)])
    embedded = keras.layers.EinsumDense(
        "nfk,fkd->nfd",
        output_shape=(columns, _PERIODIC_SIZE),
        bias_axes="fd",
        activation="relu",
    )(waves)
    return keras.layers.Flatten()(embedded)


def _categories(tensor: Any, layout: TableLayout, embedding: int) -> list[Any]:
    sizes = dict(enumerate(layout.cardinalities, start=layout.numeric))
    narrow = {column: size for column, size in sizes.items() if size <= _ONE_HOT}
    wide = {column: size for column, size in sizes.items() if size > _ONE_HOT}
    parts = []
    pairs = [(column, value) for column, size in narrow.items() for value in range(1, size)]
    if pairs:
        columns, values = zip(*pairs, strict=True)
        same = ops.equal(ops.take(tensor, list(columns), axis=1), np.array(values, "float32"))
        parts.append(ops.cast(same, "float32"))
    if wide:
        ids = ops.cast(ops.take(tensor, list(wide), axis=1), "int32")
        starts = np.cumsum([0, *wide.values()], dtype="int32")
        rows = keras.layers.Embedding(
            int(starts[-1]),
            embedding,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=0.3),
        )(ids + starts[:-1])
        seen = ops.cast(ops.expand_dims(ids > 0, axis=-1), "float32")
        parts.append(keras.layers.Flatten()(rows * seen))
    return parts

"""Blocks whose layers scikit-learn fits: trees, and a linear model."""

from typing import Any, ClassVar

import keras
import numpy as np

from automl_kit.compat import Head
from automl_kit.custom_blocks.layouts import TableLayout
from automl_kit.custom_blocks.linear_layer import Linear
from automl_kit.custom_blocks.searched import SearchedBlock, Shape
from automl_kit.custom_blocks.tree_layer import KINDS, Trees
from automl_kit.errors import InputError

ENCODINGS = ["ordinal", "target"]
_WIDE = 12  # ids of a category that are encoded by the target


class FittedBlock(SearchedBlock):
    """A block of one layer that is fitted to the training rows before gradient descent begins.

    A `ClassificationHead` of this package right behind it gives the estimator's probabilities.
    Behind a merge with other blocks the head learns how much the scores count, from rows that the
    estimator was fitted to.
    """

    def classes(self) -> int:
        """How many classes the head behind the block tells apart.

        Raises:
            InputError: If there is no head of classes.
        """
        seen, nodes = set(), list(self.outputs or [])
        while nodes:
            for block in nodes.pop().out_blocks:
                if isinstance(block, Head) and getattr(block, "num_classes", None):
                    return int(block.num_classes)
                if id(block) not in seen:
                    seen.add(id(block))
                    nodes += block.outputs or []
        raise InputError(
            f"The block {self.name!r} needs classes to tell apart; put a ClassificationHead "
            "behind it."
        )


@keras.utils.register_keras_serializable(package="automl_kit")
class TreesBlock(FittedBlock):
    """A random forest, extra trees or boosted trees of scikit-learn.

    Takes (n, d) numbers without missing ones, such as a `TableInput`'s encoded rows, and gives
    scores (n, classes). Exported as stock layers whose probabilities are scikit-learn's.

    Args:
        kind: "forest", "extra" or "boosting".
        trees: How many trees; iterations of "boosting".
        leaf: Rows in a leaf at least.
        features: Share of the columns that a split of "forest" and "extra" looks at; 0 for their
            square root.
        rate: The learning rate of "boosting".
        leaves: Leaves of a tree of "boosting" at most.
        encoding: How trees see categories of many values: "ordinal" for their ids, "target" for
            what the training rows say of each; see `target_encoding`.
        pairs: Of how many numbers trees see sums, differences and products; see `number_pairs`.
        name: The block's name.
        tunable: Whether its hyperparameters are searched.

    An argument of None is searched.

    Raises:
        InputError: `kind` or `encoding` is none of the names.

    Example:
        >>> from automl_kit.custom_blocks import ClassificationHead, TableInput, TreesBlock
        >>> output = ClassificationHead(name="label")(TreesBlock(name="trees")(TableInput()))
    """

    asked: ClassVar = {
        "kind": lambda hp, shape: hp.Choice("kind", list(KINDS), default="forest"),
        "trees": lambda hp, shape: hp.Choice("trees", [50, 100, 200, 400], default=200),
        "leaf": lambda hp, shape: hp.Choice("leaf", [1, 2, 5, 10, 20], default=2),
        "features": lambda hp, shape: hp.Choice("features", [0.0, 0.3, 0.6], default=0.0),
        "rate": lambda hp, shape: hp.Float("rate", 0.02, 0.2, default=0.06, sampling="log"),
        "leaves": lambda hp, shape: hp.Choice("leaves", [7, 15, 31], default=15),
        "encoding": lambda hp, shape: hp.Choice("encoding", ENCODINGS, default="target"),
        "pairs": lambda hp, shape: hp.Choice("pairs", [0, 6], default=0),
    }
    _owners: ClassVar = {
        "features": ["forest", "extra"],
        "rate": ["boosting"],
        "leaves": ["boosting"],
    }

    def __init__(
        self,
        kind: str | None = None,
        trees: int | None = None,
        leaf: int | None = None,
        features: float | None = None,
        rate: float | None = None,
        leaves: int | None = None,
        encoding: str | None = None,
        pairs: int | None = None,
        name: str | None = None,
        tunable: bool = True,
    ):
        for argument, value, known in (("kind", kind, KINDS), ("encoding", encoding, ENCODINGS)):
            if value is not None and value not in known:
                raise InputError(
                    f"{argument} must be one of {', '.join(known)} or None. Received: {value!r}"
                )
        pinned = {
            "kind": kind, "trees": trees, "leaf": leaf, "features": features,
            "rate": rate, "leaves": leaves, "encoding": encoding,
            "pairs": pairs,
        }  # fmt: skip
        super().__init__(pinned, name, tunable)

    def settings(self, hp: Any, shape: Shape) -> dict[str, Any]:
        """The value of each argument; some only count for one kind of trees."""
        told = {}
        for name, ask in self.asked.items():
            if name == "encoding" and not self._wide():
                continue
            if name == "pairs" and self._numbers(shape) < 2:
                continue
            owners = self._owners.get(name)
            if self.pinned[name] is not None:
                told[name] = self.pinned[name]
            elif owners is None:
                told[name] = ask(hp, shape)
            elif self.pinned["kind"] is None:
                with hp.conditional_scope("kind", owners):
                    told[name] = ask(hp, shape)
            elif self.pinned["kind"] in owners:
                told[name] = ask(hp, shape)
        return {name: value for name, value in told.items() if value is not None}

    def assemble(self, tensor: Any, *, encoding: str = "ordinal", **settings: Any) -> Any:
        """The layer, on a vector."""
        if len(tensor.shape) > 2:
            tensor = keras.layers.Flatten()(tensor)
        encoded = self._wide() if encoding == "target" else []
        numbers = self._numbers(tensor.shape)
        return Trees(self.classes(), encoded=encoded, numbers=numbers, **settings)(tensor)

    def _numbers(self, shape: Shape) -> int:
        layout = self._layout()
        return int(np.prod(shape[1:])) if layout is None else layout.numeric

    def _layout(self) -> TableLayout | None:
        layout = getattr((self.inputs or [None])[0], "layout", None)
        return layout if isinstance(layout, TableLayout) else None  # Texts have another kind.

    def _wide(self) -> list[tuple[int, int]]:
        """The categories of many values: their columns, and how many ids they have."""
        layout = self._layout()
        sizes = enumerate(layout.cardinalities, layout.numeric) if layout else ()
        return [(column, size) for column, size in sizes if size > _WIDE]


@keras.utils.register_keras_serializable(package="automl_kit")
class LinearBlock(FittedBlock):
    """Logistic regression of scikit-learn.

    Takes a vector a row, (n, d), and gives scores (n, classes).

    Args:
        strength: C, the inverse of the penalty.
        name: The block's name.
        tunable: Whether its hyperparameters are searched.

    An argument of None is searched.

    Example:
        >>> from automl_kit.custom_blocks import ClassificationHead, LinearBlock, TableInput
        >>> output = ClassificationHead(name="label")(LinearBlock(name="linear")(TableInput()))
    """

    asked: ClassVar = {
        "strength": lambda hp, shape: hp.Float("strength", 0.01, 100.0, default=1.0, sampling="log")
    }

    def __init__(
        self, strength: float | None = None, name: str | None = None, tunable: bool = True
    ):
        super().__init__({"strength": strength}, name, tunable)

    def assemble(self, tensor: Any, *, strength: float) -> Any:  # type: ignore[override]
        """The layer, on a vector."""
        if len(tensor.shape) > 2:
            tensor = keras.layers.Flatten()(tensor)
        return Linear(self.classes(), strength)(tensor)

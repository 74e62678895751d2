"""Networks on vectors, for tables: a residual MLP, and an ensemble that shares its weights."""

from typing import Any, ClassVar

import keras
from keras import ops

from automl_kit.custom_blocks.behind import only_heads_are_behind
from automl_kit.custom_blocks.searched import SearchedBlock, Shape
from automl_kit.custom_blocks.submodels import Submodels

WIDTHS = [32, 64, 128, 256]
DROPOUTS = [0.0, 0.1, 0.3, 0.5]


@keras.utils.register_keras_serializable(package="automl_kit")
class ResidualMLPBlock(SearchedBlock):
    """Dense layers, each after the first added to what went into it.

    Takes (n, d) float32, gives (n, width) float32. The first layer is dense, ReLU, dropout; the
    others are the residual units of Gorishniy et al. (2021), "Revisiting deep learning models for
    tabular data", section 3.2: x + dropout(dense(dropout(relu(dense(normalise(x)))))), with layer
    normalisation, whose result does not depend on the batch, and without the last dropout.

    Args:
        depth: Dense layers and residual units.
        width: Units of each.
        dropout: Share of the hidden values dropped.
        name: The block's name.
        tunable: Whether its hyperparameters are searched.

    An argument of None is searched.
    """

    widths: ClassVar = ("width",)
    asked: ClassVar = {
        "depth": lambda hp, shape: hp.Int("depth", 1, 4, default=2),
        "width": lambda hp, shape: hp.Choice("width", WIDTHS, default=128),
        "dropout": lambda hp, shape: hp.Choice("dropout", DROPOUTS, default=0.3),
    }

    def __init__(
        self,
        depth: int | None = None,
        width: int | None = None,
        dropout: float | None = None,
        name: str | None = None,
        tunable: bool = True,
    ):
        super().__init__({"depth": depth, "width": width, "dropout": dropout}, name, tunable)

    def assemble(  # type: ignore[override]
        self, tensor: Any, *, depth: int, width: int, dropout: float
    ) -> Any:
        """The first layer, then the residual units."""
        tensor = _hidden(tensor, width, dropout)
        for _ in range(depth - 1):
            change = _hidden(keras.layers.LayerNormalization()(tensor), width, dropout)
            tensor = keras.layers.Add()([tensor, keras.layers.Dense(width)(change)])
        return tensor


@keras.utils.register_keras_serializable(package="automl_kit")
class EnsembleBlock(SearchedBlock):
    """Several MLPs in one, which share their weights, and their mean.

    Takes (n, d) float32, gives (n, width) float32. Each of `members` MLPs scales the input by
    factors of its own; all layers after that are shared: TabM-mini of Gorishniy et al. (2025),
    "TabM: advancing tabular deep learning with parameter-efficient ensembling", section 3.3.
    Where a `ClassificationHead` is right behind it, each member has a last layer and a loss of its
    own, as there, and the mean of their probabilities predicts; (n, members, width) goes to it.
    Elsewhere the mean of the members is what it gives, and what keeps them independent is that
    training drops whole members at random.

    Args:
        members: How many MLPs.
        depth: Layers of each.
        width: Units of a layer.
        dropout: Share of the hidden values dropped.
        member_dropout: Share of the members dropped in training, where their mean is given.
        name: The block's name.
        tunable: Whether its hyperparameters are searched.

    An argument of None is searched.
    """

    widths: ClassVar = ("width",)
    asked: ClassVar = {
        "members": lambda hp, shape: hp.Choice("members", [4, 8, 16], default=8),
        "depth": lambda hp, shape: hp.Int("depth", 1, 3, default=2),
        "width": lambda hp, shape: hp.Choice("width", WIDTHS, default=128),
        "dropout": lambda hp, shape: hp.Choice("dropout", DROPOUTS, default=0.1),
        "member_dropout": lambda hp, shape: hp.Choice(
            "member_dropout", [0.0, 0.3, 0.5, 0.7], default=0.5
        ),
    }

    def __init__(
        self,
        members: int | None = None,
        depth: int | None = None,
        width: int | None = None,
        dropout: float | None = None,
        member_dropout: float | None = None,
        name: str | None = None,
        tunable: bool = True,
    ):
        pinned = {
            "members": members,
            "depth": depth,
            "width": width,
            "dropout": dropout,
            "member_dropout": member_dropout,
        }
        super().__init__(pinned, name, tunable)

    def settings(self, hp: Any, shape: Shape) -> dict[str, Any]:
        """The value of each argument; members are dropped only where none has its own loss."""
        own_loss = only_heads_are_behind(self)
        return {
            name: ask(hp, shape) if self.pinned[name] is None else self.pinned[name]
            for name, ask in self.asked.items()
            if not (own_loss and name == "member_dropout")
        }

    def assemble(  # type: ignore[override]
        self,
        tensor: Any,
        *,
        members: int,
        depth: int,
        width: int,
        dropout: float,
        member_dropout: float | None = None,
    ) -> Any:
        """Scales the input for each member, (n, d) to (n, members, d), and applies the rest."""
        tensor = keras.layers.EinsumDense(
            "nd,md->nmd",
            output_shape=(members, tensor.shape[-1]),
            kernel_initializer=keras.initializers.RandomNormal(stddev=1.0),
        )(tensor)
        for _ in range(depth):
            tensor = _hidden(tensor, width, dropout)
        if only_heads_are_behind(self):
            return Submodels()(tensor)
        if member_dropout:
            tensor = keras.layers.Dropout(member_dropout, noise_shape=(None, members, 1))(tensor)
        return ops.mean(tensor, axis=1)


def _hidden(tensor: Any, width: int, dropout: float) -> Any:
    dense = keras.layers.Dense(width, activation="relu", kernel_initializer="he_uniform")
    tensor = dense(tensor)
    return keras.layers.Dropout(dropout)(tensor) if dropout else tensor

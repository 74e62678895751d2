"""The block for tables: embedded columns, a network that suits them, and presets to start from."""

from typing import Any, ClassVar

import keras

from automl_kit.compat import Block
from automl_kit.custom_blocks.fitted_blocks import TreesBlock
from automl_kit.custom_blocks.one_of import build_one_of, check_architecture
from automl_kit.custom_blocks.searched import SearchedBlock
from automl_kit.custom_blocks.table_features import TableFeaturesBlock
from automl_kit.custom_blocks.table_networks import EnsembleBlock, ResidualMLPBlock


@keras.utils.register_keras_serializable(package="automl_kit")
class TableBlock(Block):  # type: ignore[misc]
    """An encoded table to one vector a row, by a network that is chosen and sized in the search.

    Takes the (n, d) float32 matrix that the node's `TableLayout` describes (a node without one:
    all columns are numbers) and gives (n, e) float32. Below it the search finds the
    hyperparameters of four blocks: "features/…" (`TableFeaturesBlock`), and "mlp/…"
    (`ResidualMLPBlock`), "ensemble/…" (`EnsembleBlock`) or "trees/…" (`TreesBlock`) where it is
    the "architecture". The linear architecture is the features alone: with piecewise numbers, a
    head on them is an additive model. Trees have no features in front.

    Args:
        architecture: "linear", "mlp", "ensemble" or "trees"; None to search it.
        name: The block's name, the scope of its hyperparameters.
        tunable: Whether its hyperparameters are searched.

    Raises:
        InputError: An architecture of another name.

    Example:
        >>> from automl_kit.custom_blocks import ClassificationHead, TableBlock, TableInput
        >>> output = ClassificationHead(name="label")(TableBlock(name="table")(TableInput()))
    """

    has_widths: ClassVar = True

    def __init__(
        self, architecture: str | None = None, name: str | None = None, tunable: bool = True
    ):
        super().__init__(name=name, tunable=tunable)
        self.architecture = architecture
        self._features = TableFeaturesBlock(name="features")
        self._trees = TreesBlock(name="trees")
        self._ensemble = EnsembleBlock(name="ensemble")
        self._networks: dict[str, SearchedBlock | None] = {
            "linear": None,
            "mlp": ResidualMLPBlock(name="mlp"),
            "ensemble": self._ensemble,
            "trees": self._trees,
        }
        check_architecture(architecture, self._networks)

    def build(self, hp: Any, inputs: Any = None) -> Any:
        """Embeds the columns and builds the chosen network; trees take the columns as they are."""
        self._features.inputs = self._trees.inputs = self.inputs
        self._trees.outputs = self._ensemble.outputs = self.outputs
        (tensor,) = keras.tree.flatten(inputs)
        chosen = self.architecture or hp.Choice(
            "architecture", list(self._networks), default="ensemble"
        )
        embedding = [name for name in self._networks if name != "trees"]
        if self.architecture is None:
            with hp.conditional_scope("architecture", embedding):
                settings = self._feature_settings(hp, tensor)
        elif chosen in embedding:
            settings = self._feature_settings(hp, tensor)
        if chosen in embedding:
            tensor = self._features.assemble(tensor, **settings)
        return build_one_of(hp, tensor, self._networks, "ensemble", self.architecture)

    def _feature_settings(self, hp: Any, tensor: Any) -> dict[str, Any]:
        with hp.name_scope(self._features.name):
            return self._features.settings(hp, tensor.shape)

    @property
    def trained_where(self) -> tuple[str, list[str]] | None:
        """The hyperparameter, and its values, with which something is trained; None for always."""
        trained = [name for name in self._networks if name != "trees"]
        return ("architecture", trained) if self.architecture is None else None

    def get_config(self) -> dict[str, Any]:
        """The block's configuration."""
        return {**super().get_config(), "architecture": self.architecture}


_FEATURES = {
    "table/features/numbers": "piecewise",
    "table/features/bins": 16,
    "table/features/embedding": 8,
    "weight_decay": 1e-2,
}
_SHALLOW = {
    **_FEATURES,
    "table/architecture": "mlp",
    "table/mlp/depth": 1,
    "table/mlp/width": 128,
    "table/mlp/dropout": 0.5,
    "learning_rate": 2e-3,
    "length": 0.4,
}
_ENSEMBLE = {
    **_FEATURES,
    "table/architecture": "ensemble",
    "table/ensemble/members": 8,
    "table/ensemble/depth": 2,
    "table/ensemble/width": 128,
    "table/ensemble/dropout": 0.1,
    "learning_rate": 1e-3,
    "length": 0.4,
}


def _trees(kind: str, trees: int, leaf: int, **others: Any) -> dict[str, Any]:
    own = {"kind": kind, "trees": trees, "leaf": leaf, "encoding": "target", "pairs": 0, **others}
    return {"table/architecture": "trees"} | {f"table/trees/{k}": v for k, v in own.items()}


# Chosen and ordered by 41 candidates on six other tables than those of the benchmarks, a fold of
# each (`benchmarks/tables.py --development` names them), and by seconds: what is cheap and of
# another kind than what there is comes first. Networks of one hidden layer and much dropout, in
# short trainings, are ahead where classes overlap; deeper ones and longer trainings where they
# don't.
TABLE_PRESETS: list[dict[str, Any]] = [
    _SHALLOW,
    _trees("forest", 200, 5, features=0.0),
    {**_FEATURES, "table/architecture": "linear", "learning_rate": 3e-3, "length": 1.0},
    {
        "table/architecture": "linear",
        "table/features/numbers": "plain",
        "table/features/embedding": 8,
        "learning_rate": 1e-2,
        "weight_decay": 1e-2,
        "length": 1.0,
    },
    _trees("boosting", 50, 20, rate=0.06, leaves=7),
    _ENSEMBLE,
    _trees("extra", 200, 1, features=0.0),
    {
        **{name: value for name, value in _SHALLOW.items() if not name.endswith("/bins")},
        "table/features/numbers": "periodic",
        "table/features/frequencies": 16,
    },
    _trees("boosting", 100, 10, rate=0.06, leaves=15, pairs=6),
    {**_SHALLOW, "table/mlp/depth": 2, "table/mlp/dropout": 0.3, "length": 1.0},
    {
        **_ENSEMBLE,
        "table/ensemble/width": 256,
        "learning_rate": 3e-3,
        "length": 1.0,
    },
]
"""First trials of a search, for a `TableBlock` called "table" and an AdamW optimiser."""

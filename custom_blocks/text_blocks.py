"""The block for texts: a network, or a linear model, chosen in the search."""

from typing import Any, ClassVar

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from automl_kit.compat import Block
from automl_kit.custom_blocks.behind import only_heads_are_behind
from automl_kit.custom_blocks.one_of import build_one_of, check_architecture
from automl_kit.custom_blocks.searched import SearchedBlock
from automl_kit.custom_blocks.text_networks import NgramBlock, TokenConvolutionBlock
from automl_kit.custom_blocks.text_sequences import AttentionBlock, RecurrentBlock
from automl_kit.custom_blocks.token_features import distinct_ids, known
from automl_kit.custom_blocks.token_linear_block import TokenLinearBlock


@keras.utils.register_keras_serializable(package="automl_kit")
class TextBlock(Block):  # type: ignore[misc]
    """Token ids to one vector a text, by a network that is chosen and sized in the search.

    Takes int32 ids (n, length) as the text encoder gives them, and letters behind them where the
    input node's layout has some, which the linear model reads; gives float32 (n, d). Below it the
    search finds the hyperparameters of five blocks: "linear/…" (`TokenLinearBlock`), "ngrams/…"
    (`NgramBlock`), "convolution/…" (`TokenConvolutionBlock`), "recurrent/…" (`RecurrentBlock`)
    and "attention/…" (`AttentionBlock`), each only where it is the "architecture".

    The linear model gives scores of classes, and is searched where a `ClassificationHead` is right
    behind the block and nothing else: others would take scores of texts that the model was fitted
    to for those of new ones. A network's vector is normalised over the batch; where the input node
    has `evidence` (see `token_evidence`), it has a second part: what the words of the text, each
    for itself, say about its class.

    Args:
        architecture: "linear", "ngrams", "convolution", "recurrent" or "attention".
        evidence: Units for the words' evidence; 0 to leave it out.
        name: The block's name, the scope of its hyperparameters.
        tunable: Whether its hyperparameters are searched.

    An argument of None is searched.

    Raises:
        InputError: An architecture of another name.

    Example:
        >>> from automl_kit.custom_blocks import ClassificationHead, TextBlock, TokenInput
        >>> output = ClassificationHead(name="label")(TextBlock(name="text")(TokenInput()))
    """

    has_widths: ClassVar = True

    def __init__(
        self,
        architecture: str | None = None,
        evidence: int | None = None,
        name: str | None = None,
        tunable: bool = True,
    ):
        super().__init__(name=name, tunable=tunable)
        self._linear = TokenLinearBlock(name="linear")
        self._networks: dict[str, SearchedBlock | None] = {
            "linear": self._linear,
            "ngrams": NgramBlock(name="ngrams"),
            "convolution": TokenConvolutionBlock(name="convolution"),
            "recurrent": RecurrentBlock(name="recurrent"),
            "attention": AttentionBlock(name="attention"),
        }
        check_architecture(architecture, self._networks)
        self.architecture = architecture
        self.evidence = evidence

    def build(self, hp: Any, inputs: Any = None) -> Any:
        """Builds the linear model; or the chosen network, joins the words' evidence, normalises."""
        (whole,) = keras.tree.flatten(inputs)
        layout = getattr(self.inputs[0], "layout", None)
        ids = whole if layout is None or not layout.letters else whole[:, : layout.length]
        self._linear.inputs, self._linear.outputs = self.inputs, self.outputs
        offered = dict(self._networks)
        if not (self.architecture == "linear" or only_heads_are_behind(self)):
            del offered["linear"]
        built = build_one_of(
            hp, ids, offered, next(iter(offered)), self.architecture, own={"linear": whole}
        )
        units = self._evidence_units(hp, [name for name in offered if name != "linear"])
        if (self.architecture or hp.get("architecture")) == "linear":
            return built
        if units:
            table = self.inputs[0].evidence
            built = ops.concatenate([built, *weigh_evidence(ids, table, units)], axis=-1)
        return layers.BatchNormalization(momentum=0.9)(built)

    @property
    def trained_where(self) -> tuple[str, list[str]] | None:
        """The hyperparameter, and its values, with which something is trained; None for always."""
        trained = [name for name in self._networks if name != "linear"]
        searched = self.architecture is None and only_heads_are_behind(self)
        return ("architecture", trained) if searched else None

    def _evidence_units(self, hp: Any, networks: list[str]) -> int | None:
        if getattr(self.inputs[0], "evidence", None) is None:
            return None
        if self.evidence is not None or self.architecture == "linear":
            return self.evidence
        if self.architecture is not None:
            return _ask_evidence(hp)
        with hp.conditional_scope("architecture", networks):
            return _ask_evidence(hp)

    def get_config(self) -> dict[str, Any]:
        """The block's configuration."""
        return {
            **super().get_config(),
            "architecture": self.architecture,
            "evidence": self.evidence,
        }


def _ask_evidence(hp: Any) -> int | None:
    units: int | None = hp.Choice("evidence", [0, 8, 16, 32], default=16)
    return units


def weigh_evidence(ids: Any, table: NDArray[np.float32], units: int) -> list[Any]:
    """What the words of a text say together: sum and maximum of a function of their evidence.

    The function is one dense layer shared by all words, so that it learns how much evidence of
    which strength counts, but nothing about a single word: weights of single words, which Adam
    moves alike however rare they are, learn small training sets by heart. Zaheer et al. (2017),
    "Deep sets", theorem 2, has the form.

    Args:
        ids: int32 (n, length).
        table: The evidence of each id for each of k classes; fixed, not trained.
        units: Size of the function's value.

    Returns:
        Two tensors (n, units).
    """
    ids = distinct_ids(ids)
    lookup = layers.Embedding(*table.shape, weights=table, trainable=False)
    spoken = layers.Dense(units, activation="relu")(lookup(ids))
    spoken = spoken * known(ids)
    return [ops.sum(spoken, axis=1), ops.max(spoken, axis=1)]

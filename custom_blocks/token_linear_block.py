"""The block of linear models on n-grams of tokens."""

from typing import Any, ClassVar

import keras

from automl_kit.custom_blocks.fitted_blocks import FittedBlock
from automl_kit.custom_blocks.ngram_weights import COUNTS, SCALES
from automl_kit.custom_blocks.searched import Shape
from automl_kit.custom_blocks.token_linear import READS, TokenLinear
from automl_kit.errors import InputError


@keras.utils.register_keras_serializable(package="automl_kit")
class TokenLinearBlock(FittedBlock):
    """Logistic regression of scikit-learn on TF-IDF of n-grams.

    Takes int32 token ids (n, length) as the text encoder gives them, and gives scores
    (n, classes). Exported as stock layers whose probabilities are scikit-learn's.

    Args:
        order: Words of the longest n-grams; where tokens are characters, these have one more.
        rarest: In how many training texts an n-gram must be.
        counts: "sublinear" for 1 + log of how often an n-gram is in a text, "binary" for 1.
        scale: How n-grams are scaled by what they say of a class before the fit: "plain" for not
            at all, "odds" for naive Bayes ratios, "evidence" for what is sure; see `class_scale`.
        strength: C, the inverse of the penalty.
        reads: "tokens" for n-grams of tokens, "letters" for those of 3 to 5 letters within words,
            or "both". Only where the input node's layout has letters; of tokens elsewhere.
        name: The block's name.
        tunable: Whether its hyperparameters are searched.

    An argument of None is searched.

    Raises:
        InputError: `counts`, `scale` or `reads` is none of the names.

    Example:
        >>> from automl_kit.custom_blocks import ClassificationHead, TokenInput, TokenLinearBlock
        >>> output = ClassificationHead(name="label")(TokenLinearBlock(name="bag")(TokenInput()))
    """

    asked: ClassVar = {
        "order": lambda hp, shape: hp.Int("order", 1, 4, default=2),
        "rarest": lambda hp, shape: hp.Int("rarest", 1, 3, default=1),
        "counts": lambda hp, shape: hp.Choice("counts", list(COUNTS), default="sublinear"),
        "scale": lambda hp, shape: hp.Choice("scale", list(SCALES), default="odds"),
        "strength": lambda hp, shape: hp.Float(
            "strength", 1.0, 1000.0, default=20.0, sampling="log"
        ),
        "reads": lambda hp, shape: hp.Choice("reads", list(READS), default="both"),
    }

    def __init__(
        self,
        order: int | None = None,
        rarest: int | None = None,
        counts: str | None = None,
        scale: str | None = None,
        strength: float | None = None,
        reads: str | None = None,
        name: str | None = None,
        tunable: bool = True,
    ):
        named = ("counts", counts, COUNTS), ("scale", scale, SCALES), ("reads", reads, READS)
        for argument, value, known in named:
            if value is not None and value not in known:
                raise InputError(
                    f"{argument} must be one of {', '.join(known)} or None. Received: {value!r}"
                )
        pinned = {
            "order": order, "rarest": rarest, "counts": counts, "scale": scale,
            "strength": strength, "reads": reads,
        }  # fmt: skip
        super().__init__(pinned, name, tunable)

    def settings(self, hp: Any, shape: Shape) -> dict[str, Any]:
        """The value of each argument; where there are no letters, tokens are read."""
        asked = [name for name in self.asked if name != "reads" or self._layout("letters")]
        told = {
            name: self.asked[name](hp, shape) if self.pinned[name] is None else self.pinned[name]
            for name in asked
        }
        return {"reads": READS[0], **told}

    def assemble(self, tensor: Any, **settings: Any) -> Any:
        """The layer, on n-grams as long as the tokens ask for."""
        order = settings["order"] + int(bool(self._layout("characters")))
        tokens = self._layout("length") if self._layout("letters") else None
        return TokenLinear(self.classes(), **{**settings, "order": order}, tokens=tokens)(tensor)

    def _layout(self, name: str) -> Any:
        """What the input node's layout says, None where there is none."""
        layout = getattr(self.inputs[0], "layout", None) if self.inputs else None
        return getattr(layout, name, None)

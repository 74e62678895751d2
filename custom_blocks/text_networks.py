"""Two fast networks from token ids to one vector a text: a bag of n-grams, and convolutions.

Both take int32 ids (n, length) in order of falling frequency, 0 for padding and 1 for unknown, as
the text encoder gives them, and give float32 (n, d). They need no layout.
"""

from typing import Any, ClassVar

import keras
from keras import layers, ops

from automl_kit.custom_blocks.searched import SearchedBlock
from automl_kit.custom_blocks.token_features import clip_ids, distinct_ids, known, ngram_ids

BUCKETS = 1 << 15

VOCABULARY = {
    "vocabulary": lambda hp, shape: hp.Choice("vocabulary", [2_000, 5_000, 20_000], default=20_000)
}


def _length(default: int) -> Any:
    """Leading tokens that a network reads: time grows with them, and news come first."""
    return lambda hp, shape: hp.Choice("length", [64, 128, 256, 512], default=default)


def dimension_choice(default: int) -> Any:
    """Size of the embeddings."""
    return lambda hp, shape: hp.Choice("dimension", [16, 32, 64, 128], default=default)


@keras.utils.register_keras_serializable(package="automl_kit")
class NgramBlock(SearchedBlock):
    """A bag of n-grams: each text is the sum of its words' and word sequences' embeddings.

    Joulin et al. (2017), "Bag of tricks for efficient text classification": longer n-grams share
    hashed embeddings. Each n-gram counts once a text, and the sum is divided by the root of their
    number, which keeps long texts from outweighing short ones without making them all alike.

    Args:
        vocabulary: Words known, the most frequent ones.
        order: Words of the longest n-grams.
        dimension: Size of the embeddings.
        units: Units of a dense layer on top; 0 for none, a linear model.
        dropout: Share of the vector's values dropped.
        name: The block's name.
        tunable: Whether its hyperparameters are searched.

    An argument of None is searched.
    """

    widths: ClassVar = ("dimension", "units")
    asked: ClassVar = {
        **VOCABULARY,
        "order": lambda hp, shape: hp.Int("order", 1, 3, default=1),
        "dimension": dimension_choice(32),
        "units": lambda hp, shape: hp.Choice("units", [0, 32, 64, 128], default=0),
        "dropout": lambda hp, shape: hp.Choice("dropout", [0.0, 0.3, 0.5], default=0.3),
    }

    def __init__(
        self,
        vocabulary: int | None = None,
        order: int | None = None,
        dimension: int | None = None,
        units: int | None = None,
        dropout: float | None = None,
        name: str | None = None,
        tunable: bool = True,
    ):
        super().__init__(
            {
                "vocabulary": vocabulary,
                "order": order,
                "dimension": dimension,
                "units": units,
                "dropout": dropout,
            },
            name,
            tunable,
        )

    def assemble(  # type: ignore[override]
        self,
        tensor: Any,
        *,
        vocabulary: int,
        order: int,
        dimension: int,
        units: int,
        dropout: float,
    ) -> Any:
        """Embeds the set of n-grams and sums it."""
        ids = ngram_ids(clip_ids(tensor, vocabulary), order, vocabulary, BUCKETS)
        ids = distinct_ids(ids)
        present = known(ids)
        rows = vocabulary + (BUCKETS if order > 1 else 0)
        embedded = layers.Embedding(rows, dimension)(ids)
        # A product of matrices: the same sum as that of embedded * present without its copies.
        total = ops.squeeze(ops.matmul(ops.transpose(present, (0, 2, 1)), embedded), 1)
        vector = total / ops.sqrt(ops.maximum(ops.sum(present, axis=1), 1.0))
        if dropout:
            vector = layers.Dropout(dropout)(vector)
        if units:
            vector = layers.Dense(units, activation="relu")(vector)
            vector = layers.Dropout(dropout)(vector) if dropout else vector
        return vector


@keras.utils.register_keras_serializable(package="automl_kit")
class TokenConvolutionBlock(SearchedBlock):
    """Convolutions over windows of words, and the largest response of each filter.

    Kim (2014), "Convolutional neural networks for sentence classification", figure 1, with one or
    two layers.

    Args:
        vocabulary: Words known, the most frequent ones.
        length: Leading tokens that are read.
        dimension: Size of the embeddings.
        filters: Filters a layer.
        kernel: Words a window.
        depth: Layers; words are pooled by two between them.
        dropout: Share of whole embedding dimensions, and of the vector's values, dropped.
        name: The block's name.
        tunable: Whether its hyperparameters are searched.

    An argument of None is searched.
    """

    widths: ClassVar = ("dimension", "filters")
    asked: ClassVar = {
        **VOCABULARY,
        "length": _length(256),
        "dimension": dimension_choice(32),
        "filters": lambda hp, shape: hp.Choice("filters", [32, 64, 128], default=64),
        "kernel": lambda hp, shape: hp.Choice("kernel", [2, 3, 5], default=3),
        "depth": lambda hp, shape: hp.Int("depth", 1, 2, default=1),
        "dropout": lambda hp, shape: hp.Choice("dropout", [0.0, 0.2, 0.4], default=0.2),
    }

    def __init__(
        self,
        vocabulary: int | None = None,
        length: int | None = None,
        dimension: int | None = None,
        filters: int | None = None,
        kernel: int | None = None,
        depth: int | None = None,
        dropout: float | None = None,
        name: str | None = None,
        tunable: bool = True,
    ):
        super().__init__(
            {
                "vocabulary": vocabulary,
                "length": length,
                "dimension": dimension,
                "filters": filters,
                "kernel": kernel,
                "depth": depth,
                "dropout": dropout,
            },
            name,
            tunable,
        )

    def assemble(  # type: ignore[override]
        self,
        tensor: Any,
        *,
        vocabulary: int,
        length: int,
        dimension: int,
        filters: int,
        kernel: int,
        depth: int,
        dropout: float,
    ) -> Any:
        """Embeds, convolves, and pools over the text."""
        ids = clip_ids(tensor[:, :length], vocabulary)
        tensor = layers.Embedding(vocabulary, dimension)(ids) * known(ids)
        if dropout:
            tensor = layers.SpatialDropout1D(dropout)(tensor)
        for layer in range(depth):
            if layer:
                tensor = layers.MaxPooling1D(2, padding="same")(tensor)
            tensor = layers.Conv1D(filters, kernel, padding="same", activation="relu")(tensor)
        vector = layers.GlobalMaxPooling1D()(tensor)
        return layers.Dropout(dropout)(vector) if dropout else vector

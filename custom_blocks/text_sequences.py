"""Two networks that read a text word by word: recurrent units, and self-attention.

Both take int32 ids (n, length) in order of falling frequency, 0 for padding and 1 for unknown, as
the text encoder gives them, and give float32 (n, d). They read a text's beginning only: their
time grows with its length more than that of the fast networks.
"""

from typing import Any, ClassVar

import keras
from keras import layers, ops

from automl_kit.custom_blocks.searched import SearchedBlock
from automl_kit.custom_blocks.text_networks import VOCABULARY, dimension_choice
from automl_kit.custom_blocks.token_features import clip_ids, known


@keras.utils.register_keras_serializable(package="automl_kit")
class RecurrentBlock(SearchedBlock):
    """Gated recurrent units that read a text's beginning in both directions.

    Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder", section 2.3.
    The states of all words are pooled by their maximum.

    Args:
        vocabulary: Words known, the most frequent ones.
        length: Leading tokens that are read.
        dimension: Size of the embeddings.
        units: Units in each direction.
        dropout: Share of whole embedding dimensions, and of the vector's values, dropped.
        name: The block's name.
        tunable: Whether its hyperparameters are searched.

    An argument of None is searched.
    """

    widths: ClassVar = ("dimension", "units")
    asked: ClassVar = {
        **VOCABULARY,
        "length": lambda hp, shape: hp.Choice("length", [32, 64, 128], default=64),
        "dimension": dimension_choice(32),
        "units": lambda hp, shape: hp.Choice("units", [16, 32, 64], default=32),
        "dropout": lambda hp, shape: hp.Choice("dropout", [0.0, 0.2, 0.4], default=0.2),
    }

    def __init__(
        self,
        vocabulary: int | None = None,
        length: int | None = None,
        dimension: int | None = None,
        units: int | None = None,
        dropout: float | None = None,
        name: str | None = None,
        tunable: bool = True,
    ):
        super().__init__(
            {
                "vocabulary": vocabulary,
                "length": length,
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
        length: int,
        dimension: int,
        units: int,
        dropout: float,
    ) -> Any:
        """Embeds, reads in both directions, and pools over the text."""
        ids = clip_ids(tensor[:, :length], vocabulary)
        present = known(ids)
        tensor = layers.Embedding(vocabulary, dimension)(ids) * present
        if dropout:
            tensor = layers.SpatialDropout1D(dropout)(tensor)
        tensor = layers.Bidirectional(layers.GRU(units, return_sequences=True, name="gru"))(tensor)
        # States lie in -1 … 1: with 2 taken away, padding never is the largest.
        vector = layers.GlobalMaxPooling1D()(tensor + 2 * (present - 1))
        return layers.Dropout(dropout)(vector) if dropout else vector


@keras.utils.register_keras_serializable(package="automl_kit")
class AttentionBlock(SearchedBlock):
    """One encoder layer of self-attention over a text's beginning, with learned positions.

    Vaswani et al. (2017), "Attention is all you need", section 3.1, normalised before each part
    as in Xiong et al. (2020), "On layer normalization in the transformer architecture". The
    words' vectors are averaged.

    Args:
        vocabulary: Words known, the most frequent ones.
        length: Leading tokens that are read.
        dimension: Size of the embeddings.
        heads: Attention heads; each has dimension / heads, at least 8, numbers a word.
        dropout: Share of values dropped after each part.
        name: The block's name.
        tunable: Whether its hyperparameters are searched.

    An argument of None is searched.
    """

    widths: ClassVar = ("dimension",)
    asked: ClassVar = {
        **VOCABULARY,
        "length": lambda hp, shape: hp.Choice("length", [64, 128, 256], default=128),
        "dimension": dimension_choice(32),
        "heads": lambda hp, shape: hp.Choice("heads", [1, 2, 4], default=2),
        "dropout": lambda hp, shape: hp.Choice("dropout", [0.0, 0.1, 0.3], default=0.1),
    }

    def __init__(
        self,
        vocabulary: int | None = None,
        length: int | None = None,
        dimension: int | None = None,
        heads: int | None = None,
        dropout: float | None = None,
        name: str | None = None,
        tunable: bool = True,
    ):
        super().__init__(
            {
                "vocabulary": vocabulary,
                "length": length,
                "dimension": dimension,
                "heads": heads,
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
        heads: int,
        dropout: float,
    ) -> Any:
        """Embeds words and places, attends, and averages."""
        ids = clip_ids(tensor[:, :length], vocabulary)
        present = known(ids)
        places = layers.Embedding(ids.shape[1], dimension)(ops.arange(ids.shape[1]))
        tensor = layers.Embedding(vocabulary, dimension)(ids) + places
        normal = layers.LayerNormalization()(tensor)
        seen = ops.cast(ops.transpose(present, (0, 2, 1)), "bool")
        attended = layers.MultiHeadAttention(heads, max(8, dimension // heads), dropout=dropout)(
            normal, normal, attention_mask=seen
        )
        tensor = tensor + layers.Dropout(dropout)(attended)
        hidden = layers.Dense(2 * dimension, activation="gelu")(layers.LayerNormalization()(tensor))
        tensor = tensor + layers.Dropout(dropout)(layers.Dense(dimension)(hidden))
        tensor = layers.LayerNormalization()(tensor)
        count = ops.maximum(ops.sum(present, axis=1), 1.0)
        return ops.sum(tensor * present, axis=1) / count

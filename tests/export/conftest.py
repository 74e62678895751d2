"""Three tiny trained models, one a task, as the tasks would make them."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from automl_kit.data import LabelEncoder
from automl_kit.data.schema import Column, ImageSchema, TableSchema, TextSchema
from automl_kit.export import assemble, predict_in_batches, to_raw_inputs
from automl_kit.problems import Classification

layers, ops = keras.layers, keras.ops


@dataclass
class Case:
    """A trained model and what goes into it."""

    encoder: keras.Model
    network: keras.Model
    model: keras.Model
    schema: Any
    classes: list[Any]
    X: Any  # as a user has it

    @property
    def raw(self) -> Any:
        return to_raw_inputs(self.X, self.schema)

    @property
    def expected(self) -> Any:
        """The fitted object's probabilities: encode, then predict with the search's network."""
        encoded = predict_in_batches(self.encoder, self.raw)
        return probabilities(self.network.predict(encoded, verbose=0))

    @property
    def arguments(self) -> dict[str, Any]:
        return {
            "problem": classification(self.classes),
            "schema": self.schema.to_json(),
            "sample": self.raw,
            "expected": self.expected,
        }


def classification(classes: list[Any]) -> Classification:
    return Classification(LabelEncoder().fit(classes))


def probabilities(output: Any) -> Any:
    return np.hstack([1 - output, output]) if output.shape[1] == 1 else output


def make_case(
    encoder: keras.Model, network: keras.Model, schema: Any, classes: list[Any], X: Any
) -> Case:
    raw = to_raw_inputs(X, schema)
    encoded = predict_in_batches(encoder, raw)
    ids = np.arange(len(encoded)) % len(classes)
    binary = network.output.shape[1] == 1
    network.compile("adam", "binary_crossentropy" if binary else "sparse_categorical_crossentropy")
    network.fit(encoded.astype(network.input.dtype), ids, epochs=2, verbose=0)
    model = assemble(encoder, network, classification(classes))
    return Case(encoder, network, model, schema, classes, X)


def table_frame() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age (years)": generator.normal(40, 9, 40),
            "member": generator.random(40) < 0.5,
            "city": generator.choice(["Ulm", "Köln", "Bonn"], 40),
            "joined": pd.date_range("2020-01-01", periods=40),
            "unused": 1,
        }
    )
    frame.loc[3, "age (years)"] = np.nan
    frame.loc[4, "city"] = None
    frame.loc[5, "joined"] = pd.NaT
    return frame


@pytest.fixture(scope="session")
def table() -> Case:
    keras.utils.set_random_seed(0)
    schema = TableSchema(
        (
            Column("age (years)", "number", "age_years"),
            Column("member", "boolean", "member"),
            Column("city", "category", "city"),
            Column("joined", "date", "joined"),
        )
    )
    inputs = {
        c.input: keras.Input((1,), dtype="string" if c.input == "city" else "float32", name=c.input)
        for c in schema.columns
    }
    parts = []
    for name, scale in (("age_years", 0.02), ("member", 1.0), ("joined", 5e-5)):
        missing = ops.isnan(inputs[name])
        parts.append(layers.Rescaling(scale)(ops.where(missing, 0.0, inputs[name])))
        parts.append(ops.cast(missing, "float32"))
    city = layers.StringLookup(vocabulary=["Ulm", "Köln", "Bonn"])(inputs["city"])
    encoder = keras.Model(inputs, layers.Concatenate()([*parts, layers.Rescaling(1.0)(city)]))
    entry = keras.Input((7,))
    hidden = layers.Dense(8, activation="relu")(layers.Rescaling(1.0)(entry))
    network = keras.Model(entry, layers.Dense(3, activation="softmax")(hidden))
    return make_case(encoder, network, schema, ["high", "low", "mid"], table_frame())


@pytest.fixture(scope="session")
def text() -> Case:
    keras.utils.set_random_seed(0)
    texts = ["good film", "bad film, really", "so good", "awful", None, "unseen wörds here"] * 5
    entry = keras.Input((1,), dtype="string", name="text")
    vectorize = layers.TextVectorization(output_sequence_length=6)
    vectorize.adapt(["good film", "bad film really", "so awful"])
    encoder = keras.Model(entry, ops.cast(vectorize(entry), "int32"))
    tokens = keras.Input((6,), dtype="int32")
    vectors = layers.Embedding(vectorize.vocabulary_size(), 8)(tokens)
    output = layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling1D()(vectors))
    network = keras.Model(tokens, output)
    return make_case(encoder, network, TextSchema(), [False, True], texts)


@pytest.fixture(scope="session")
def image() -> Case:
    """On uint8, as AutoKeras builds networks for uint8 arrays; with augmentation and a sigmoid."""
    keras.utils.set_random_seed(0)
    pixels = np.random.default_rng(0).integers(0, 256, (32, 8, 8, 3), dtype=np.uint8)
    entry = keras.Input((None, None, 3), name="image")
    encoder = keras.Model(entry, layers.Resizing(8, 8, antialias=True)(entry))
    given = keras.Input((8, 8, 3), dtype="uint8")
    value = layers.Rescaling([1 / 64] * 3, [-2.0] * 3)(given)
    value = layers.RandomTranslation(0.3, 0.3)(layers.RandomFlip()(value))
    value = layers.BatchNormalization()(layers.Conv2D(4, 3, activation="relu")(value))
    logit = layers.Dense(1)(layers.GlobalAveragePooling2D()(value))
    network = keras.Model(given, layers.Activation("sigmoid")(logit))
    return make_case(encoder, network, ImageSchema(8, 8, 3, 0.0, 255.0), [3, 7], pixels)


@pytest.fixture(params=["table", "text", "image"])
def case(request: pytest.FixtureRequest) -> Case:
    fitted: Case = request.getfixturevalue(request.param)
    return fitted

"""What the tasks write: formats that hold every column, whatever its name and width."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from small_images import SMALL

from automl_kit import ImageClassifier, StructuredDataClassifier, TextClassifier
from automl_kit.custom_blocks import TABLE_PRESETS
from automl_kit.data import to_raw
from automl_kit.errors import InputError


def rows(n=60, towns=3):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "a": rng.normal(size=n),
            "town": [f"t{k % towns}" for k in range(n)],
            "b": np.arange(n) % 2,
        }
    )


@pytest.mark.parametrize(("preset", "towns"), [(0, 30), (2, 2)])
def test_litert_holds_tables_with_categories(preset, towns, tmp_path):
    x = rows(towns=towns)
    classifier = StructuredDataClassifier(
        max_trials=1, epochs=1, seed=0, verbose=0, initial_hps=[TABLE_PRESETS[preset]]
    )
    classifier.fit(x, np.where(x.a > 0, "p", "n"))
    # It is run again, and what it answers compared.
    assert classifier.export_model(tmp_path / "m.tflite").exists()


def test_times_and_dates_are_the_same_to_keras_alone_and_to_litert(tmp_path):
    n = np.arange(60)
    x = pd.DataFrame(
        {
            "ms": 1_700_000_000_000 + n * 10,
            "when": pd.Timestamp("2024-05-31 10:00") + pd.to_timedelta(n * 61 + n % 2, "s"),
            "day": (pd.Timestamp("2023-01-01") + pd.to_timedelta(n * 13, "D")).strftime("%d.%m.%Y"),
        }
    )
    x.loc[[5, 50], ["ms", "when"]] = None
    classifier = StructuredDataClassifier(max_trials=1, epochs=1, seed=0, verbose=0)
    classifier.fit(x, np.where(n < 30, "p", "n"))
    classifier.export_model(tmp_path / "m.tflite")
    back = keras.models.load_model(classifier.export_model(tmp_path / "m.keras"))
    feed = to_raw(x, classifier.schema_)
    assert {name: values.dtype for name, values in feed.items()} == {
        "ms": "int64",
        "when": "int64",
        "day": "float32",
    }
    expected = classifier.predict_proba(x)
    np.testing.assert_allclose(back.predict(feed, verbose=0), expected, atol=1e-6)
    runner = tf.lite.Interpreter(str(tmp_path / "m.tflite")).get_signature_runner()
    np.testing.assert_allclose(runner(**feed)["probabilities"], expected, atol=1e-5)


@pytest.mark.parametrize("name", ["network", "probabilities", "inputs"])
def test_a_column_may_be_called_as_a_layer_is(name, tmp_path):
    x = rows().rename(columns={"a": name, "b": "concatenate"})
    classifier = StructuredDataClassifier(max_trials=1, epochs=1, seed=0, verbose=0)
    classifier.fit(x, np.where(x[name] > 0, "p", "n"))
    back = keras.models.load_model(classifier.export_model(tmp_path / "m.keras"))
    assert set(back.output_names) <= {"probabilities"}


def test_images_are_trained_whatever_the_order_of_channels_is_set_to(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 255, (24, 8, 8, 3)).astype("uint8")
    keras.config.set_image_data_format("channels_first")
    try:
        classifier = ImageClassifier(max_trials=1, epochs=1, seed=0, verbose=0, initial_hps=[SMALL])
        classifier.fit(x, np.arange(24) % 2)
        path = classifier.export_model(tmp_path / "m.keras")
        assert keras.config.image_data_format() == "channels_first"
    finally:
        keras.config.set_image_data_format("channels_last")
    expected = classifier.predict_proba(x)
    for order in ("channels_last", "channels_first"):
        keras.config.set_image_data_format(order)
        try:
            back = keras.models.load_model(path)
            np.testing.assert_allclose(back.predict(x, verbose=0), expected, atol=1e-6)
        finally:
            keras.config.set_image_data_format("channels_last")


TEXTS = pd.DataFrame(
    {"id": range(24), "review": ["good film", "bad film"] * 12, "by": ["x", "y", "z"] * 8}
)


def test_a_text_model_knows_its_column(tmp_path):
    table = TEXTS.assign(sentiment=["pos", "neg"] * 12)
    path = tmp_path / "r.csv"
    table.to_csv(path, index=False)
    quick = {"max_trials": 1, "epochs": 1, "seed": 0, "verbose": 0}
    with pytest.raises(InputError, match=r"Can't tell which column .*text_column="):
        TextClassifier(**quick).fit(path, "sentiment")
    classifier = TextClassifier(**quick, text_column="review").fit(path, "sentiment")
    expected = classifier.predict(TEXTS.review)
    for data in (path, table, TEXTS, list(TEXTS.review), TEXTS[["review"]]):
        assert (classifier.predict(data) == expected).all()
    assert classifier.predict("good film").tolist() == expected[:1].tolist()
    assert classifier.score(path, "sentiment") == classifier.score(TEXTS.review, table.sentiment)
    with pytest.raises(InputError, match="There is no file"):
        classifier.predict("gone.csv")


def test_a_file_that_is_no_image_keeps_its_row(tmp_path):
    from PIL import Image

    for kind, grey in (("p", 40), ("q", 220)):
        (tmp_path / "set" / kind).mkdir(parents=True)
        for number in range(10):
            Image.new("L", (6, 6), grey + number).save(tmp_path / "set" / kind / f"{number}.png")
    classifier = ImageClassifier(max_trials=1, epochs=1, seed=0, verbose=0, initial_hps=[SMALL])
    classifier.fit(tmp_path / "set")
    files = sorted((tmp_path / "set").rglob("*.png"))
    whole = classifier.predict(files)
    files[3].write_bytes(b"no image")
    files[7].unlink()
    with pytest.warns(UserWarning, match=r"No prediction for .*3\.png: not an image"):
        answers = classifier.predict(files)
    expected = [None if place in (3, 7) else label for place, label in enumerate(whole)]
    assert answers.tolist() == expected
    with pytest.warns(UserWarning, match="No such file"):
        shares = classifier.predict_proba(list(map(str, files)))
    assert np.isnan(shares).any(axis=1).nonzero()[0].tolist() == [3, 7]

import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_kit.errors import InputError
from automl_kit.tasks.encoders.text import fit_encoder

TEXTS = ["The cat sat.", "the cat, the dog", "a dog", "the end"]


def strings(texts: list[str]) -> np.ndarray:
    return np.array(texts, dtype=object)


def encode(model: keras.Model, texts: list[str]) -> np.ndarray:
    return np.asarray(model(tf.constant(texts)[:, None]))


def test_ids_are_in_order_of_frequency():
    encoder, layout = fit_encoder(strings(TEXTS))
    assert layout.length == 4
    assert layout.vocabulary_size == 2 + len({"the", "cat", "sat", "dog", "a", "end"})
    ids = encode(encoder, ["THE the unseen", "", "cat dog the"])
    assert ids.dtype == np.int32
    assert ids[0].tolist() == [2, 2, 1, 0]
    assert ids[1].tolist() == [0, 0, 0, 0]
    assert sorted(ids[2, :2].tolist()) == [3, 4]


def test_input_is_one_named_string():
    encoder, layout = fit_encoder(strings(TEXTS))
    assert [(tensor.name, tensor.shape, tensor.dtype) for tensor in encoder.inputs] == [
        ("text", (None, 1), "string")
    ]
    assert encoder.output_shape == (None, layout.length)


def test_vocabulary_and_length_can_be_given():
    encoder, layout = fit_encoder(strings(TEXTS), max_tokens=4, length=2)
    assert (layout.vocabulary_size, layout.length) == (4, 2)
    assert encode(encoder, ["the cat sat end"]).shape == (1, 2)
    assert encode(encoder, TEXTS).max() <= 3


def test_length_holds_nearly_all_texts_and_has_a_bound():
    counts = [*range(1, 101), 5_000]
    _, layout = fit_encoder(strings(["word " * count for count in counts]))
    assert layout.length == np.ceil(np.percentile(counts, 98))
    _, layout = fit_encoder(strings(["word " * 3_000] * 3))
    assert layout.length == 512


@pytest.mark.parametrize(
    "text", ["東京は日本の首都です。", "ภาษาไทยไม่เว้นวรรค", "我们喜欢机器学习", "ﾖｲｴｲｶﾞﾃﾞｼﾀ", "𠮷𠮟"]
)
def test_scripts_without_spaces_are_read_by_character(text):
    encoder, layout = fit_encoder(strings([text, text[:4]]))
    assert layout.length == len(text)
    assert (encode(encoder, [text]) > 1).all()


@pytest.mark.parametrize("text", ["Ταχεία αλεπού", "быстрая лиса", "schnelle Füchse 東京"])
def test_other_scripts_are_read_by_word(text):
    encoder, layout = fit_encoder(strings([text]))
    assert layout.length == len(text.split())
    assert (encode(encoder, [text]) > 1).all()


@pytest.mark.parametrize("texts", [[], ["", ""], ["...", "!"]])
def test_texts_without_words_are_refused(texts):
    with pytest.raises(InputError, match="training texts"):
        fit_encoder(strings(texts))


def test_saved_file_loads_in_another_process_without_automl_kit(tmp_path: Path):
    encoder, _ = fit_encoder(strings([*TEXTS, "naïve Ünïcode"]))
    encoder.save(tmp_path / "encoder.keras")
    script = (
        "import sys, keras, numpy, tensorflow as tf\n"
        "model = keras.models.load_model(sys.argv[1])\n"
        "ids = model(tf.constant([['the naïve dog'], ['']]))\n"
        "assert not any(name.startswith('automl_kit') for name in sys.modules)\n"
        "numpy.save(sys.argv[2], ids)\n"
    )
    arguments = [str(tmp_path / "encoder.keras"), str(tmp_path / "ids.npy")]
    subprocess.run([sys.executable, "-c", script, *arguments], check=True, cwd=tmp_path)
    ids = np.load(tmp_path / "ids.npy", allow_pickle=False)
    np.testing.assert_array_equal(ids, encode(encoder, ["the naïve dog", ""]))
    assert (ids[0, :3] > 1).all()


@pytest.mark.parametrize("texts", [TEXTS, ["東京は日本", "日本"]])
def test_saved_model_gives_the_same_ids(tmp_path: Path, texts: list[str]):
    encoder, _ = fit_encoder(strings(texts))
    encoder.export(tmp_path / "saved", verbose=False)
    served = tf.saved_model.load(tmp_path / "saved").serve(tf.constant(texts)[:, None])
    np.testing.assert_array_equal(served, encode(encoder, texts))


@pytest.mark.parametrize(
    "text", ["良い映画。\nまた見たい。", "a\u2028b c", "a\x85b c", "größe ∑ 😀", 'say "x\\n" \t']
)
def test_tokens_of_any_character_come_back_from_the_file(tmp_path, text):
    encoder, _ = fit_encoder(strings([text, text[::-1]]))
    encoder.save(tmp_path / "m.keras")
    back = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(encode(back, [text]), encode(encoder, [text]))
    with zipfile.ZipFile(tmp_path / "m.keras") as file:
        # Keras writes vocabularies there, in the encoding of the locale.
        assert not [name for name in file.namelist() if name.startswith("assets")]

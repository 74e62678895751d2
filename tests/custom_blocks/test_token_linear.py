"""Linear models on n-grams: scikit-learn's probabilities, from layers of Keras alone."""

import keras
import keras_tuner
import numpy as np
import pytest
import scipy.sparse as sp
import tensorflow as tf
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

import automl_kit as ak
from automl_kit.custom_blocks import (
    ClassificationHead,
    TextBlock,
    TokenInput,
    TokenLayout,
    TokenLinearBlock,
)
from automl_kit.custom_blocks import token_linear as module
from automl_kit.custom_blocks.ngram_weights import class_scale
from automl_kit.custom_blocks.token_linear import TokenLinear
from automl_kit.errors import InputError
from automl_kit.export.stock import require_stock

LENGTH = 20


def texts(classes, n=300, seed=0):
    """Token ids whose frequencies depend on the class a little; and classes."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    ids = 2 + (rng.zipf(1.5, (n, LENGTH)) * (1 + labels[:, None] % 3)) % 60
    ids[np.arange(LENGTH) >= rng.integers(2, LENGTH + 1, (n, 1))] = 0
    return ids.astype("int32"), labels


def words(ids):
    return [" ".join(f"w{token}" for token in row if token) for row in ids.tolist()]


def probabilities(layer, ids):
    return np.asarray(keras.ops.softmax(layer(ids)))


def fitted(layer, ids, labels, weights=None):
    layer.build(ids.shape)
    layer.fit_to(ids, labels, weights, seed=0)
    return layer


@pytest.fixture
def exact(monkeypatch):
    """Solvers that go on until two of them agree."""
    monkeypatch.setattr(module, "_TOLERANCE", 1e-8)
    return LogisticRegression(C=20.0, solver="liblinear", tol=1e-8, max_iter=5000)


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("counts", ["sublinear", "binary"])
@pytest.mark.parametrize(("order", "rarest"), [(1, 1), (2, 2), (3, 1)])
def test_it_is_one_against_the_rest_on_tf_idf(exact, classes, counts, order, rarest):
    ids, labels = texts(classes)
    of = TfidfVectorizer(
        ngram_range=(1, order), min_df=rarest, sublinear_tf=counts == "sublinear",
        binary=counts == "binary",
    )  # fmt: skip
    model = exact if classes == 2 else OneVsRestClassifier(exact)
    model.fit(of.fit_transform(words(ids[:200])), labels[:200])
    layer = TokenLinear(classes, order, rarest, counts, strength=20.0)
    found = probabilities(fitted(layer, ids[:200], labels[:200]), ids)
    np.testing.assert_allclose(found, model.predict_proba(of.transform(words(ids))), atol=1e-5)


@pytest.mark.parametrize("scale", ["odds", "evidence"])
def test_scaled_features_are_fitted_for_each_class(exact, scale):
    ids, labels = texts(3)
    weights = np.where(labels == 1, 3.0, 1.0)
    of = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    x = of.fit_transform(words(ids))
    parts = []
    for number in range(3):
        factors = sp.diags(class_scale(x, labels == number, scale, weights))
        model = exact.fit(x @ factors, labels == number, sample_weight=weights)
        parts.append(model.predict_proba(x @ factors)[:, 1])
    expected = np.stack(parts, axis=1)
    expected /= expected.sum(axis=1, keepdims=True)
    layer = fitted(TokenLinear(3, 2, 2, scale=scale, strength=20.0), ids, labels, weights)
    np.testing.assert_allclose(probabilities(layer, ids), expected, atol=1e-5)


def spelled(said, tokens):
    """Ids of words, w0 … by their number, and behind them the letters of what they are."""
    ids = np.zeros((len(said), tokens + 100), "int32")
    for row, text in zip(ids, said, strict=True):
        numbers = [2 + int(word[1:], 36) for word in text.split()]
        row[: len(numbers)] = numbers
        letters = [2, *(2 if one == " " else 3 + int(one, 36) for one in text), 2]
        row[tokens : tokens + len(letters)] = letters
    return ids


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("reads", ["letters", "both"])
@pytest.mark.parametrize("counts", ["sublinear", "binary"])
def test_letters_are_those_of_char_wb(exact, classes, reads, counts):
    rng = np.random.default_rng(0)
    labels = np.arange(200) % classes
    said = [
        " ".join(
            f"w{np.base_repr(n, 36).lower()}" for n in 40 * (1 + label) + rng.zipf(1.3, 9) % 90
        )
        for label in labels
    ]
    options = {"sublinear_tf": counts == "sublinear", "binary": counts == "binary"}
    parts = [TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, **options)]
    if reads == "both":
        parts.append(TfidfVectorizer(ngram_range=(1, 2), **options))
    x = sp.hstack([part.fit_transform(said[:150]) for part in parts])
    model = exact if classes == 2 else OneVsRestClassifier(exact)
    model.fit(x, labels[:150])
    expected = model.predict_proba(sp.hstack([part.transform(said) for part in parts]))
    ids = spelled(said, 9)
    layer = TokenLinear(classes, 2, 1, counts, strength=20.0, reads=reads, tokens=9)
    found = probabilities(fitted(layer, ids[:150], labels[:150]), ids)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    require_stock(layer.stock())
    np.testing.assert_array_equal(layer.stock()(ids), layer(ids))


def test_odds_that_say_little_are_left_out():
    """In 12 of 20 texts of the class and 10 of 20 others, odds of 1.2 to 1."""
    x, inside = np.zeros((40, 1)), np.arange(40) < 20
    x[:12], x[20:30] = 1, 1
    assert class_scale(sp.csr_matrix(x), inside, "odds").tolist() == [0]


def test_scales_by_hand():
    """10 texts of class 1 of 40: one n-gram in each of them, one in every text, one in one text."""
    x = np.zeros((40, 3))
    inside = np.arange(40) < 10
    x[inside, 0], x[:, 1], x[0, 2] = 0.5, 0.5, 0.5
    x = sp.csr_matrix(x)
    odds = [np.log(10.25 / 0.75) - np.log(1 / 3), 0, np.log(1.25 / 0.75) - np.log(1 / 3)]
    np.testing.assert_allclose(class_scale(x, inside, "odds"), odds, atol=1e-12)
    np.testing.assert_allclose(
        class_scale(x, inside, "evidence"), [np.log(11 / 3.5) - 1 / np.sqrt(11), 0, 0], atol=1e-12
    )
    np.testing.assert_array_equal(class_scale(x, inside, "plain"), [1, 1, 1])


def test_a_rare_class_told_by_one_word_is_found():
    """40 of 800 texts hold the word, and others that only they hold by chance."""
    rng = np.random.default_rng(0)
    ids = rng.integers(10, 500, (1200, 30)).astype("int32")
    labels = (np.arange(1200) % 20 == 0).astype(int)
    ids[labels == 1, 7] = 7
    layer = TokenLinear(2, 1, 1, scale="evidence", strength=300.0)
    found = probabilities(fitted(layer, ids[:800], labels[:800]), ids[800:])
    assert (found.argmax(axis=1) == labels[800:]).all()


@pytest.mark.parametrize("seen", [[0, 2], [0, 2, 3], [1]])
def test_a_class_without_texts_is_all_but_impossible(seen):
    ids, labels = texts(4)
    kept = np.isin(labels, seen)
    found = probabilities(fitted(TokenLinear(4), ids[kept], labels[kept]), ids)
    absent = [number for number in range(4) if number not in seen]
    assert (found[:, absent] < 1e-6).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


def test_texts_of_unknown_words_alone_get_the_intercepts():
    ids, labels = texts(3)
    layer = fitted(TokenLinear(3), ids, labels)
    odd = np.zeros((3, LENGTH), "int32")
    odd[1], odd[2] = 1, 70  # unknown; known to the vocabulary, but in no training text
    found = probabilities(layer, odd)
    assert np.isfinite(found).all()
    # Rows of one product may differ by a rounding.
    np.testing.assert_allclose(found[1:], found[:1].repeat(2, axis=0), atol=1e-7)


@pytest.mark.parametrize("counts", ["sublinear", "binary"])
def test_stock_layers_litert_and_saved_weights_say_the_same(counts, tmp_path):
    ids, labels = texts(3)

    def network():
        entry = keras.Input((LENGTH,), dtype="int32")
        return keras.Model(entry, TokenLinear(3, 2, 1, counts, "odds")(entry))

    first, second = network(), network()
    first.layers[-1].fit_to(ids, labels, None, seed=0)
    assert not np.asarray(second(ids)).any()  # not fitted yet
    first.save_weights(tmp_path / "w.weights.h5")
    second.load_weights(tmp_path / "w.weights.h5")
    np.testing.assert_array_equal(second(ids), first(ids))
    stock = second.layers[-1].stock()
    require_stock(stock)
    stock.save(tmp_path / "m.keras")
    back = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(back(ids), first(ids))
    stock.export(tmp_path / "m.tflite", format="litert", verbose=False)
    runner = tf.lite.Interpreter(str(tmp_path / "m.tflite")).get_signature_runner()
    (answer,) = runner(ids=ids).values()
    np.testing.assert_allclose(answer, first(ids), atol=1e-5)


def test_the_block_passes_the_standard_check(check_block):
    ids, _ = texts(3, 30)
    check_block(TokenLinearBlock(name="b"), TokenInput(TokenLayout(70, LENGTH)), ids, rank=2)


def test_networks_read_the_tokens_alone():
    """Letters change nothing that a network says of the tokens in front of them."""
    node = TokenInput(TokenLayout(70, LENGTH, letters=100))
    ids = spelled(["wa wb", "wa wc wc"], LENGTH)
    block = TextBlock("ngrams", name="text")
    ClassificationHead(num_classes=3)(block(node))
    entry = keras.Input(ids.shape[1:], dtype="int32")
    network = keras.Model(entry, block.build(keras_tuner.HyperParameters(), entry))
    other = np.where(np.arange(ids.shape[1]) < LENGTH, ids, 7).astype("int32")
    np.testing.assert_array_equal(network(other), network(ids))


def test_the_block_with_letters_passes_the_standard_check(check_block):
    ids = spelled(["wa wb", "wa wc wc", "wb"] * 10, LENGTH)
    node = TokenInput(TokenLayout(70, LENGTH, letters=100))
    check_block(TokenLinearBlock(name="b"), node, ids, rank=2, draws=1)


@pytest.mark.parametrize(("letters", "reads"), [(0, "tokens"), (100, "letters")])
def test_letters_are_read_where_there_are_some(letters, reads):
    node = TokenInput(TokenLayout(70, LENGTH, letters=letters))
    block = TokenLinearBlock(reads="letters", name="b")
    ClassificationHead(num_classes=3)(block(node))
    hp = keras_tuner.HyperParameters()
    built = block.build(hp, keras.Input((LENGTH + letters,), dtype="int32"))
    assert built._keras_history.operation.reads == reads
    assert "reads" not in hp.values


@pytest.mark.parametrize(("characters", "order"), [(False, 2), (True, 3)])
def test_characters_have_longer_ngrams(characters, order):
    node = TokenInput(TokenLayout(70, LENGTH, characters))
    for block in (TokenLinearBlock(order=2, name="b"), TextBlock("linear", name="text")):
        ClassificationHead(num_classes=3)(block(node))
        entry = keras.Input((LENGTH,), dtype="int32")
        built = block.build(keras_tuner.HyperParameters(), entry)
        assert built._keras_history.operation.order == order


def test_names_that_there_are_not():
    with pytest.raises(InputError, match="scale must be one of plain, odds, evidence or None"):
        TokenLinearBlock(scale="bayes")
    with pytest.raises(InputError, match="reads must be one of tokens, letters, both or None"):
        TokenLinearBlock(reads="words")
    with pytest.raises(InputError, match="counts must be one of sublinear, binary or None"):
        TokenLinearBlock(counts="log")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_search_ends_in_a_file_of_the_same_answers(language, tmp_path):
    parts = {"en": ("good", "bad", "film ", "play "), "ja": ("良い", "悪い", "映画", "劇")}[
        language
    ]
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    said = ["".join(rng.choice(parts[2:], 5)) + parts[label] for label in labels]
    found = ak.TextClassifier(max_trials=1, tuner="random", seed=0, verbose=0).fit(said, labels)
    first = found.leaderboard().iloc[0]
    assert first["text/architecture"] == "linear"
    assert first.get("text/linear/reads") == {"en": "both", "ja": None}[language]
    assert found.score(said, labels) == 1
    loaded = ak.load_model(found.export_model(tmp_path / "m.keras"))
    np.testing.assert_array_equal(loaded.predict_proba(said), found.predict_proba(said))
    found.export_model(tmp_path / "saved")  # It is run again, and its answers compared.

import dataclasses

import autokeras as ak
import keras
import keras_tuner
import numpy as np
import pytest
from keras import ops

from automl_kit.custom_blocks import (
    TEXT_PRESETS,
    AttentionBlock,
    ClassificationHead,
    NgramBlock,
    RecurrentBlock,
    TextBlock,
    TokenConvolutionBlock,
    TokenInput,
    TokenLayout,
    presets_for_texts,
    token_evidence,
)
from automl_kit.custom_blocks.token_features import clip_ids, distinct_ids, ngram_ids
from automl_kit.errors import InputError

LAYOUT = TokenLayout(vocabulary_size=50, length=12)
NETWORK_PRESET = next(p for p in TEXT_PRESETS if p["text/architecture"] == "ngrams")
NETWORKS = [NgramBlock, TokenConvolutionBlock, RecurrentBlock, AttentionBlock]


def tokens(n: int = 16, seed: int = 0) -> np.ndarray:
    """Texts of 0 to 12 tokens: the first one empty, the second one of unknown words."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(1, LAYOUT.vocabulary_size, size=(n, LAYOUT.length))
    ids[np.arange(LAYOUT.length) >= rng.integers(1, LAYOUT.length + 1, size=(n, 1))] = 0
    ids[:2] = [[0], [1]]
    return ids.astype("int32")


def node_with_evidence(classes: int = 3) -> TokenInput:
    node, data = TokenInput(LAYOUT), tokens(200)
    node.evidence = token_evidence(data, np.arange(200) % classes, LAYOUT.vocabulary_size)
    return node


def model_of(block, node: TokenInput, length: int = 12, hp=None, head: bool = True) -> keras.Model:
    ClassificationHead(num_classes=3)(block(node)) if head else block(node)
    ids = keras.Input((length,), dtype="int32")
    return keras.Model(ids, block.build(hp or keras_tuner.HyperParameters(), ids))


@pytest.mark.parametrize("kind", NETWORKS)
def test_networks_pass_the_standard_check(check_block, kind):
    check_block(kind(name="b"), TokenInput(LAYOUT), tokens(), rank=2, draws=2)


@pytest.mark.parametrize("node", [TokenInput(LAYOUT), TokenInput(), node_with_evidence()])
def test_text_block_passes_the_standard_check(check_block, node):
    check_block(TextBlock(name="text"), node, tokens(), rank=2, draws=4)


@pytest.mark.parametrize("kind", NETWORKS)
def test_texts_of_one_word_work(kind):
    model = model_of(kind(name="b"), TokenInput(), length=1)
    out = model.predict_on_batch(np.array([[3], [4], [0], [0]], "int32"))
    assert np.isfinite(out).all()
    assert np.abs(out[0] - out[1]).max() > 0
    np.testing.assert_array_equal(out[2], out[3])


@pytest.mark.parametrize("kind", NETWORKS)
def test_padding_changes_nothing(kind):
    """A text's vector depends on its words alone, not on how many padding places follow."""
    model = model_of(kind(vocabulary=50, dropout=0.0, name="b"), TokenInput(), length=12)
    short = tokens()[:, :]
    short[:, 6:] = 0
    changed = model.predict_on_batch(short)
    embeddings = [layer for layer in model.layers if isinstance(layer, keras.layers.Embedding)]
    for layer in embeddings:
        if layer.input_dim >= 50:
            table = layer.get_weights()[0]
            table[:2] += 5.0
            layer.set_weights([table])
    rows = [row for row in range(len(short)) if not (short[row] == 1).any() and short[row].any()]
    assert len(rows) > 3
    np.testing.assert_allclose(model.predict_on_batch(short)[rows], changed[rows], atol=1e-5)


def test_words_beyond_the_vocabulary_are_unknown():
    ids = ops.convert_to_tensor([[2, 9, 10, 49, 1, 0]])
    assert np.asarray(clip_ids(ids, 10)).tolist() == [[2, 9, 1, 1, 1, 0]]


def test_ngrams_are_hashed_and_end_where_the_text_ends():
    ids = ops.convert_to_tensor([[5, 6, 5, 6, 0], [6, 5, 0, 0, 0]], "int32")
    out = np.asarray(ngram_ids(ids, 3, vocabulary=10, buckets=1 << 15))
    assert out.shape == (2, 5 + 4 + 3)
    pairs, triples = out[:, 5:9], out[:, 9:]
    assert pairs[0, 0] == pairs[0, 2] >= 10
    assert pairs[0, 1] == pairs[1, 0] != pairs[0, 0]
    assert pairs[0, 3] == 0
    assert pairs[1, 1:].tolist() == [0, 0, 0]
    assert (triples[0, :2] >= 10).all()
    assert triples[0, 0] != triples[0, 1]
    assert triples[0, 2] == 0
    assert not triples[1].any()


def test_ngram_hashes_stay_in_range_and_rarely_meet():
    rng = np.random.default_rng(0)
    ids = rng.integers(2, 65_521, size=(1_000, 2)).astype("int32")
    out = np.asarray(ngram_ids(ops.convert_to_tensor(ids), 2, vocabulary=65_521, buckets=1 << 15))
    expected = 65_521 + (ids[:, 0].astype("int64") * 30_011 + ids[:, 1]) % 65_521 % (1 << 15)
    np.testing.assert_array_equal(out[:, 2], expected)
    # 1,000 balls in 32,768 bins fill 985 of them on average.
    assert len(set(out[:, 2].tolist())) > 970


def test_distinct_ids_are_each_there_once():
    out = np.asarray(distinct_ids(ops.convert_to_tensor([[7, 3, 7, 0, 7], [1, 1, 2, 2, 3]])))
    assert out.tolist() == [[0, 3, 7, 0, 0], [1, 0, 2, 0, 3]]


def test_bag_ignores_order_and_repetition():
    model = model_of(NgramBlock(vocabulary=50, order=1, name="b"), TokenInput(), length=4)
    data = np.array([[4, 5, 6, 0], [6, 4, 5, 0], [4, 5, 6, 6]], "int32")
    out = model.predict_on_batch(data)
    np.testing.assert_allclose(out[1:], np.stack([out[0]] * 2), atol=1e-6)


def test_longer_ngrams_see_order():
    model = model_of(NgramBlock(vocabulary=50, order=2, name="b"), TokenInput(), length=4)
    out = model.predict_on_batch(np.array([[4, 5, 6, 0], [6, 4, 5, 0]], "int32"))
    assert np.abs(out[0] - out[1]).max() > 1e-3


def test_evidence_of_tokens():
    """Against the formula by hand: token 2 in 10 of 10 texts of class 0 and in no other of 30."""
    data = np.array([[2, 2, 3]] * 10 + [[3, 1, 0]] * 30)
    evidence = token_evidence(data, np.repeat([0, 1], [10, 30]), 5)
    assert evidence.shape == (5, 2)
    assert evidence.dtype == np.float32
    assert evidence[2, 0] == pytest.approx(np.log(11 / 3.5) - 1 / np.sqrt(11))
    assert evidence[2, 1] == pytest.approx(np.log(1 / 8.5) + 1 / np.sqrt(8.5))
    assert not evidence[[0, 1, 3, 4]].any()  # padding, unknown, in every text, in none


def test_a_token_seen_once_is_no_evidence():
    data = np.full((100, 1), 3)
    data[0] = 2
    assert not token_evidence(data, np.arange(100) // 50, 4).any()


def test_evidence_reaches_the_network_and_stays_fixed():
    node = node_with_evidence()
    model = model_of(TextBlock(architecture="ngrams", evidence=8, name="text"), node)
    (fixed,) = [weight for weight in model.weights if weight.shape == node.evidence.shape]
    np.testing.assert_array_equal(fixed, node.evidence)
    assert not fixed.trainable
    without = model_of(TextBlock(architecture="ngrams", evidence=0, name="text"), node)
    assert model.output_shape[1] == without.output_shape[1] + 16


def test_a_rare_class_told_by_one_word_is_found():
    """40 of 800 texts hold the word; a bag of embeddings alone learns the others' noise."""
    rng = np.random.default_rng(0)

    def sample(n):
        data = rng.integers(10, 500, size=(n, 30)).astype("int32")
        labels = (np.arange(n) % 20 == 0).astype(int)
        data[labels == 1, rng.integers(0, 30, size=labels.sum())] = 7
        return data, labels

    (x, y), (x_test, y_test) = sample(800), sample(400)
    keras.utils.set_random_seed(0)
    node = TokenInput(TokenLayout(500, 30))
    node.evidence = token_evidence(x, y, 500)
    hp = keras_tuner.HyperParameters()
    hp.values.update(NETWORK_PRESET)
    body = model_of(TextBlock(name="text"), node, length=30, hp=hp)
    output = keras.layers.Dense(2, activation="softmax")(body.output)
    model = keras.Model(body.input, output)
    model.compile(keras.optimizers.AdamW(1e-2), "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=5, verbose=0)
    assert (model.predict(x_test, verbose=0).argmax(axis=1) == y_test).mean() > 0.99


def test_only_the_chosen_architecture_is_active():
    hp = keras_tuner.HyperParameters()
    model_of(TextBlock(name="text"), node_with_evidence(), hp=hp)
    names = {parameter.name for parameter in hp.space}
    assert {"text/architecture", "text/evidence", "text/ngrams/order"} <= names
    assert {"text/convolution/kernel", "text/recurrent/units", "text/attention/heads"} <= names
    active = set(hp.values) - {"text/architecture"}
    assert active == {name for name in names if name.startswith("text/linear/")}
    hp.values["text/architecture"] = "ngrams"
    active = {parameter.name for parameter in hp.space if hp.is_active(parameter)}
    below = {name for name in names if name.startswith("text/ngrams/")}
    assert active == {"text/architecture", "text/evidence", *below}


def test_the_linear_model_is_searched_right_before_a_head_alone():
    """Elsewhere its scores of the training texts would be taken for those of new ones."""
    merged, alone = TextBlock(name="text"), TextBlock(name="text")
    node = TokenInput(LAYOUT)
    ClassificationHead(num_classes=3)(ak.Merge()([merged(node), ak.Normalization()(node)]))
    for block, head in ((merged, False), (alone, False), (TextBlock(name="text"), True)):
        hp = keras_tuner.HyperParameters()
        if block is merged:
            ids = keras.Input((12,), dtype="int32")
            block.build(hp, ids)
        else:
            model_of(block, node, hp=hp, head=head)
        assert ("linear" in hp.space[0].values) == head


PLAIN, SPELLED = LAYOUT, dataclasses.replace(LAYOUT, letters=20)


@pytest.mark.parametrize(
    ("layout", "preset"),
    [(layout, preset) for layout in (PLAIN, SPELLED) for preset in presets_for_texts(layout)],
)
def test_presets_are_points_of_the_space(layout, preset):
    hp, node = keras_tuner.HyperParameters(), node_with_evidence()
    node.layout = layout
    hp.values.update(preset)
    model_of(TextBlock(name="text"), node, layout.length + layout.letters, hp=hp)
    space = {parameter.name: parameter for parameter in hp.space}
    own = {name: value for name, value in preset.items() if name.startswith("text/")}
    assert {name for name in hp.values if name.startswith("text/")} == set(own)
    for name, value in own.items():
        parameter = space[name]
        if hasattr(parameter, "min_value"):
            assert parameter.min_value <= value <= parameter.max_value, name
        else:
            assert value in parameter.values, name
    assert set(preset) - set(own) == {"learning_rate", "weight_decay"}


def test_default_is_the_first_preset():
    hp, node = keras_tuner.HyperParameters(), node_with_evidence()
    node.layout = SPELLED
    model_of(TextBlock(name="text"), node, LAYOUT.length + 20, hp=hp)
    first = presets_for_texts(node.layout)[0]
    assert hp.values == {name: v for name, v in first.items() if name.startswith("text/")}


def test_unknown_architecture_is_refused():
    with pytest.raises(InputError, match="architecture must be one of linear, ngrams, convolution"):
        TextBlock(architecture="bert")

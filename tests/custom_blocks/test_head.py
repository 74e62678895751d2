import autokeras as ak
import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf

from automl_kit.custom_blocks import ClassificationHead, ImageInput, TableInput
from automl_kit.errors import InputError


def set_classes(head: ClassificationHead) -> None:
    head.shape = (np.int64(3),)  # what AutoKeras hands over, and Keras 3.15 refuses as units


@pytest.mark.parametrize("shape", [(5,), (4, 5), (4, 3, 2), (2, 3, 2, 2)])
def test_standard_check(check_block, shape):
    data = np.random.default_rng(0).normal(size=(8, *shape)).astype("float32")
    check_block(ClassificationHead(name="out"), TableInput(), data, rank=2, prepare=set_classes)


def test_output_is_a_softmax_with_the_heads_name():
    head = ClassificationHead(dropout=0.0, name="kind")
    set_classes(head)
    tensor = keras.Input((4,))
    model = keras.Model(tensor, head.build(keras_tuner.HyperParameters(), tensor))
    assert model.layers[-1].name == "kind"
    output = model.predict(np.eye(4, dtype="float32"), verbose=0)
    np.testing.assert_allclose(output.sum(axis=1), 1.0, rtol=1e-6)


def test_arguments_pin_hyperparameters():
    head = ClassificationHead(dropout=0.25, reduction="max", name="out")
    set_classes(head)
    hp = keras_tuner.HyperParameters()
    head.build(hp, keras.Input((4, 4, 2)))
    assert not hp.space
    free = ClassificationHead(name="out")
    set_classes(free)
    free.build(hp, keras.Input((4, 4, 2)))
    assert {p.name for p in hp.space} == {"out/dropout", "out/reduction"}


@pytest.mark.parametrize("classes", [2, 5])
def test_analyser_takes_one_hot_as_it_is(classes):
    head = ClassificationHead(name="out")
    analyser = head.get_analyser()
    analyser.update(np.eye(classes, dtype="float32")[[0, 1, 1, 0]])
    analyser.finalize()
    head.config_from_analyser(analyser)
    assert head.num_classes == classes
    assert head.num_samples == 4
    assert isinstance(head.loss, keras.losses.CategoricalCrossentropy)
    assert head.get_hyper_preprocessors() == []


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.array([0, 1, 1]), "one-hot"),
        (np.ones((3, 1), "float32"), "one-hot"),
        (np.ones((3, 2), "float32"), "sum to 1"),
        (np.array([["a", "b"]]), "sum to 1"),
        (np.full((3, 4), 0.25, "float32"), r"\(n, 3\)"),
        (np.array([[-1.0, 2.0, 0.0]]), "sum to 1"),
        (np.array([[np.nan, 1.0, 0.0]]), "sum to 1"),
    ],
)
def test_analyser_refuses_other_targets(targets, message):
    classes = 3 if targets.ndim == 2 and targets.shape[1] > 2 else None
    with pytest.raises(InputError, match=message):
        ClassificationHead(num_classes=classes, name="out").get_analyser().update(targets)


def test_a_loss_of_the_users_is_kept():
    head = ClassificationHead(loss=keras.losses.CategoricalFocalCrossentropy(gamma=3.0))
    analyser = head.get_analyser()
    analyser.update(np.eye(2, dtype="float32"))
    head.config_from_analyser(analyser)
    copy = ClassificationHead.from_config(head.get_config())
    assert head.loss.gamma == copy.loss.gamma == 3.0
    assert copy.num_classes == 2


def test_unknown_reduction():
    with pytest.raises(InputError, match="median"):
        ClassificationHead(reduction="median")


@pytest.mark.parametrize("classes", [2, 3])
def test_auto_model_with_autokeras_blocks(tmp_path, classes):
    """The chapter's custom search space runs one trial, on Keras 3.15, and ends in k columns."""
    tf.config.run_functions_eagerly(True)  # One step; the next test's setup sets it anew.
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, size=(24, 8, 8, 1)).astype("uint8")
    targets = np.eye(classes, dtype="float32")[np.arange(24) % classes]
    node = ak.Normalization()(ak_input := ak.ImageInput())
    node = ak.ConvBlock(num_blocks=2, num_layers=2, max_pooling=True, dropout=0.25)(node)
    output = ClassificationHead(name="label")(node)
    search = ak.AutoModel(inputs=ak_input, outputs=output, max_trials=1, directory=tmp_path, seed=1)
    search.fit(images, targets, validation_data=(images, targets), epochs=1, verbose=0)
    probabilities = search.predict(images, verbose=0)
    assert probabilities.shape == (24, classes)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-5)


def test_image_input_standardises_in_the_network():
    node = ImageInput(scale=[0.5, 2.0], offset=[1.0, -1.0])
    tensor = keras.Input((2, 2, 2), dtype="uint8")
    model = keras.Model(tensor, node.build(keras_tuner.HyperParameters(), tensor))
    output = np.asarray(model(np.full((1, 2, 2, 2), 4, "uint8")))
    np.testing.assert_allclose(output[0, 0, 0], [3.0, 7.0])

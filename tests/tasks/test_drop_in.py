"""AutoKeras's names and its tasks' arguments: what a script of AutoKeras finds in automl_kit."""

import inspect
import subprocess
import sys

import autokeras
import keras
import keras_tuner
import numpy as np
import pandas as pd
import pytest
from keras.preprocessing.sequence import pad_sequences

import automl_kit as ak
from automl_kit.data import as_texts
from automl_kit.errors import InputError
from automl_kit.evaluation.keras_figures import keras_figures
from automl_kit.tasks.graphs import nodes_of
from automl_kit.tasks.predictions import as_predictions

REGRESSORS = {"ImageRegressor", "StructuredDataRegressor", "TextRegressor"}
CLASSIFIERS = (ak.ImageClassifier, ak.StructuredDataClassifier, ak.TextClassifier)


def table(n=60):
    x = np.random.default_rng(0).normal(size=(n, 3))
    return x, (x[:, 0] > 0).astype(int)


# Names


def test_every_public_name_of_autokeras_is_there_but_regressors():
    public = {
        name for name, value in vars(autokeras).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }  # fmt: skip
    missing = {name for name in public if not hasattr(ak, name)}
    assert missing == REGRESSORS
    assert public - REGRESSORS <= set(ak.__all__)


@pytest.mark.parametrize("name", sorted(REGRESSORS))
def test_a_task_that_is_missing_says_what_there_is(name):
    with pytest.raises(AttributeError, match=f"no {name} yet: its tasks do classification so far"):
        getattr(ak, name)


def test_importing_the_package_loads_neither_tensorflow_nor_autokeras():
    code = (
        "import sys, automl_kit as ak; assert 'ConvBlock' in dir(ak); "
        "assert not {'tensorflow', 'autokeras', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_positional_arguments_are_in_autokeras_order(kind):
    theirs = inspect.signature(getattr(autokeras, kind.__name__)).parameters
    names = [name for name in theirs if name != "kwargs"]
    ours = [
        name for name, parameter in inspect.signature(kind).parameters.items()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]  # fmt: skip
    assert ours == names
    fit = list(inspect.signature(kind.fit).parameters)[1:7]
    assert fit == ["X", "y", "epochs", "callbacks", "validation_split", "validation_data"]
    model = list(inspect.signature(autokeras.AutoModel).parameters)[:-1]
    assert list(inspect.signature(ak.AutoModel).parameters)[: len(model)] == model


# Blocks that are ours


def build(block, tensor):
    block(ak.Input())
    return block.build(keras_tuner.HyperParameters(), tensor)


def test_images_are_not_enlarged_unless_autokeras_network_is_named():
    images = keras.Input((12, 12, 1))
    vector = build(ak.ImageBlock(), images)
    model = keras.Model(images, vector)
    sizes = [layer.output.shape[1] for layer in model.layers if len(layer.output.shape) == 4]
    assert max(sizes) == 12
    named = build(ak.ImageBlock(block_type="vanilla", normalize=False, augment=False), images)
    assert len(named.shape) == 2 or named.shape[1] <= 12


def test_words_are_numbered_as_far_as_an_embedding_reaches():
    texts = np.array([[f"word{i}"] for i in range(50)], dtype=object)
    for entry, most in ((ak.TextInput(), 50), (ak.TextInput(), 9)):
        if most == 9:
            ak.Embedding(max_features=10)(entry)
        data = entry.get_adapter().adapt(texts)
        for hyper in entry.get_hyper_preprocessors():
            preprocessor = hyper.build(None, data)
            preprocessor.fit(data)
            data = preprocessor.transform(data)
        assert data.shape == (50, 200)
        assert data.max() == most


def test_a_head_keeps_its_loss_and_a_tasks_graph_keeps_it_too():
    entry = ak.Input()
    head = ak.ClassificationHead(loss="hinge", metrics=["mse"], dropout=0.25)
    output = head(ak.DenseBlock()(entry))
    head.num_classes = 3
    assert head.infer_loss() == "hinge"
    ours = nodes_of((entry, output))[1].in_blocks[0]
    assert (ours.loss, ours.metrics, ours.dropout) == ("hinge", ["mse"], 0.25)
    assert isinstance(
        nodes_of((e := ak.Input(), ak.ClassificationHead(num_classes=2)(ak.DenseBlock()(e))))[1]
        .in_blocks[0].loss,
        keras.losses.CategoricalCrossentropy,
    )  # fmt: skip


# Texts as token numbers


@pytest.mark.parametrize(
    "X",
    [
        np.array([[0, 4, 17], [0, 0, 4]]),
        pad_sequences([[4, 17], [4]], maxlen=5, padding="post"),
        np.array([[4, 17], [4, 0]], dtype="uint16"),
        [[4, 17], [4]],
        np.array([[4, 17], [4]], dtype=object),
        [np.array([4, 17]), np.array([4])],
    ],
    ids=["padded before", "padded after", "unsigned", "lists", "ragged", "arrays"],
)
def test_token_numbers_are_texts_without_padding(X):
    assert as_texts(X).tolist() == ["4 17", "4"]


def test_what_is_no_token_number_is_refused():
    with pytest.raises(InputError, match=r"from 0, the padding, but one is -2"):
        as_texts(np.array([[1, -2], [0, 3]]))
    with pytest.raises(InputError, match="shape"):
        as_texts(np.array([[0.5, 1.5], [0.0, 3.0]]))


def test_a_classifier_of_token_numbers_takes_their_texts_once_exported(tmp_path):
    x = pad_sequences([[7, 3], [9, 3, 3], [7], [9]] * 10, maxlen=4)
    y = np.array([1, 0, 1, 0] * 10)
    classifier = ak.TextClassifier(max_trials=1, epochs=6, seed=0, verbose=0).fit(x, y)
    assert classifier.predict(x[:4]).tolist() == [1, 0, 1, 0]
    back = ak.load_model(classifier.export_model(tmp_path / "m.keras"))
    assert back.predict(["7 3", "9"]).tolist() == [1, 0]
    assert back.predict(x[:2]).tolist() == [1, 0]


# Predictions


def test_predictions_answer_as_autokeras_rows_do_however_they_are_reached():
    labels = as_predictions(np.array([7, 5, 9]), np.array([1, 0, 2]))
    for rows in (labels, labels[:3], labels[np.arange(3)], labels[labels > 0]):
        assert [f"{row[0]:.1f}" for row in rows] == ["7.0", "5.0", "9.0"]
        assert [int(np.argmax(rows[i])) for i in range(3)] == [1, 0, 2]
        assert [int(rows[i][0]) for i in range(3)] == [7, 5, 9]
    assert int(np.argmax(labels[1:][1])) == 2
    assert labels[:, 0].tolist() == labels.tolist() == [7, 5, 9]
    assert (labels == np.array([7, 5, 9])).all()


# Arguments of the tasks


def test_a_loss_and_metrics_judge_trials_and_evaluation():
    x, y = table()
    given = {"max_trials": 1, "epochs": 2, "seed": 0, "verbose": 0}
    classifier = ak.StructuredDataClassifier(
        loss="mean_absolute_error", metrics=["mse", keras.metrics.CategoricalAccuracy()], **given
    ).fit(x, y)
    probabilities = classifier.predict_proba(x)
    absolute = np.abs(probabilities - np.eye(2)[y])
    loss, squared, accuracy = classifier.evaluate(x, y, verbose=0)
    assert loss == pytest.approx(absolute.mean(), rel=1e-5)
    assert squared == pytest.approx((absolute**2).mean(), rel=1e-5)
    assert accuracy == pytest.approx(classifier.score(x, y))
    trial = classifier.tuner_.best_trial()
    assert trial.metrics.exists("val_mse")
    assert trial.score < 0.6  # an absolute error; a cross-entropy after two epochs isn't
    usual = ak.StructuredDataClassifier(**given).fit(x, y)
    figures = usual.evaluate(x, y, return_dict=True)
    assert usual.evaluate(x, y, verbose=0) == [figures["loss"], figures["accuracy"]]
    assert figures["loss"] == figures["log_loss"] != pytest.approx(loss)


def test_figures_of_a_loss_and_of_metrics_of_every_kind():
    targets, outputs = np.eye(2), np.array([[0.9, 0.1], [0.6, 0.4]])

    def hits(y_true, y_pred):
        return keras.ops.sum(y_true * y_pred, axis=-1)

    figures = keras_figures(targets, outputs, keras.losses.MeanSquaredError(), ["acc", hits])
    assert figures == {"loss": pytest.approx(0.185), "acc": 0.5, "hits": pytest.approx(0.65)}


def test_several_labels_a_row_are_refused_and_no_tuner_is_the_default():
    x, y = table()
    with pytest.raises(InputError, match="multi_label=True isn't supported"):
        ak.StructuredDataClassifier(multi_label=True).fit(x, y)
    classifier = ak.StructuredDataClassifier(
        None, None, 2, False, None, None, "named", 1, tuner=None, epochs=1, seed=0, verbose=0
    ).fit(pd.DataFrame(x), y)
    assert classifier.tuner_.searched.name == "greedy"
    assert classifier.tuner_.project_name == "named"

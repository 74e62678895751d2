"""Proxy tasks: what they change of a training, and what they leave."""

import keras
import keras_tuner
import numpy as np
import pytest

from automl_kit.custom_blocks import (
    ClassificationHead,
    ConvolutionBlock,
    ImageBlock,
    ImageInput,
    PooledBlock,
)
from automl_kit.custom_blocks.smaller import narrowed, smaller
from automl_kit.errors import InputError
from automl_kit.evaluation import Folds, Proxy
from automl_kit.evaluation.model_trainer import FitCall
from automl_kit.evaluation.rows import Rows, TrainingData
from automl_kit.tasks.auto_model import AutoModel
from automl_kit.testing.trainings import Hypermodel, pictures, points
from automl_kit.tuners import RandomSearch

Y = np.repeat(np.eye(3, dtype="float32"), [60, 30, 10], axis=0)
X = np.arange(100, dtype="float32")[:, None]


def test_of_each_class_the_same_part_is_taken():
    part = Rows(X, Y, np.arange(100, dtype="float32")).sample(0.2, 0)
    assert part.y.sum(axis=0).tolist() == [12, 6, 2]
    assert (np.diff(part.x[:, 0]) > 0).all()
    np.testing.assert_array_equal(part.weights, part.x[:, 0])
    again, other = (Rows(X, Y).sample(0.2, seed).x for seed in (0, 1))
    np.testing.assert_array_equal(again, part.x)
    assert (other != part.x).any()
    assert len(Rows(X, Y).sample(1.0, 0)) == 100


def test_held_out_rows_stay_unless_they_are_trained_on_too():
    data = TrainingData(Rows(X, Y), Rows(X, Y), 9, 8)
    fewer = data.fewer(0.1, 3, 0, judges_all_rows=False)
    assert (len(fewer.train), len(fewer.held_out), fewer.epochs) == (10, 100, 3)
    fewer = data.fewer(0.1, None, 0, judges_all_rows=True)
    assert (len(fewer.train), len(fewer.held_out), fewer.epochs) == (10, 10, 9)


def test_a_hypermodels_call_has_fewer_rows_and_epochs():
    call = FitCall((X, Y), {"validation_data": (X, Y), "epochs": 9, "batch_size": 5})
    fewer = call.fewer(0.5, 2, 0, judges_all_rows=False)
    assert fewer.args == ()
    assert len(fewer.kwargs["x"]) == len(fewer.kwargs["y"]) == 50
    assert fewer.kwargs["epochs"] == 2
    assert fewer.kwargs["batch_size"] == 5
    assert len(fewer.kwargs["validation_data"][0]) == 100
    assert call.fewer(1.0, 2, 0, judges_all_rows=False).args is call.args
    with pytest.raises(InputError, match=r"Fewer rows are taken of x and y.*Received: int"):
        FitCall(([1], [2])).fewer(0.5, None, 0, judges_all_rows=False)


def test_widths_are_multiples_of_four_and_no_wider():
    with smaller(width=0.3):
        assert [narrowed(width) for width in (0, 2, 4, 16, 48, 64)] == [0, 2, 4, 4, 16, 20]
        with smaller(width=0.5):
            assert narrowed(48) == 24
        assert narrowed(48) == 16
    assert narrowed(48) == 48


def nodes():
    block = ImageBlock(architecture="convolution", augment=False, views=False, name="net")
    return ImageInput(name="image"), block


def searched(folder, evaluation, **more):
    entry, block = nodes()
    output = ClassificationHead(name="label", dropout=0.0)(block(entry))[0]
    model = AutoModel(
        entry, output, tuner="random", max_trials=2, directory=folder, seed=0, ending="best",
        evaluation=evaluation, **more,
    )  # fmt: skip
    x, y = pictures(32)
    x = np.repeat(np.repeat(x, 2, axis=1), 2, axis=2)
    seen = []
    inner = model.tuner.trainer.train

    def train(trial, data, run, part=None):
        result = inner(trial, data, run, part)
        seen.append((len(data.train), data.epochs, run.keeps, result.figures["parameters"]))
        return result

    model.tuner.trainer.train = train
    model.search(
        x[::2], y[::2], validation_data=(x[1::2], y[1::2]), epochs=2, batch_size=8, verbose=0
    )
    return model.tuner, seen


def test_trials_are_judged_by_less_and_the_best_one_whole(tmp_path):
    proxy = Proxy(rows=0.5, epochs=1, width=0.5, pixels=4, finalists=1)
    tuner, seen = searched(tmp_path, proxy)
    assert [one[:3] for one in seen] == [(8, 1, False), (8, 1, False), (16, 2, True)]
    board = tuner.leaderboard()
    assert board.status.tolist() == ["COMPLETED", "ESTIMATED"]
    best = tuner.best_trial()
    assert seen[int(best.trial_id)][3] < seen[2][3] / 2
    # Hyperparameters are those that were proposed, and the network is a whole one.
    assert best.hyperparameters.values["net/convolution/width"] in (16, 24, 32, 48, 64)
    model = tuner.get_best_model()
    assert model.count_params() >= seen[2][3]
    assert not any(isinstance(layer, keras.layers.Resizing) for layer in model.layers)
    folders = {p.parent.name for p in tmp_path.glob("*/trial_*/checkpoint*")}
    assert folders == {f"trial_{best.trial_id}"}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "reduces nothing"),
        ({"rows": 0}, "rows of Proxy must be a share above 0"),
        ({"width": 2.0}, "width of Proxy"),
        ({"epochs": 1.5}, "epochs of Proxy must be a whole number from 1"),
        ({"epochs": 2, "finalists": 0}, "finalists of Proxy"),
        ({"evaluation": "ful", "rows": 0.5}, "There is no evaluation 'ful'"),
    ],
)
def test_settings_out_of_range_are_told(settings, told):
    with pytest.raises(InputError, match=told):
        Proxy(**settings)


def test_it_is_a_value_around_another_evaluation():
    proxy = Proxy(Folds(4), rows=0.5)
    assert proxy == Proxy(Folds(4), rows=0.5)
    assert proxy.judges_all_rows
    assert not Proxy(rows=0.5).judges_all_rows
    assert proxy.describe() == {
        "name": "proxy", "evaluation": {"name": "folds", "number": 4}, "rows": 0.5, "epochs": None,
        "width": 1.0, "pixels": None, "finalists": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "told"),
    [({"width": 0.5}, "narrows networks of this package's"), ({"pixels": 4}, "shrinks images")],
)
def test_what_can_not_be_reduced_is_told(tmp_path, settings, told):
    x, y = points(12)
    tuner = RandomSearch(
        Hypermodel(), objective="val_loss", max_trials=1, directory=tmp_path,
        evaluation=Proxy(**settings),
    )  # fmt: skip
    with pytest.raises(InputError, match=told):
        tuner.search(x, y, validation_data=(x, y), verbose=0)


def built(block, **size):
    keras.backend.clear_session()
    node = keras.Input((8, 8, 1))
    hp = keras_tuner.HyperParameters()
    with smaller(**size):
        output = block.build(hp, node)
    layers = keras.Model(node, output).layers
    return [layer.filters for layer in layers if hasattr(layer, "filters")], hp.values


@pytest.mark.parametrize("kind", [ConvolutionBlock, PooledBlock])
def test_blocks_are_narrower_and_note_what_they_were_told(kind):
    whole, values = built(kind())
    half, same = built(kind(), width=0.5)
    assert half == [filters // 2 for filters in whole]
    assert values == same

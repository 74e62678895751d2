"""Compiled trainings against Keras's own, and side by side against one at a time."""

import keras
import numpy as np
import pytest
from keras import layers

from automl_kit.custom_blocks.muon import Muon
from automl_kit.custom_blocks.submodels import SubmodelLoss, mean_of_submodels
from automl_kit.evaluation.base import Run
from automl_kit.evaluation.members.alone import train_alone
from automl_kit.evaluation.members.compiled import Fits, begin, own_weights
from automl_kit.evaluation.members.initial import initial_weights
from automl_kit.evaluation.objectives import resolve_objective
from automl_kit.evaluation.rows import Rows, TrainingData

RANDOM = np.random.default_rng(1)
X = RANDOM.normal(size=(30, 4)).astype("float32")
IDS = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)
Y = np.eye(3, dtype="float32")[IDS]
WEIGHTS = RANDOM.uniform(0.5, 2, 30).astype("float32")


def made_up_loss(targets, outputs):
    return 0.0 * outputs


HELD = [np.arange(10), np.arange(10, 20), np.arange(20, 30)]
TRAIN = [np.setdiff1d(np.arange(30), held) for held in HELD]


def network(width=5, dropout=0.0, rate=0.02, decay=0.1, seed=0, submodels=False):
    keras.utils.set_random_seed(seed)
    x = keras.Input((4,))
    hidden = layers.Dense(width, activation="relu")(x)
    hidden = layers.LayerNormalization()(hidden)
    if dropout:
        hidden = layers.Dropout(dropout)(hidden)
    if submodels:
        many = layers.EinsumDense("nd,md->nmd", output_shape=(2, width))(hidden)
        model = keras.Model(x, mean_of_submodels(many, 3, "label"))
    else:
        model = keras.Model(x, layers.Dense(3, activation="softmax")(hidden))
    schedule = keras.optimizers.schedules.CosineDecay(rate, 12)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=decay, clipnorm=0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    loss = "categorical_crossentropy"
    model.compile(optimizer, SubmodelLoss(loss) if submodels else loss, metrics=["accuracy"])
    return model


def data(train=None, held=None, epochs=4):
    rows = Rows(X, Y, WEIGHTS)
    whole = np.arange(30)
    return TrainingData(
        rows.take(whole if train is None else train),
        None if held is None else rows.take(held), epochs, 8,
    )  # fmt: skip


def run_of(**others):
    return Run(None, None, lambda *numbers: 0, **others)


def together(model, seeds, epochs=4, fits=None):
    """A training of a network a fold, ready to begin; and the fit."""
    fits = fits or Fits(resolve_objective("val_loss"))
    given = data(epochs=epochs)
    fit = fits.of(model, given, given.train, TRAIN, HELD, 3)
    training = fit.training("0", given, (0, epochs), seeds, fits.objective, run_of())
    begin(fit, initial_weights(fit.parts.back, seeds), training, seeds[0])
    return fit, training


@pytest.mark.parametrize("submodels", [False, True])
def test_a_step_is_keras_own(submodels):
    """Clipping, decay without biases, schedule and weights of rows, for each member."""
    fit, training = together(network(submodels=submodels), [3, 4, 5], epochs=2)
    first = fit.program.weights()
    order = [training.data.order(epoch, [3, 4, 5], 8) for epoch in range(2)]
    training.run_new()
    last = fit.program.weights()
    for member in range(3):
        alone = network(submodels=submodels)
        alone.set_weights([weight[member] for weight in first])
        for rows in np.concatenate(order)[:, member]:
            alone.train_on_batch(X[rows], Y[rows], sample_weight=WEIGHTS[rows])
        for weight, value in zip(alone.weights, last, strict=True):
            np.testing.assert_allclose(value[member].reshape(weight.shape), weight.value, atol=2e-5)


@pytest.mark.compiled
def test_side_by_side_is_one_at_a_time():
    """With dropout: the noise is the member's own."""
    seeds = [7, 8, 9]
    fit, training = together(network(dropout=0.4), seeds)
    first = fit.program.weights()
    course = training.run_new()
    last = fit.program.weights()
    fits = Fits(resolve_objective("val_loss"))
    for member, seed in enumerate(seeds):
        model = network(dropout=0.4)
        model.set_weights([weight[member] for weight in first])
        held = HELD[member]
        alone = fits.of(model, data(), Rows(X, Y, WEIGHTS), [TRAIN[member]], [held])
        training = alone.training("0", data(), (0, 4), [seed], fits.objective, run_of())
        begin(alone, own_weights(alone), training, seed)
        training.run_new()
        for one, all_of_them in zip(alone.program.weights(), last, strict=True):
            np.testing.assert_allclose(one[0], all_of_them[member], atol=1e-5)
    assert course.epochs == 4


def test_a_network_alone_ends_with_its_best_epoch():
    model = network()
    fits = Fits(resolve_objective("val_loss"))
    given = data(TRAIN[0], HELD[0])
    trained, _ = train_alone(model, given, (0, 4), 3, None, fits, None, run_of())
    assert trained.epoch == int(np.argmin(trained.curves["val_loss"]))
    np.testing.assert_allclose(trained.held_out, model(X[HELD[0]]), atol=1e-5)


def test_the_score_is_that_of_all_held_out_rows():
    _, training = together(network(), [1, 2, 3])
    course = training.run_new()
    outputs = np.concatenate(course.held_out)
    rows = np.concatenate(HELD)
    own = np.log(outputs[np.arange(30), IDS[rows]])
    assert course.logs["val_loss"] == pytest.approx(-np.mean(own * WEIGHTS[rows]), rel=1e-4)
    assert course.logs["val_accuracy"] == np.mean(outputs.argmax(axis=1) == IDS[rows])
    assert course.curves["val_loss"][course.epoch] == min(course.curves["val_loss"])


def test_a_program_serves_other_rates_seeds_and_dropout():
    fits = Fits(resolve_objective("val_loss"))
    first, _ = together(network(dropout=0.2), [1, 2, 3], fits=fits)
    again, training = together(network(dropout=0.4, rate=0.1, decay=0.0), [4, 5, 6], fits=fits)
    wider, _ = together(network(width=6, dropout=0.2), [1, 2, 3], fits=fits)
    assert again.program is first.program
    assert wider.program is not first.program
    assert training.plan.dropout == [0.4]
    assert again.program.stack.dropouts[0].rates.numpy() == pytest.approx([0.4] * 3)


def test_what_a_program_trains_does_not_depend_on_what_it_trained_before():
    fits = Fits(resolve_objective("val_loss"))
    courses = []
    for seeds in ([1, 2, 3], [4, 5, 6], [1, 2, 3]):
        _, training = together(network(dropout=0.3), seeds, fits=fits)
        courses.append(training.run_new())
    for one, other in zip(courses[0].weights, courses[2].weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert courses[0].curves != courses[1].curves


def test_first_weights_are_drawn_as_the_initializers_do():
    model = network(width=400)
    given = np.full((5, 3), 7.0, "float32")
    table = layers.Embedding(5, 3, weights=given)
    table(np.zeros((1, 1)))
    drawn = initial_weights(model, [1, 2])
    assert drawn[0].shape == (2, 4, 400)
    assert drawn[0].std(axis=(1, 2)) == pytest.approx([np.sqrt(2 / 404)] * 2, rel=0.1)
    assert not np.array_equal(drawn[0][0], drawn[0][1])
    np.testing.assert_array_equal(drawn[1], np.zeros((2, 400)))
    np.testing.assert_array_equal(initial_weights(model, [2])[0][0], drawn[0][1])


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.compile("adamw", "categorical_crossentropy", metrics=["AUC"]),
        lambda model: model.compile("sgd", "categorical_crossentropy"),
        lambda model: model.compile(
            keras.optimizers.AdamW(use_ema=True), "categorical_crossentropy"
        ),
        lambda model: model.compile("adamw", made_up_loss),
    ],
    ids=["metric", "optimizer", "averages", "loss"],
)
def test_what_a_program_cannot_do_is_left_to_keras(change):
    model = network()
    change(model)
    fits = Fits(resolve_objective("val_loss"))
    given = data(TRAIN[0], HELD[0])
    assert fits.of(model, given, Rows(X, Y), TRAIN[:1], HELD[:1]) is None


def test_rows_of_a_member_are_all_seen_once_an_epoch_and_the_last_step_is_filled():
    _, training = together(network(), [1, 2, 3])
    order = training.data.order(0, [1, 2, 3], 8)
    assert order.shape == (3, 3, 8)
    for member, rows in enumerate(TRAIN):
        seen = order[:, member].ravel()
        assert sorted(seen[:20]) == sorted(rows)
        np.testing.assert_array_equal(seen[20:], seen[:4])
    assert not np.array_equal(order, training.data.order(1, [1, 2, 3], 8))


def test_own_weights_are_those_of_one_member():
    model = network()
    fits = Fits(resolve_objective("val_loss"))
    fit = fits.of(model, data(TRAIN[0], HELD[0]), Rows(X, Y), TRAIN[:1], HELD[:1])
    for value, weight in zip(own_weights(fit), fit.parts.back.weights, strict=True):
        np.testing.assert_array_equal(value[0], weight.value)


def test_a_step_of_muon_is_its_own():
    """Kernels of convolutions by Muon, other weights by AdamW, the rest as in every step."""

    def image_network():
        keras.utils.set_random_seed(0)
        x = keras.Input((4,))
        maps = layers.Conv2D(3, 2)(layers.Reshape((2, 2, 1))(x))
        maps = layers.DepthwiseConv2D(1)(maps)
        model = keras.Model(x, layers.Dense(3, activation="softmax")(layers.Flatten()(maps)))
        optimizer = Muon(0.05, weight_decay=0.1, clipnorm=0.1)
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
        return model

    model, alone = image_network(), image_network()
    fits = Fits(resolve_objective("val_loss"))
    given = data(TRAIN[0], HELD[0])
    fit = fits.of(model, given, Rows(X, Y, WEIGHTS), TRAIN[:1], HELD[:1])
    training = fit.training("0", given, (0, 2), [3], fits.objective, run_of())
    begin(fit, own_weights(fit), training, 3)
    training.run_new()
    for epoch in range(2):
        for rows in training.data.order(epoch, [3], 8)[:, 0]:
            alone.train_on_batch(X[rows], Y[rows], sample_weight=WEIGHTS[rows])
    for weight, value in zip(alone.weights, fit.program.weights(), strict=True):
        np.testing.assert_allclose(value[0], weight.value, atol=2e-5)
    assert fits.of(model, given, Rows(X, Y), TRAIN, HELD, 3) is None  # not side by side

import json

import numpy as np
import pytest

import automl_kit
from automl_kit.errors import InputError
from automl_kit.problems import Classification
from automl_kit.tasks import checks


def _arguments(more=None, epochs=None, batch_size=None, callbacks=None, split=None, verbose=None):
    classifier = automl_kit.StructuredDataClassifier(**(more or {}))
    return checks.Arguments.of(classifier, epochs, batch_size, callbacks, split, verbose)


def test_fit_wins_over_the_constructor_and_that_over_the_task():
    assert _arguments() == checks.Arguments(None, None, [], 0.2, 1)
    given = {"epochs": 3, "batch_size": 8, "validation_split": 0.5, "verbose": 2}
    assert _arguments(given) == checks.Arguments(3, 8, [], 0.5, 2)
    assert _arguments(given, 4, 16, ["a"], 0.25, 0) == checks.Arguments(4, 16, ["a"], 0.25, 0)


def test_the_users_list_of_callbacks_is_copied():
    given = ["a"]
    assert _arguments({"callbacks": given}).callbacks is not given


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"epochs": 1.5}, "epochs must be a whole number of at least 1, got 1.5"),
        ({"epochs": True}, "epochs must be a whole number"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
        ({"validation_split": 0}, "share between 0 and 1, got 0"),
        ({"validation_split": "half"}, "share between 0 and 1, got 'half'"),
        ({"max_trials": None}, "max_trials must be a whole number of at least 1, got None"),
        ({"max_model_size": 0}, "max_model_size must be a whole number of at least 1, got 0"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ({"time_budget": 0}, "seconds above 0, got 0"),
        ({"time_budget": float("nan")}, "seconds above 0, got nan"),
        ({"time_budget": "10m"}, "seconds above 0, got '10m'"),
        ({"initial_hps": {"rate": 1}}, "list of dictionaries"),
        ({"initial_hps": [("rate", 1)]}, "list of dictionaries"),
    ],
)
def test_arguments_out_of_range_are_named_with_what_came(more, message):
    with pytest.raises(InputError, match=message):
        _arguments(more)


def test_numpy_numbers_are_numbers():
    more = {"max_trials": np.int64(2), "epochs": np.int32(3), "validation_split": np.float32(0.5)}
    assert _arguments(more).epochs == 3


@pytest.mark.parametrize("given", [None, [1], (1, 2, 3), "xy", np.zeros((2, 2))])
def test_held_out_data_must_be_a_pair(given):
    with pytest.raises(InputError, match=rf"a pair \(X, y\), got {type(given).__name__}"):
        checks.is_pair(given)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1.0}),
        ({"a": np.float64(0.1)}, {"a": 0.1}),
        ({np.int64(3): 2}, {3: np.float32(2)}),
        ({np.str_("a"): True}, {"a": 1}),
        ("balanced", "balanced"),
        (None, None),
    ],
)
def test_equal_weights_are_told_alike_however_they_are_written(one, other):
    assert json.dumps(checks.weights_told(one)) == json.dumps(checks.weights_told(other))


@pytest.mark.parametrize("other", [{"a": 1, "b": 2}, {"a": 2, "b": 1}, {"a": 1}, None, "balanced"])
def test_other_weights_are_told_apart(other):
    assert checks.weights_told(other) != checks.weights_told({"a": 1, "b": 3})


def test_the_data_comes_under_one_name():
    assert checks.one_of("X", None) == checks.one_of(None, "X") == "X"
    for both in (("X", "X"), (None, None)):
        with pytest.raises(InputError, match="Expected the data as X, or as x"):
            checks.one_of(*both)


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, None), (2, [2, 2, 2]), ([1, 0, 2.5], [1, 0, 2.5]), (np.ones(3, bool), [1, 1, 1])],
)
def test_weights_of_rows_are_one_number_a_row(given, expected):
    found = checks.sample_weights(given, 3)
    assert (found if found is None else found.tolist()) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([1, 2], r"3 numbers from 0, one a row; got shape \(2,\)"),
        ([[1], [2], [3]], r"got shape \(3, 1\)"),
        ([1, -1, 1], "from 0"),
        ([1, np.nan, 1], "from 0"),
        ([0, 0, 0], "zero for every row"),
    ],
)
def test_weights_of_rows_that_mean_nothing_are_refused(given, message):
    with pytest.raises(InputError, match=message):
        checks.sample_weights(given, 3)


def test_the_number_of_classes_is_checked_where_it_is_told():
    problem = Classification()
    problem.learn(["a", "b", "a"])
    checks.class_count(None, problem)
    checks.class_count(2, problem)
    with pytest.raises(InputError, match="num_classes is 3, but y has 2 classes"):
        checks.class_count(3, problem)


def test_rungs_end_with_the_tasks_epochs_unless_the_user_says_otherwise():
    from automl_kit.tuners import Evolution, Hyperband

    assert checks.with_epochs("hyperband", 7).settings == {"max_epochs": 7}
    assert checks.with_epochs(Hyperband.configured(factor=2), 7).settings == {
        "max_epochs": 7, "factor": 2,
    }  # fmt: skip
    own = Hyperband.configured(max_epochs=3)
    assert checks.with_epochs(own, 7) is own
    assert checks.with_epochs("evolution", 7) is Evolution

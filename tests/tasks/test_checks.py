import numpy as np
import pytest

import automl_kit
from automl_kit.data import LabelEncoder
from automl_kit.errors import InputError
from automl_kit.tasks import checks


def _arguments(more=None, epochs=None, batch_size=None, callbacks=None, split=None, verbose=None):
    classifier = automl_kit.StructuredDataClassifier(**(more or {}))
    return checks.Arguments.of(classifier, epochs, batch_size, callbacks, split, verbose)


def test_fit_wins_over_the_constructor_and_that_over_the_task():
    default = automl_kit.StructuredDataClassifier.default_epochs
    assert _arguments() == checks.Arguments(default, None, [], 0.2, 1)
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


def test_weights_by_label_become_weights_by_id():
    encoder = LabelEncoder().fit(["no", "yes", "maybe"])
    ids = encoder.encode(["no", "yes", "yes", "yes", "maybe", "maybe"])
    assert checks.class_weights(None, encoder, ids) is None
    assert checks.class_weights({"yes": 3}, encoder, ids) == {0: 1.0, 1: 1.0, 2: 3.0}
    # scikit-learn's rule: n / (k * rows of the class)
    assert checks.class_weights("balanced", encoder, ids) == pytest.approx(
        {0: 1.0, 1: 2.0, 2: 2 / 3}
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("even", "'balanced' or a dictionary, got 'even'"),
        ({"yes": 0}, "class_weight of 'yes' must be a number above 0, got 0"),
        ({"yes": "2"}, "class_weight of 'yes' must be a number above 0, got '2'"),
        ({"perhaps": 1}, "'perhaps'"),
    ],
)
def test_weights_that_mean_nothing_are_refused(given, message):
    encoder = LabelEncoder().fit(["no", "yes"])
    with pytest.raises(InputError, match=message):
        checks.class_weights(given, encoder, np.array([0, 1]))

"""How a search ends: one network, or a mean of several, in one file."""

import json
import warnings
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from small_images import SMALL

import automl_kit as ak
from automl_kit.data import Dataset, load_table
from automl_kit.ending.ensemble import CANDIDATES, members_of
from automl_kit.errors import InputError, ProjectError
from automl_kit.evaluation import Folds, FullTraining


@pytest.fixture(scope="module")
def table():
    """Six columns: what an encoder and its file take grows with the columns."""
    whole = load_table("breast_cancer")
    x_train, x_test = (x.iloc[:, :6] for x in (whole.x_train, whole.x_test))
    return Dataset(x_train, whole.y_train, x_test, whole.y_test)


def linear(rate):
    return {"table/architecture": "linear", "table/features/numbers": "plain",
            "learning_rate": rate}  # fmt: skip


def trees(kind):
    own = {"kind": kind, "trees": 50, "leaf": 2, "features": 0.0}
    return {"table/architecture": "trees", **{f"table/trees/{k}": v for k, v in own.items()}}


# Networks that take little to build.
CHEAP = [linear(1e-2), trees("forest"), trees("extra"), *map(linear, (5e-3, 3e-3, 2e-3))]


@pytest.fixture(scope="module", autouse=True)
def _every_network_counts():
    """Of few networks the selection may well take one alone, and one is no mean."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "automl_kit.ending.ensemble.greedy_selection",
            lambda outputs, *_: np.arange(1, len(outputs) + 1),
        )
        yield


def fitted(table, folder, **more):
    options = {
        "evaluation": Folds(2),
        "max_trials": 3,
        "epochs": 2,
        "seed": 0,
        "verbose": 0,
        "directory": folder,
    }
    options = {**options, "initial_hps": CHEAP, **more}
    return ak.StructuredDataClassifier(**options).fit(table.x_train, table.y_train)


def project(folder):
    return Path(folder) / "structured_classifier"


@pytest.fixture(scope="module")
def ended(table, tmp_path_factory):
    """By ending: one search for all tests that only ask it, and its folder."""
    searches = {}

    def of(ending):
        if ending not in searches:
            folder = tmp_path_factory.mktemp(ending)
            searches[ending] = fitted(table, folder, ending=ending), folder
        return searches[ending]

    return of


@pytest.mark.parametrize("folds", [False, True], ids=["full", "folds"])
def test_an_ensemble_is_the_weighted_mean_of_its_trials(table, ended, tmp_path, folds):
    if folds:
        found, folder = ended("ensemble")
    else:
        found, folder = (
            fitted(table, tmp_path, ending="ensemble", evaluation=FullTraining()),
            tmp_path,
        )
    members = members_of(project(folder))
    # The held-out rows alone are too few to choose by.
    assert [count for _, count in members] == ([1, 2, 3] if folds else [1, 1, 1])
    x = table.x_test
    parts = []
    for trial_id, count in members:
        network = found.tuner_.load_model(found.tuner_.oracle.get_trial(trial_id))
        model = ak.export.assemble(_encoder(found), network, found.problem_)
        raw = ak.export.to_raw_inputs(x, found.schema_)
        parts.append((ak.export.predict_in_batches(model, raw), count))
    outputs, counts = zip(*parts, strict=True)
    expected = np.average(outputs, axis=0, weights=counts)
    np.testing.assert_allclose(found.predict_proba(x), expected, atol=1e-6)


def _encoder(found):
    """What is in front of the network in the fitted model."""
    network = next(layer for layer in found.model_.layers if layer.name == "network")
    (node,) = network._inbound_nodes[-1:]
    return keras.Model(found.model_.input, node.input_tensors[0])


def test_the_leaderboard_says_what_the_model_is_made_of(ended):
    found, folder = ended("ensemble")
    board = found.leaderboard()
    counts = dict(members_of(project(folder)))
    total = sum(counts.values())
    assert dict(zip(board["trial"], board["weight"], strict=True)) == {
        trial: counts.get(trial, 0) / total for trial in board["trial"]
    }
    cost = board.attrs["model"]
    assert cost["parts"] == len(counts)
    assert cost["parameters"] == found.model_.count_params()
    assert 0 < cost["megabytes"] < 50
    assert 0 < cost["milliseconds"] < 1000
    assert "weight" not in ended("best")[0].leaderboard()


@pytest.mark.parametrize("ending", ["ensemble", "average", "best"])
def test_a_file_predicts_what_the_fitted_object_predicts(table, ended, tmp_path, ending):
    found, folder = ended(ending)
    expected = found.predict_proba(table.x_test)
    loaded = ak.load_model(found.export_model(tmp_path / "m.keras"))
    np.testing.assert_array_equal(loaded.predict_proba(table.x_test), expected)
    found.export_model(tmp_path / "m.tflite")  # run again, and compared
    assert not (project(folder) / "final.json").exists()


def test_an_average_has_equal_weights_of_the_best(table, tmp_path):
    found = fitted(table, tmp_path, ending="average", max_trials=6, epochs=1)
    members = members_of(project(tmp_path))
    best = found.leaderboard()["trial"].astype(int).tolist()[:5]
    assert [int(trial) for trial, _ in members] == best
    assert {count for _, count in members} == {1}


def test_weights_that_may_be_wanted_are_kept_and_no_others(table, tmp_path, monkeypatch):
    monkeypatch.setattr("automl_kit.search.wanted.CANDIDATES", 2)
    found = fitted(table, tmp_path, ending="average", max_trials=5, epochs=1)
    kept = {path.parent.name for path in project(tmp_path).glob("trial_*/checkpoint*")}
    board = found.leaderboard()["trial"].astype(int).tolist()
    assert {int(name.removeprefix("trial_")) for name in kept} == set(board[:2])
    assert CANDIDATES > 2


def test_a_search_that_goes_on_ends_as_one_that_was_never_stopped(table, ended, tmp_path):
    whole, folder = ended("ensemble")
    fitted(table, tmp_path, ending="ensemble", max_trials=2)
    parts = fitted(table, tmp_path, ending="ensemble")
    assert members_of(project(tmp_path)) == members_of(project(folder))
    np.testing.assert_array_equal(
        parts.predict_proba(table.x_test), whole.predict_proba(table.x_test)
    )


def test_another_ending_is_another_search(table, tmp_path):
    fitted(table, tmp_path, ending="best", max_trials=1, epochs=1)
    with pytest.raises(ProjectError, match="ending"):
        fitted(table, tmp_path, ending="ensemble", max_trials=1, epochs=1)


def test_an_ending_that_there_is_not(table):
    with pytest.raises(InputError, match="refit, ensemble, average, best, got 'happy'"):
        ak.StructuredDataClassifier(ending="happy").fit(table.x_train, table.y_train)


@pytest.fixture(scope="module")
def averaged(table, tmp_path_factory):
    """A search of one trial, whose note is damaged in several ways."""
    folder = tmp_path_factory.mktemp("averaged")
    return fitted(table, folder, ending="average", max_trials=1, epochs=1), project(folder)


@pytest.mark.parametrize(
    "content",
    [
        "{", "{}", '{"members": 3}', '{"members": [["0"]]}', '{"members": []}',
        '{"members": [["0", 0]]}', '{"members": [["0", -1]]}', '{"members": [["99", 1]]}',
    ],
)  # fmt: skip
def test_a_damaged_note_is_told(averaged, content):
    found, folder = averaged
    (folder / "ensemble.json").write_text(content)
    with pytest.raises(ProjectError, match=r"ensemble\.json"):
        found.tuner_.get_best_model()


def test_damaged_outputs_are_left_out(table, tmp_path):
    few = {**trees("forest"), "table/trees/leaf": 5}
    given = {"max_trials": 3, "initial_hps": [trees("forest"), trees("extra"), few]}
    found = fitted(table, tmp_path, ending="average", **given)
    first = members_of(project(tmp_path))[0][0]
    notes = list(project(tmp_path).glob("trial_*/held_out.npy"))
    assert len(notes) == 3
    assert found.tuner_.trainer.checkpoints.held_out(first).shape[1] == 2
    next(n for n in notes if n.parent.name.endswith(first)).write_bytes(b"no array")
    assert found.tuner_.trainer.checkpoints.held_out(first) is None
    again = fitted(table, tmp_path, ending="average", **given)
    assert first not in dict(members_of(project(tmp_path)))
    assert again.score(table.x_test, table.y_test) > 0.5


WORDS = [
    {"text/architecture": "linear", "text/linear/order": 1, "text/linear/rarest": 1,
     "text/linear/reads": "tokens", "text/linear/strength": strength}
    for strength in (20.0, 100.0)
]  # fmt: skip
PIXELS = [{**SMALL, "learning_rate": rate} for rate in (1e-3, 3e-3)]


def test_texts_and_images_end_so_too(tmp_path):
    texts = pd.Series([f"{word} thing {n}" for n in range(20) for word in ("good", "bad")])
    labels = np.array(["p", "n"] * 20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = ak.TextClassifier(
            max_trials=2,
            epochs=2,
            seed=0,
            verbose=0,
            ending="average",
            directory=tmp_path / "t",
            initial_hps=WORDS,
        ).fit(texts, labels)
    assert len(members_of(tmp_path / "t" / "text_classifier")) == 2
    loaded = ak.load_model(text.export_model(tmp_path / "t.keras"))
    np.testing.assert_array_equal(loaded.predict_proba(texts), text.predict_proba(texts))
    x = np.random.default_rng(0).integers(0, 255, (24, 8, 8, 1)).astype("uint8")
    image = ak.ImageClassifier(
        max_trials=2,
        epochs=1,
        seed=0,
        verbose=0,
        ending="ensemble",
        directory=tmp_path / "i",
        initial_hps=PIXELS,
    ).fit(x, np.arange(24) % 2)
    note = json.loads((tmp_path / "i" / "image_classifier" / "ensemble.json").read_text())
    assert len(note["members"]) == 2
    loaded = ak.load_model(image.export_model(tmp_path / "i.keras"))
    np.testing.assert_array_equal(loaded.predict_proba(x), image.predict_proba(x))

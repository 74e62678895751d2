"""ENAS: a controller that learns from rewards, and weights that its cells share."""

import dataclasses
import json
import pickle

import numpy as np
import pytest
from autokeras.graph import Graph

from automl_kit.custom_blocks import CellBlock, ClassificationHead, ImageInput
from automl_kit.errors import InputError, ProjectError
from automl_kit.evaluation.sharing.path_images import PathImages
from automl_kit.search.stage import StageRun
from automl_kit.search.stages.enas import EnasSearch, EnasSettings, EnasStage, Policy
from automl_kit.spaces import NAS_BENCH_201, CellSpace, Genotype, TableCellSpace

SPACE = CellSpace(
    2, ("none", "skip_connect", "nor_conv_1x1"), edges=None, inputs=1, reduction=False,
    output="last",
)  # fmt: skip
SETTINGS = EnasSettings(
    epochs=3, warmup=1, cells=1, channels=2, batch_size=8, controller_steps=2, drawn=3, hidden=4,
    candidates=3,
)  # fmt: skip


def rows(n=40):
    y = np.arange(n) % 2
    x = np.random.default_rng(0).normal(size=(n, 4, 4, 1)) + y[:, None, None, None]
    return x.astype("float32"), y


def search(file=None, settings=SETTINGS, seed=0):
    x, y = rows()
    images = PathImages(x=x, ids=y, scale=[1.0], offset=[0.0])
    return EnasSearch(SPACE, settings, images, seed, file, {"seed": seed})


def test_a_policy_learns_what_is_rewarded():
    policy, rng = Policy(NAS_BENCH_201, hidden=16, rate=0.03, seed=0), np.random.default_rng(0)
    wanted = NAS_BENCH_201.ops.index("nor_conv_3x3")
    before = (policy.draw(200, rng) == wanted).mean()
    for _ in range(60):
        sequences = policy.draw(10, rng)
        rewards = (sequences == wanted).mean(1)
        policy.learn(sequences, rewards - rewards.mean(), entropy=0.0)
    after = (policy.draw(200, rng) == wanted).mean()
    assert before == pytest.approx(0.2, abs=0.05)
    assert after > 0.8


def test_its_draws_are_of_its_probabilities_and_its_entropy_is_theirs():
    policy = Policy(SPACE, hidden=4, rate=0.1, seed=1)
    policy.controller.weights["head/0"][:] *= 40  # Far from uniform.
    (p,), *_ = policy.controller.options(policy.controller.begin(1), 0)
    drawn = policy.draw(4000, np.random.default_rng(0))
    found = np.bincount(drawn[:, 0], minlength=3) / 4000
    assert np.abs(found - p).max() < 4 * np.sqrt(0.25 / 4000)
    only = Policy(CellSpace(1, SPACE.ops, edges=1, inputs=1, reduction=False), 4, 0.1, seed=1)
    (p,), *_ = only.controller.options(only.controller.begin(1), 0)
    np.testing.assert_allclose(only.entropy(drawn[:5, :1]), -np.sum(p * np.log(p)), rtol=1e-5)


def test_a_policy_comes_back_from_its_arrays():
    policy, rng = Policy(SPACE, hidden=4, rate=0.1, seed=1), np.random.default_rng(0)
    policy.learn(policy.draw(3, rng), np.array([1.0, -1.0, 0.5]), entropy=0.1)
    again = Policy(SPACE, hidden=4, rate=0.1, seed=2)
    again.take(policy.arrays(), policy.adam.steps)
    for one in (policy, again):
        one.learn(np.array([[0, 1, 2]]), np.array([1.0]), entropy=0.1)
    for name, value in policy.arrays().items():
        np.testing.assert_array_equal(value, again.arrays()[name])
    with pytest.raises(ValueError, match="weights/lstm"):
        again.take({}, 0)


def test_the_controller_rests_and_then_learns_from_accuracy():
    found = search()
    seen = []
    learn = found.policy.learn
    found.policy.learn = lambda s, a, e: (seen.append((len(s), a.copy())), learn(s, a, e))[1]
    assert found.search()
    assert [epoch.reward is None for epoch in found.history] == [True, False, False]
    assert all(0 <= epoch.reward <= 1 for epoch in found.history[1:])
    assert [number for number, _ in seen] == [3] * 4
    np.testing.assert_allclose(seen[0][1].mean(), 0, atol=1e-9)  # Its own mean is the baseline.
    assert SPACE.contains(found.derive())
    # The rows of the controller aren't among those of the weights.
    assert not set(found.rows) & set(found.valid)
    assert len(found.training.images.ids) == len(found.rows) == 32


def test_a_search_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path):
    whole = search(tmp_path / "whole.npz")
    assert whole.search()
    part = search(tmp_path / "part.npz")
    for _ in range(2):
        assert part._epoch(None)
        part._save()
    again = search(tmp_path / "part.npz")
    assert again.search()
    told = [
        [(epoch.loss, epoch.reward, epoch.entropy) for epoch in found.history]
        for found in (whole, again)
    ]
    assert told[0] == told[1]
    for name, value in whole.policy.arrays().items():
        np.testing.assert_array_equal(value, again.policy.arrays()[name])
    assert whole.derive() == again.derive()
    with pytest.raises(ProjectError, match="other identity"):
        search(tmp_path / "part.npz", seed=1).search()


def test_time_ends_it_between_two_epochs(tmp_path):
    found = search(tmp_path / "state.npz")
    assert not found.search(seconds=0.0)
    assert found.history == found.training.history == []
    assert SPACE.contains(found.derive())


# The stage


def graph(space=SPACE):
    entry = ImageInput(scale=[1.0], offset=[0.0], name="image")
    block = CellBlock(space, name="network", cells=1, channels=2)
    return Graph(entry, ClassificationHead(name="label", dropout=0.0)(block(entry))[0])


def run(folder, **more):
    x, y = rows()
    given = {"graph": graph(), "x": x, "ids": y, "classes": 2, "seed": 3, "folder": folder, **more}
    return EnasStage(SETTINGS).run(StageRun(**given))


def test_the_cells_found_are_pinned_and_found_again(tmp_path, monkeypatch):
    pinned = run(tmp_path)
    genotype = pinned.found["genotype"]
    assert pinned.values == {f"network/{k}": v for k, v in SPACE.values(genotype).items()}
    assert pinned.complete
    assert pinned.seconds == sum(epoch.seconds for epoch in pinned.found["history"])
    assert Genotype.load(tmp_path / "genotype.json") == genotype
    monkeypatch.setattr(EnasSearch, "search", None)  # Nothing is left to be searched.
    again = run(tmp_path, trials_begun=True)
    assert again.values == pinned.values
    (tmp_path / "enas" / "found.json").write_text("{}")
    with pytest.raises(ProjectError, match=r"found\.json is damaged"):
        run(tmp_path)
    (tmp_path / "enas" / "found.json").unlink()
    with pytest.raises(ProjectError, match="has trials, but the cells they are of are lost"):
        run(tmp_path, trials_begun=True)


def test_a_stage_is_a_value_whose_every_setting_is_told():
    stage = EnasStage(SETTINGS, share=0.3)
    told = stage.describe()
    assert json.loads(json.dumps(told)) == told
    assert set(told["search"]) == {field.name for field in dataclasses.fields(EnasSettings)}
    assert pickle.loads(pickle.dumps(stage)) == stage


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"warmup": -1}, "warmup to be a whole number from 0"),
        ({"drawn": 0}, "drawn to be a whole number from 1"),
        ({"valid_share": 0.99}, "valid_share from 0.01 to 0.9"),
        ({"epochs": 0}, "epochs to be"),
    ],
)
def test_settings_that_cannot_be(wrong, told):
    with pytest.raises(InputError, match=told):
        EnasSettings(**wrong)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: EnasStage(search=3), "search to be EnasSettings; got 3"),
        (lambda: EnasStage(share=1), "above 0 and below 1; got 1"),
        (lambda: EnasStage().check(lambda hp: None), "ENAS finds the cells of a CellBlock"),
        (
            lambda: EnasStage().check(graph(CellSpace(1, ("skip_connect",), 1, inputs=3))),
            "cells of one or two inputs; the space has cells of 3",
        ),
        (
            lambda: EnasStage().check(graph(TableCellSpace(2, ("skip_connect", "mine")))),
            "There is no operation 'mine'",
        ),
        (
            lambda: EnasStage().check(graph(CellSpace(2, ("none", "zero")))),
            "at least one operation besides zeros; the space has none, zero",
        ),
    ],
)
def test_what_it_cannot_search_is_refused_before_any_data_is_read(wrong, told):
    with pytest.raises(InputError, match=told):
        wrong()

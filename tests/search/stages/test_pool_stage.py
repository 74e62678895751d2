"""A ranked pool in front of the trials, and the combined search that has one."""

import json

import numpy as np
import pytest
from autokeras import DenseBlock, Input

from automl_kit.custom_blocks import CellBlock, ClassificationHead, ImageInput
from automl_kit.errors import InputError, ProjectError
from automl_kit.evaluation import FullTraining
from automl_kit.evaluation.zero_cost import log_rank, score_vectors
from automl_kit.oracles import RandomOracle
from automl_kit.search.stages.pool_stage import PoolStage
from automl_kit.spaces import CellSpace
from automl_kit.tasks.auto_model import AutoModel
from automl_kit.testing.trainings import pictures, points
from automl_kit.tuners import RandomSearch, Strategy, get_strategy

SPACE = CellSpace(2, ("none", "skip_connect", "nor_conv_1x1"), None, 1, False, output="last")
POOL = Strategy("pooled", RandomOracle, stages=(PoolStage(("flops",), size=8, first=2),))


def search(folder, tuner=POOL, trials=3, nodes=None, data=pictures, **fit):
    entry = ImageInput(name="entry")
    block = CellBlock(SPACE, cells=1, channels=2, drop_path=0.0, name="network")
    given = nodes or (entry, ClassificationHead(name="head", dropout=0.0)(block(entry))[0])
    model = AutoModel(
        *given, tuner=tuner, max_trials=trials, directory=folder, seed=2,
        initial_hps=[{"learning_rate": 0.02}],
    )  # fmt: skip
    model.fit(*data(), epochs=1, batch_size=12, verbose=0, **fit)
    return model


def values(model, trial):
    return model.tuner.oracle.trials[trial].hyperparameters.values


def test_the_best_of_the_pool_come_after_what_was_given(tmp_path):
    model = search(tmp_path)
    note = json.loads((tmp_path / "auto_model" / "pool.json").read_text())
    first, second = note["first"]
    assert set(first) == {f"network/{decision.name}" for decision in SPACE.decisions if (
        len(decision.options) > 1)}  # fmt: skip
    assert values(model, "1") == {**values(model, "1"), **first, "learning_rate": 0.02}
    assert values(model, "2") == {**values(model, "2"), **second, "learning_rate": 0.02}
    x, y = pictures()
    of = score_vectors(model.tuner.hypermodel, x, y, scores=("flops",), seed=2)
    assert of(first) >= of(second) > of(values(model, "0")) - 1
    assert log_rank(np.stack([of(first), of(second)])).argmax() == 0
    seconds = note["seconds"]
    more = search(tmp_path, trials=4)  # The same call goes on, and nothing is ranked again.
    assert json.loads((tmp_path / "auto_model" / "pool.json").read_text())["seconds"] == seconds
    assert values(more, "1") == values(model, "1")


def test_without_cells_the_trials_begin_as_they_do_without_it(tmp_path):
    entry = Input(name="entry")
    block = DenseBlock(num_layers=1, use_batchnorm=False, dropout=0.0, name="dense")
    nodes = entry, ClassificationHead(name="head", dropout=0.0)(block(entry))[0]
    model = search(tmp_path, trials=1, nodes=nodes, data=points)
    assert len(model.tuner.oracle.initial_hps) == 1
    assert not (tmp_path / "auto_model" / "pool.json").exists()


def test_a_damaged_pool_is_told(tmp_path):
    search(tmp_path, trials=1)
    (tmp_path / "auto_model" / "pool.json").write_text('{"first": [1]}')
    with pytest.raises(ProjectError, match=r"pool\.json is damaged"):
        search(tmp_path, trials=2)


def test_the_combined_search_ranks_prunes_and_trains_the_best_whole(tmp_path):
    model = search(tmp_path, "efficient", trials=4)
    board = model.tuner.leaderboard()
    assert (board["status"] == "COMPLETED").sum() == 3  # the finalists
    assert set(board["status"]) <= {"COMPLETED", "ESTIMATED", "PRUNED"}
    assert board.attrs["finalists"]["trials"] == 3
    assert (tmp_path / "auto_model" / "pool.json").exists()
    assert model.predict(pictures()[0], verbose=0).shape == (24, 2)


def test_what_judges_is_the_strategys_own_unless_it_is_given():
    own = get_strategy("efficient")
    assert own.evaluation_or(None) is own.evaluation
    assert own.evaluation_or("full") == FullTraining() == RandomSearch.strategy.evaluation_or(None)


def test_arguments_are_checked():
    for wrong in ({"size": 0}, {"first": True}, {"share": 1.0}):
        with pytest.raises(InputError):
            PoolStage(**wrong)
    with pytest.raises(InputError, match="nothing"):
        PoolStage(("nothing",)).check(None)

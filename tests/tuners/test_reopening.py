"""A tuner on a folder that has a search: the same goes on, another one is refused by name."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import keras_tuner
import pytest

from automl_kit.errors import InputError, ProjectError
from automl_kit.evaluation import Folds
from automl_kit.search import project
from automl_kit.search.lock import locked
from automl_kit.testing.trainings import Formula, Hypermodel, points
from automl_kit.tuners import Darts, Evolution, LocalSearch, Pareto, RandomSearch, Strategy

X, Y = points()


def wider(hp):
    hp.Int("units", 1, 60)


def fewer(hp):
    hp.Int("units", 1, 6)
    hp.Boolean("bias")


def conditioned(hp):
    hp.Boolean("bias")
    with hp.conditional_scope("bias", [True]):
        hp.Int("units", 1, 6)
    hp.Float("rate", 1e-2, 1.0, sampling="log")


def opened(folder, kind=Evolution, hypermodel=None, **more):
    given = {"objective": "val_loss", "max_trials": 2, "seed": 3, "evaluation": Formula()}
    given |= {"directory": folder, "project_name": "p", **more}
    return kind(hypermodel or Hypermodel(), **given)


def searched(folder, **more):
    tuner = opened(folder, **more)
    tuner.search(X, Y, verbose=0)
    return tuner


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"objective": "val_accuracy"}, r'objective was "min val_loss", is "max val_accuracy"'),
        ({"objective": keras_tuner.Objective("mine", "max")}, r"objective was .*max mine"),
        ({"kind": RandomSearch}, r'strategy\.name was "evolution", is "random"'),
        ({"kind": LocalSearch}, r'strategy\.name was "evolution", is "local"'),
        ({"population_size": 7}, r"strategy\.settings\.population_size was \d+, is 7"),
        ({"strategy": Evolution.configured(candidates=1)}, r"settings\.candidates was .* is 1"),
        ({"evaluation": Folds(3)}, r'evaluation\.name was "formula", is "folds"'),
        ({"hypermodel": Hypermodel(wider)}, r"space\.units\.max_value was 6, is 60"),
        ({"hypermodel": Hypermodel(conditioned)}, r"space\.units/bias=\[True\] was null, is"),
        ({"hypermodel": Hypermodel(fewer)}, r"space\.rate was .*, is null"),
        ({"seed": 4}, r"seed was 3, is 4"),
        ({"executions_per_trial": 2}, r"executions_per_trial was 1, is 2"),
        ({"max_model_size": 9}, r"max_model_size was null, is 9"),
    ],
)
def test_another_search_is_refused_and_the_difference_named(tmp_path, other, told):
    opened(tmp_path)
    with pytest.raises(ProjectError, match=rf"is another search: .*{told}"):
        opened(tmp_path, **other)


def test_the_direction_of_a_metric_of_ones_own_is_part_of_it(tmp_path):
    opened(tmp_path, objective=keras_tuner.Objective("mine", "max"))
    with pytest.raises(ProjectError, match='objective was "max mine", is "min mine"'):
        opened(tmp_path, objective=keras_tuner.Objective("mine", "min"))


def test_the_objectives_beside_the_first_are_part_of_it(tmp_path):
    opened(tmp_path, kind=Pareto, objective=["val_loss", "parameters"])
    opened(tmp_path, kind=Pareto, objective=["val_loss", "parameters"])
    with pytest.raises(ProjectError, match=r'costs was \["parameters"\], is \["seconds"\]'):
        opened(tmp_path, kind=Pareto, objective=["val_loss", "seconds"])


@pytest.mark.parametrize("more", [{}, {"seed": None}, {"max_trials": 4}, {"population_size": 50}])
def test_the_same_search_goes_on(tmp_path, more):
    """Without a seed it has the one it was begun with; a default that is written out is one."""
    assert Evolution.strategy.describe()["settings"]["population_size"] == 50
    first = searched(tmp_path)
    again = searched(tmp_path, **more)
    assert again.oracle.seed == 3
    assert list(again.oracle.trials)[:2] == list(first.oracle.trials)
    assert len(again.oracle.trials) == more.get("max_trials", 2)


def test_a_configured_strategy_is_the_class_with_the_setting(tmp_path):
    opened(tmp_path, population_size=7)
    opened(tmp_path, kind=Evolution.configured(population_size=7))


def test_a_search_that_another_program_began_is_left_alone(tmp_path):
    keras_tuner.RandomSearch(Hypermodel(), "val_loss", 1, directory=tmp_path, project_name="p")
    folder = tmp_path / "p"
    (folder / "oracle.json").write_text("{}")
    with pytest.raises(ProjectError, match="automl_kit didn't start"):
        opened(tmp_path)
    assert (folder / "oracle.json").read_text() == "{}"


def files_of(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def leave_an_ending(folder):
    """What the ending, a stage and an oracle with a state of its own write."""
    for name in ("final.json", "final.weights.h5", "controller.json", "genotype.json"):
        (folder / name).write_text("{}")
    (folder / "darts").mkdir(exist_ok=True)
    (folder / "darts" / "state.npz").write_text("")


def test_overwriting_removes_all_of_the_search_and_nothing_else(tmp_path):
    searched(tmp_path)
    leave_an_ending(tmp_path / "p")
    (tmp_path / "p" / "notes.txt").write_text("mine")
    tuner = opened(tmp_path, overwrite=True, seed=4, objective="val_accuracy")
    assert not tuner.oracle.trials
    expected = ["lock", "notes.txt", "oracle.json", "search.json"]
    assert files_of(tmp_path / "p") == expected


class Killed(BaseException):
    """As if the process were gone."""


def test_an_overwrite_that_is_killed_leaves_no_old_trial_behind(tmp_path, monkeypatch):
    """After each removal of it: what is left is never a part of the search that begins next."""
    searched(tmp_path / "before")
    leave_an_ending(tmp_path / "before" / "p")
    unlink, rmtree = Path.unlink, shutil.rmtree
    left = -1

    def counted(do):
        def removing(path, *rest, **named):
            nonlocal left
            if left == 0:
                raise Killed
            left -= Path(path).exists()
            return do(path, *rest, **named)

        return removing

    monkeypatch.setattr(Path, "unlink", counted(unlink))
    monkeypatch.setattr(project.shutil, "rmtree", counted(rmtree))
    kills = 0
    for number in range(1, 30):
        folder = tmp_path / str(number)
        shutil.copytree(tmp_path / "before", folder)
        left = number
        try:
            opened(folder, overwrite=True)
        except Killed:
            kills += 1
        else:
            break
        left = -1
        tuner = opened(folder)
        assert not tuner.oracle.trials
        assert files_of(folder / "p") == ["lock", "oracle.json", "search.json"]
        left = -1
        shutil.rmtree(folder)
    assert kills >= 8


def test_half_written_files_are_swept(tmp_path):
    searched(tmp_path)
    folder = tmp_path / "p"
    (folder / "trial_1").mkdir(exist_ok=True)
    halves = [folder / ".0a.part.oracle.json", folder / "trial_1" / ".1b.part.trial.json"]
    for half in halves:
        half.write_text("{")
    opened(tmp_path)
    assert not any(half.exists() for half in halves)


def test_a_folder_in_which_another_process_searches_is_refused(tmp_path):
    tuner = opened(tmp_path)
    code = (
        "import pathlib, sys\n"
        "from automl_kit.search.lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n"
        "    print('in', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "p")]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "in\n"
        half = tmp_path / "p" / ".0a.part.oracle.json"
        half.write_text("{")
        with pytest.raises(ProjectError, match="Another process is searching"):
            opened(tmp_path)
        with pytest.raises(ProjectError, match="Another process is searching"):
            opened(tmp_path, overwrite=True)
        with pytest.raises(ProjectError, match="Another process is searching"):
            tuner.search(X, Y, verbose=0)
        assert half.exists()  # It may be what the other one is writing.
    finally:
        other.kill()
        other.communicate()
    tuner.search(X, Y, verbose=0)
    assert len(tuner.oracle.trials) == 2


@pytest.mark.parametrize("kind", ["greedy", "hyperband", "pareto", "reinforce"])
def test_every_tuner_holds_the_lock_while_it_searches(tmp_path, kind):
    from concurrent.futures import ThreadPoolExecutor

    from automl_kit.tuners import get_tuner

    seen = []

    class Looks(Formula):
        def evaluate(self, trial, run):
            def enter():
                with locked(tmp_path / "p"):
                    return "in"

            with ThreadPoolExecutor(1) as thread:
                error = thread.submit(enter).exception()
            with locked(tmp_path / "p"):  # The thread that has it may enter again.
                seen.append(error)
            return super().evaluate(trial, run)

    searched(tmp_path, kind=get_tuner(kind), evaluation=Looks(), max_trials=1)
    assert len(seen) == 1
    assert isinstance(seen[0], ProjectError)
    with locked(tmp_path / "p"):
        pass


def test_reload_sees_what_another_object_found(tmp_path):
    early = opened(tmp_path)
    assert early.oracle.best_trial() is None
    late = searched(tmp_path)
    early.reload()
    assert early.best_trial().score == late.best_trial().score
    assert early.get_best_hyperparameters()[0].values == late.best_trial().hyperparameters.values
    searched(tmp_path, max_trials=4)
    early.reload()
    assert sorted(early.oracle.trials) == ["0", "1", "2", "3"]
    assert json.loads((tmp_path / "p" / "search.json").read_text())["seed"] == 3


@pytest.mark.parametrize("kind", [Evolution, Strategy("mine", Evolution.strategy.oracle)])
def test_nothing_to_search_is_refused_as_keras_tuner_does(tmp_path, kind):
    with pytest.raises(ValueError, match=r"^Received `hypermodel=None`"):
        kind(None, objective="val_loss", directory=tmp_path)


def test_a_stage_refuses_a_hypermodel_that_it_has_no_part_in(tmp_path):
    with pytest.raises(InputError, match="DARTS finds the cells of a CellBlock"):
        Darts(Hypermodel(), objective="val_loss", directory=tmp_path)


def test_a_distributed_worker_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    with pytest.raises(InputError, match="one process"):
        opened(tmp_path)

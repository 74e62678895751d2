"""What an oracle's state on disk must do, whenever the search is killed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automl_kit import files
from automl_kit.errors import ProjectError
from automl_kit.testing.searches import (
    Search,
    bowl,
    conditional,
    every_kind,
    growing,
    key,
    noise,
)


class Killed(BaseException):
    """As a signal ends the program."""


def _kill_at(oracle: Any, number: int) -> list[str]:
    """Has the write of that number, from 0, kill the search; gives how many there were."""
    writes: list[str] = []

    def killing(write: Callable[..., None]) -> Callable[..., None]:
        def wrapped(*args: Any) -> None:
            if len(writes) == number:
                raise Killed
            writes.append(write.__name__)
            write(*args)

        return wrapped

    oracle.save = killing(oracle.save)
    oracle._save_trial = killing(oracle._save_trial)
    return writes


class OracleStateSuite:
    """Checks of an oracle's state; see `OracleSuite`."""

    make: Callable[..., Any]
    trials = 14

    def best_score(self, search: Search) -> float:
        """The score that the best trial of a search must have."""
        trials = search.oracle.trials.values()
        return float(max(trial.score for trial in trials if trial.status == "COMPLETED"))

    @pytest.fixture(autouse=True)
    def _no_flush(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Leaves out waiting for the disk: a killed program is checked, not a power cut."""
        monkeypatch.setattr(files, "_flush", lambda path: None)

    @pytest.mark.parametrize("build", [every_kind, growing])
    def test_reloading_after_every_trial_changes_no_proposal(
        self, tmp_path: Path, build: Any
    ) -> None:
        whole = Search(self.make, tmp_path / "whole", build, bowl).run(self.trials)
        parts: list[Any] = []
        for _ in range(self.trials):
            parts += Search(self.make, tmp_path / "parts", build, bowl).run(1)
        assert parts == whole

    def test_a_kill_at_any_write_changes_no_proposal(self, tmp_path: Path) -> None:
        begun = Search(self.make, tmp_path / "begun", every_kind)
        begun.run(self.trials - 3)
        shutil.copytree(tmp_path / "begun", tmp_path / "whole")
        whole = Search(self.make, tmp_path / "whole", every_kind)
        writes = _kill_at(whole.oracle, -1)
        whole.run(1)
        number = len(writes)
        assert number >= 4  # The trial's file and the oracle's, when it begins and when it ends.
        whole.run(2)
        expected = [t.hyperparameters.values for t in whole.oracle.trials.values()]
        for write in range(number):
            folder = tmp_path / f"killed-{write}"
            shutil.copytree(tmp_path / "begun", folder)
            killed = Search(self.make, folder, every_kind)
            _kill_at(killed.oracle, write)
            with pytest.raises(Killed):
                killed.run(1)
            # Killed a second time as soon as it has begun to go on.
            resumed = Search(self.make, folder, every_kind)
            resumed.begin()
            resumed = Search(self.make, folder, every_kind)
            resumed.run(self.trials - len(resumed.oracle.end_order))
            found = [t.hyperparameters.values for t in resumed.oracle.trials.values()]
            assert found == expected, f"killed at write {write}, {writes[write]}"
            assert len(resumed.oracle.end_order) == self.trials

    def test_clients_killed_at_once_are_gone_on_with(self, tmp_path: Path) -> None:
        def prepared(folder: Path) -> tuple[Search, list[Any]]:
            search = Search(self.make, folder, every_kind)
            trials: list[Any] = [search.begin(f"tuner{n}") for n in range(4)]
            for place in (2, 0):  # They don't end in the order in which they began.
                search.end(trials[place])
            return search, [trials[1], trials[3]]

        search, running = prepared(tmp_path)
        again = Search(self.make, tmp_path, every_kind)
        assert again.oracle.end_order == search.oracle.end_order
        assert again.oracle.start_order == search.oracle.start_order
        repeated: list[Any] = [again.begin("tuner0"), again.begin("tuner1")]
        assert {t.trial_id for t in repeated} == {t.trial_id for t in running}
        for trial in repeated:
            again.end(trial)
        again.run(8)
        values = [key(t.hyperparameters.values) for t in again.oracle.trials.values()]
        assert len(set(values)) == len(values) == 12

    def test_the_best_is_the_same_after_a_reload(self, tmp_path: Path) -> None:
        search = Search(self.make, tmp_path, every_kind, lambda values: round(noise(values), 1))
        search.run(self.trials)
        best = search.oracle.get_best_trials(3)
        again = Search(self.make, tmp_path, every_kind).oracle.get_best_trials(3)
        assert [t.trial_id for t in again] == [t.trial_id for t in best]
        assert again[0].score == self.best_score(search)

    def test_the_state_does_not_grow_with_the_trials(self, tmp_path: Path) -> None:
        search = Search(self.make, tmp_path, every_kind)
        search.run(self.trials)
        before = search.state_file.stat().st_size
        search.run(10)
        assert search.state_file.stat().st_size - before < 100

    def test_reloading_twice_keeps_the_state(self, tmp_path: Path) -> None:
        search = Search(self.make, tmp_path, every_kind)
        search.run(self.trials - 3)
        Search(self.make, tmp_path, every_kind)
        before = json.loads(search.state_file.read_text())
        Search(self.make, tmp_path, every_kind)
        assert json.loads(search.state_file.read_text()) == before

    @pytest.mark.parametrize(
        "damage", ["", "[]", "{}", '{"ongoing_trials": 3}', '{"hyperparameters": {', "half"]
    )
    def test_a_damaged_state_is_told(self, tmp_path: Path, damage: Any) -> None:
        search = Search(self.make, tmp_path, conditional)
        search.run(3)
        text = search.state_file.read_text()
        search.state_file.write_text(text[: len(text) // 2] if damage == "half" else damage)
        with pytest.raises(ProjectError, match="damaged"):
            Search(self.make, tmp_path, conditional)

    def test_a_damaged_trial_is_told(self, tmp_path: Path) -> None:
        search = Search(self.make, tmp_path, conditional)
        search.run(3)
        file = next(search.folder.glob("project/trial_*/trial.json"))
        file.write_text(file.read_text()[:40])
        with pytest.raises(ProjectError, match="damaged"):
            Search(self.make, tmp_path, conditional)

    def test_reloading_a_used_oracle_reads_everything_afresh(self, tmp_path: Path) -> None:
        search = Search(self.make, tmp_path, every_kind)
        search.run(self.trials - 4)
        shutil.copytree(tmp_path, kept := tmp_path.parent / f"{tmp_path.name}-kept")
        expected = search.run(4)
        search.begin("another")
        shutil.rmtree(tmp_path)
        kept.rename(tmp_path)
        search.oracle.reload()
        assert len(search.oracle.trials) == self.trials - 4
        assert search.oracle.ongoing_trials == {}
        assert search.run(4) == expected

    def test_trials_without_an_oracle_are_no_search(self, tmp_path: Path) -> None:
        search = Search(self.make, tmp_path, every_kind)
        search.run(5)
        search.state_file.unlink()  # As an overwrite that was cut short leaves a folder.
        with pytest.raises(ProjectError, match=r"no search in .*no oracle\.json"):
            search.oracle.reload()
        expected = Search(self.make, tmp_path / "new", every_kind).run(3)
        fresh = Search(self.make, tmp_path, every_kind)
        assert fresh.oracle.trials == {}
        assert fresh.run(2) == expected[:2]
        again = Search(self.make, tmp_path, every_kind)
        assert len(again.oracle.trials) == 2  # Of the five there were.
        assert again.run(1) == expected[2:]

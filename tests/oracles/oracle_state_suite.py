"""What an oracle's state on disk must do, whenever the search is killed."""

import json
import shutil

import pytest
from searches import Search, bowl, conditional, every_kind, growing, key, noise

from automl_kit.errors import ProjectError


class Killed(BaseException):
    """As a signal ends the program."""


def _kill_at(oracle, number):
    """Has the write of that number, from 0, kill the search; gives how many there were."""
    writes = []

    def killing(write):
        def wrapped(*args):
            if len(writes) == number:
                raise Killed
            writes.append(write.__name__)
            return write(*args)

        return wrapped

    oracle.save = killing(oracle.save)
    oracle._save_trial = killing(oracle._save_trial)
    return writes


class OracleStateSuite:
    """Checks of an oracle's state; see `OracleSuite`."""

    trials = 20

    @pytest.mark.parametrize("build", [every_kind, growing])
    def test_reloading_after_every_trial_changes_no_proposal(self, tmp_path, build):
        whole = Search(self.make, tmp_path / "whole", build, bowl).run(self.trials)
        parts = []
        for _ in range(self.trials):
            parts += Search(self.make, tmp_path / "parts", build, bowl).run(1)
        assert parts == whole

    def test_a_kill_at_any_write_changes_no_proposal(self, tmp_path):
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

    def test_clients_killed_at_once_are_gone_on_with(self, tmp_path):
        def prepared(folder):
            search = Search(self.make, folder, every_kind)
            trials = [search.begin(f"tuner{n}") for n in range(4)]
            for place in (2, 0):  # They don't end in the order in which they began.
                search.end(trials[place])
            return search, [trials[1], trials[3]]

        search, running = prepared(tmp_path)
        again = Search(self.make, tmp_path, every_kind)
        assert again.oracle.end_order == search.oracle.end_order
        assert again.oracle.start_order == search.oracle.start_order
        repeated = [again.begin("tuner0"), again.begin("tuner1")]
        assert {t.trial_id for t in repeated} == {t.trial_id for t in running}
        for trial in repeated:
            again.end(trial)
        again.run(8)
        values = [key(t.hyperparameters.values) for t in again.oracle.trials.values()]
        assert len(set(values)) == len(values) == 12

    def test_the_best_is_the_same_after_a_reload(self, tmp_path):
        search = Search(self.make, tmp_path, every_kind, lambda values: round(noise(values), 1))
        search.run(self.trials)
        best = search.oracle.get_best_trials(3)
        again = Search(self.make, tmp_path, every_kind).oracle.get_best_trials(3)
        assert [t.trial_id for t in again] == [t.trial_id for t in best]
        assert again[0].score == max(t.score for t in search.oracle.trials.values())

    def test_the_state_does_not_grow_with_the_trials(self, tmp_path):
        search = Search(self.make, tmp_path, every_kind)
        search.run(self.trials)
        before = search.state_file.stat().st_size
        search.run(10)
        assert search.state_file.stat().st_size - before < 100

    def test_reloading_twice_keeps_the_state(self, tmp_path):
        search = Search(self.make, tmp_path, every_kind)
        search.run(self.trials - 3)
        Search(self.make, tmp_path, every_kind)
        before = json.loads(search.state_file.read_text())
        Search(self.make, tmp_path, every_kind)
        assert json.loads(search.state_file.read_text()) == before

    @pytest.mark.parametrize(
        "damage", ["", "[]", "{}", '{"ongoing_trials": 3}', '{"hyperparameters": {', "half"]
    )
    def test_a_damaged_state_is_told(self, tmp_path, damage):
        search = Search(self.make, tmp_path, conditional)
        search.run(3)
        text = search.state_file.read_text()
        search.state_file.write_text(text[: len(text) // 2] if damage == "half" else damage)
        with pytest.raises(ProjectError, match="damaged"):
            Search(self.make, tmp_path, conditional)

    def test_a_damaged_trial_is_told(self, tmp_path):
        search = Search(self.make, tmp_path, conditional)
        search.run(3)
        file = next(search.folder.glob("project/trial_*/trial.json"))
        file.write_text(file.read_text()[:40])
        with pytest.raises(ProjectError, match="damaged"):
            Search(self.make, tmp_path, conditional)

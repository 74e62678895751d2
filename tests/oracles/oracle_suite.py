"""What an oracle must do: checks that each joins with one line.

class TestEvolution(OracleSuite):
    make = EvolutionOracle
"""

import math
import random
from typing import ClassVar

import numpy as np
import pytest
from oracle_state_suite import OracleStateSuite
from searches import (
    CONDITIONAL,
    GRIDS,
    INTERNAL,
    RANGES,
    Search,
    bowl,
    conditional,
    every_kind,
    failing,
    growing,
    key,
    noise,
)


class OracleSuite(OracleStateSuite):
    """Checks of an oracle's proposals; those of its state are inherited.

    Attributes:
        make: Makes the oracle from objective, max_trials, seed, initial_hps and hyperparameters.
        fails: Names of checks that it is known to fail, with reasons. They must fail.
        trials: So many that the strategy is past its random start.
    """

    fails: ClassVar[dict[str, str]] = {}
    trials = 20

    # Seeds

    def test_a_seed_gives_one_sequence_of_proposals(self, tmp_path):
        first, again, other = (
            Search(self.make, tmp_path / name, every_kind, seed=seed).run(self.trials)
            for name, seed in (("first", 5), ("again", 5), ("other", 6))
        )
        assert len(first) == self.trials
        assert first == again
        assert first != other

    def test_zero_is_a_seed(self, tmp_path):
        first, again = (
            Search(self.make, tmp_path / name, every_kind, seed=0).run(5) for name in "ab"
        )
        assert first == again

    def test_global_random_numbers_are_neither_used_nor_drawn(self, tmp_path):
        found = []
        for name, seed in (("first", 1), ("second", 2)):
            random.seed(seed)
            np.random.seed(seed)
            before = random.getstate(), np.random.get_state()[1].tolist()
            found.append(Search(self.make, tmp_path / name, every_kind, seed=3).run(self.trials))
            assert (random.getstate(), np.random.get_state()[1].tolist()) == before
        assert found[0] == found[1]

    # Hyperparameters

    def test_values_of_every_kind_are_of_its_grid_and_type(self, tmp_path):
        for values in Search(self.make, tmp_path, every_kind, bowl).run(self.trials):
            values = {k: v for k, v in values.items() if not k.startswith(INTERNAL)}
            assert set(values) == set(GRIDS) | set(RANGES)
            for name, grid in GRIDS.items():
                assert any(
                    values[name] == pytest.approx(v, rel=1e-12)
                    if isinstance(v, float)
                    else values[name] == v
                    for v in grid
                ), (name, values[name])
                assert type(values[name]) is type(grid[0])
            for name, (low, high) in RANGES.items():
                assert low <= values[name] <= high
                assert type(values[name]) is float

    def test_children_are_there_just_where_their_parents_say_so(self, tmp_path):
        allowed = {key(member) for member in CONDITIONAL}
        search = Search(self.make, tmp_path, conditional)
        for values in search.run(9):
            assert key(values) in allowed

    def test_a_space_may_grow(self, tmp_path):
        search = Search(self.make, tmp_path, growing, bowl)
        proposals = search.run(self.trials)
        assert len({key(v) for v in proposals}) == self.trials
        trials = [trial.hyperparameters.values for trial in search.oracle.trials.values()]
        assert max(values["layers"] for values in trials) >= 3
        assert len({v["units_0"] for v in proposals[1:]}) > 1
        assert any("units_2" in v for v in proposals)
        for values in trials:
            assert all(f"units_{layer}" in values for layer in range(values["layers"]))

    def test_initial_values_come_first_and_the_rest_of_them_is_the_default(self, tmp_path):
        initial = [{"kind": "b", "depth": 11}, {"kind": "a", "deep": True}]
        search = Search(self.make, tmp_path, conditional, initial_hps=initial)
        first, second, *others = search.run(6)
        assert key(first) == key({"kind": "b", "depth": 11})
        assert key(second) == key({"kind": "a", "depth": 1, "deep": True, "act": "relu"})
        assert len(others) == 4

    def test_initial_values_of_hyperparameters_not_known_yet_are_kept(self, tmp_path):
        search = Search(self.make, tmp_path, growing, initial_hps=[{"layers": 2, "units_1": 32}])
        search.run(1)
        (trial,) = search.oracle.trials.values()
        assert trial.hyperparameters.values["units_1"] == 32

    # Ends

    def test_a_small_space_is_tried_to_its_last_member_without_repeats(self, tmp_path):
        search = Search(self.make, tmp_path, conditional)
        proposals = search.run(len(CONDITIONAL) + 5)
        assert sorted(map(key, proposals)) == sorted(map(key, CONDITIONAL))
        assert search.oracle.create_trial("tuner0").status == "STOPPED"

    def test_a_space_without_hyperparameters_has_one_member(self, tmp_path):
        assert Search(self.make, tmp_path, lambda hp: None).run(3) == [{}]

    def test_max_trials_is_kept(self, tmp_path):
        search = Search(self.make, tmp_path, every_kind, max_trials=4)
        assert len(search.run(9)) == 4
        assert search.oracle.create_trial("tuner0").status == "STOPPED"

    # Scores

    def test_failures_go_on_and_never_win(self, tmp_path):
        search = Search(self.make, tmp_path, every_kind, failing)
        assert len(search.run(self.trials)) == self.trials
        statuses = [trial.status for trial in search.oracle.trials.values()]
        assert 2 <= statuses.count("FAILED") < self.trials
        best = search.oracle.get_best_trials(1)[0]
        scores = [t.score for t in search.oracle.trials.values() if t.status == "COMPLETED"]
        assert best.score == max(scores)

    @pytest.mark.parametrize("score", [None, math.nan, math.inf, -math.inf])
    def test_no_score_at_all_is_no_end(self, tmp_path, score):
        search = Search(self.make, tmp_path, every_kind, lambda values: score)
        assert len({key(v) for v in search.run(self.trials)}) == self.trials

    def test_a_minimised_score_is_a_maximised_one_mirrored(self, tmp_path):
        up = Search(self.make, tmp_path / "up", every_kind, noise)
        down = Search(self.make, tmp_path / "down", every_kind, lambda v: -noise(v), "min")
        assert up.run(self.trials) == down.run(self.trials)
        assert up.oracle.get_best_trials(1)[0].score == -down.oracle.get_best_trials(1)[0].score

    # Clients

    def test_clients_at_once_never_try_the_same(self, tmp_path):
        search = Search(self.make, tmp_path, conditional)
        found, running = [], []
        for round_number in range(12):
            running += [search.begin(f"tuner{round_number}-{n}") for n in range(3)]
            running = [trial for trial in running if trial is not None]
            found += [t for t in running if t not in found]
            while len(running) > 2:
                search.end(running.pop())  # The last begun ends first.
        assert len({key(t.hyperparameters.values) for t in found}) == len(found) >= 7

"""What an oracle must propose: checks that each oracle joins with one line."""

import gc
import math
import random
import weakref
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from automl_kit.errors import InputError
from automl_kit.spaces import SameNetwork, size_after_symmetries
from automl_kit.testing.searches import (
    CELLS,
    CONDITIONAL,
    GRIDS,
    INTERNAL,
    NAMES,
    RANGES,
    Search,
    Values,
    bowl,
    cells,
    conditional,
    every_kind,
    failing,
    figures,
    growing,
    in_memory,
    key,
    noise,
    reserved,
)
from automl_kit.testing.state_suite import OracleStateSuite


class OracleSuite(OracleStateSuite):
    """Checks of an oracle's proposals and of its state on disk.

    Attributes:
        make: Makes the oracle: `make(objective, max_trials, seed=…, initial_hps=…)`.
        fails: Names of checks that it is known to fail, with reasons. They must fail.
        trials: So many that the strategy is past its random start.
        internal: Names that the oracle adds to the values for the tuner.

    Example:
        >>> from automl_kit.oracles import EvolutionOracle
        >>> class TestEvolution(OracleSuite):
        ...     make = EvolutionOracle
    """

    fails: ClassVar[dict[str, str]] = {}
    internal: ClassVar[tuple[str, ...]] = ()

    # Seeds

    def test_a_seed_gives_one_sequence_of_proposals(self, tmp_path: Path) -> None:
        first, again, other = (
            in_memory(self.make, tmp_path / name, every_kind, seed=seed).run(self.trials)
            for name, seed in (("first", 5), ("again", 5), ("other", 6))
        )
        assert len(first) == self.trials
        assert first == again
        assert first != other

    @pytest.mark.parametrize("seed", [0, 2**31, 2**32, 2**63, 10**30, np.int64(7), np.uint8(7)])
    def test_a_seed_of_any_size_is_one(self, tmp_path: Path, seed: Any) -> None:
        first, again = (
            in_memory(self.make, tmp_path / name, conditional, seed=seed) for name in "ab"
        )
        assert first.run(4) == again.run(4)
        assert first.oracle.seed == int(seed)
        assert first.oracle.get_state()["seed"] == int(seed)

    @pytest.mark.parametrize("seed", [-1, -(2**40), 1.0, "1", True, np.float32(2)])
    def test_what_is_no_seed_is_refused(self, tmp_path: Path, seed: Any) -> None:
        with pytest.raises(InputError, match="seed must be an integer from 0"):
            in_memory(self.make, tmp_path, conditional, seed=seed)

    def test_without_a_seed_one_is_drawn(self, tmp_path: Path) -> None:
        drawn = {in_memory(self.make, tmp_path, conditional, seed=None).oracle.seed for _ in "abc"}
        assert len(drawn) == 3
        assert all(type(seed) is int and seed >= 0 for seed in drawn)

    def test_global_random_numbers_are_neither_used_nor_drawn(self, tmp_path: Path) -> None:
        found = []
        for name, seed in (("first", 1), ("second", 2)):
            random.seed(seed)
            np.random.seed(seed)
            before = random.getstate(), _of_numpy()
            found.append(in_memory(self.make, tmp_path / name, every_kind, seed=3).run(self.trials))
            assert (random.getstate(), _of_numpy()) == before
        assert found[0] == found[1]

    # Hyperparameters

    def test_values_of_every_kind_are_of_its_grid_and_type(self, tmp_path: Path) -> None:
        for values in in_memory(self.make, tmp_path, every_kind, bowl).run(self.trials):
            assert set(values) - set(self.internal) == set(GRIDS) | set(RANGES)
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

    def test_children_are_there_just_where_their_parents_say_so(self, tmp_path: Path) -> None:
        allowed = {key(member) for member in CONDITIONAL}
        search = in_memory(self.make, tmp_path, conditional)
        for values in search.run(9):
            assert key(self.own(values)) in allowed

    def test_a_space_may_grow(self, tmp_path: Path) -> None:
        search = in_memory(self.make, tmp_path, growing)
        proposals = search.run(self.trials)
        assert len({key(v) for v in proposals}) == self.trials
        trials = [trial.hyperparameters.values for trial in search.oracle.trials.values()]
        assert max(values["layers"] for values in trials) >= 3
        searched = [{v[f"units_{k}"] for v in proposals if f"units_{k}" in v} for k in range(3)]
        assert max(map(len, searched)) > 1
        assert any("units_2" in v for v in proposals)
        for values in trials:
            assert all(f"units_{layer}" in values for layer in range(values["layers"]))

    def test_initial_values_come_first_and_the_rest_of_them_is_the_default(
        self, tmp_path: Path
    ) -> None:
        initial = [{"kind": "b", "depth": 11}, {"kind": "a", "deep": True}]
        search = in_memory(self.make, tmp_path, conditional, initial_hps=initial)
        first, second, *others = search.run(6)
        assert self.own(first) == {"kind": "b", "depth": 11}
        assert self.own(second) == {"kind": "a", "depth": 1, "deep": True, "act": "relu"}
        assert len(others) == 4

    def test_initial_values_of_hyperparameters_not_known_yet_are_kept(self, tmp_path: Path) -> None:
        search = in_memory(self.make, tmp_path, growing, initial_hps=[{"layers": 2, "units_1": 32}])
        search.run(1)
        (trial,) = search.oracle.trials.values()
        assert trial.hyperparameters.values["units_1"] == 32

    @pytest.mark.parametrize("names", [figures, reserved])
    def test_names_of_figures_are_names_as_any(self, tmp_path: Path, names: Any) -> None:
        if names is reserved and self.internal:
            with pytest.raises(InputError, match="Rename the hyperparameter"):
                in_memory(self.make, tmp_path, names)
            return
        search = Search(self.make, tmp_path, names)
        proposals = search.run(self.trials)
        assert len({key(values) for values in proposals}) == self.trials
        allowed: set[Any] = {"a", "b"} if names is figures else {1, 2, 3}
        for values in map(self.own, proposals):
            assert set(values) == set(NAMES if names is figures else INTERNAL)
            assert set(values.values()) <= allowed
        assert search.oracle.get_best_trials(1)[0].score == self.best_score(search)
        again = Search(self.make, tmp_path, names)
        assert again.oracle.trials.keys() == search.oracle.trials.keys()
        assert again.oracle.objective.name == "score"

    # Ends

    def test_a_network_is_tried_once_whatever_its_hyperparameters(self, tmp_path: Path) -> None:
        search = Search(self.make, tmp_path, cells)
        network = SameNetwork({"block_1/": CELLS})
        search.oracle.network_key = network
        proposals = search.run(4)
        search = Search(self.make, tmp_path, cells)
        search.oracle.network_key = network
        proposals += search.run(50)
        keys = [network(self.own(values)) for values in proposals]
        members = Search(self.make, tmp_path / "all", cells).oracle.get_space().space
        assert len(set(keys)) == len(keys)
        assert (
            len(keys)
            == size_after_symmetries(CELLS, "function")
            < CELLS.size()
            == 3 ** len(members)
        )

    def test_a_small_space_is_tried_to_its_last_member_without_repeats(
        self, tmp_path: Path
    ) -> None:
        search = in_memory(self.make, tmp_path, conditional)
        proposals = search.run(len(CONDITIONAL) + 5)
        found = [key(self.own(values)) for values in proposals]
        assert sorted(found) == sorted(map(key, CONDITIONAL))
        assert search.oracle.create_trial("tuner0").status == "STOPPED"

    def test_a_space_without_hyperparameters_has_one_member(self, tmp_path: Path) -> None:
        found = in_memory(self.make, tmp_path, lambda hp: None).run(3)
        assert [self.own(values) for values in found] == [{}]

    def test_max_trials_is_kept(self, tmp_path: Path) -> None:
        search = in_memory(self.make, tmp_path, every_kind, max_trials=4)
        assert len(search.run(9)) == 4
        assert search.oracle.create_trial("tuner0").status == "STOPPED"

    # Scores

    def test_failures_go_on_and_never_win(self, tmp_path: Path) -> None:
        search = in_memory(self.make, tmp_path, every_kind, failing)
        assert len(search.run(self.trials)) == self.trials
        statuses = [trial.status for trial in search.oracle.trials.values()]
        assert 2 <= statuses.count("FAILED") < self.trials
        best = search.oracle.get_best_trials(1)[0]
        assert best.score == self.best_score(search)

    @pytest.mark.parametrize("score", [None, math.nan, math.inf, -math.inf])
    def test_no_score_at_all_is_no_end(self, tmp_path: Path, score: Any) -> None:
        search = in_memory(self.make, tmp_path, every_kind, lambda values: score)
        assert len({key(v) for v in search.run(self.trials)}) == self.trials

    def test_a_minimised_score_is_a_maximised_one_mirrored(self, tmp_path: Path) -> None:
        up = in_memory(self.make, tmp_path / "up", every_kind, noise)
        down = in_memory(self.make, tmp_path / "down", every_kind, lambda v: -noise(v), "min")
        assert up.run(self.trials) == down.run(self.trials)
        assert up.oracle.get_best_trials(1)[0].score == -down.oracle.get_best_trials(1)[0].score

    # Clients

    def test_clients_at_once_never_try_the_same(self, tmp_path: Path) -> None:
        search = in_memory(self.make, tmp_path, conditional)
        found: list[Any] = []
        running: list[Any] = []
        for round_number in range(12):
            begun = [search.begin(f"tuner{round_number}-{n}") for n in range(3)]
            running += [trial for trial in begun if trial is not None]
            found += [t for t in running if t not in found]
            while len(running) > 2:
                search.end(running.pop())  # The last begun ends first.
        assert len({key(t.hyperparameters.values) for t in found}) == len(found) >= 7

    def test_oracles_that_are_dropped_are_forgotten(self, tmp_path: Path) -> None:
        dropped = []
        for _ in range(10):
            search = in_memory(self.make, tmp_path, conditional)
            search.run(1)
            dropped.append(weakref.ref(search.oracle))
            del search
        gc.collect()
        assert [oracle() for oracle in dropped] == [None] * 10

    # Arguments

    def test_an_unknown_setting_is_refused_with_the_known_ones(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"'populaton_size'.*max_retries_per_trial"):
            in_memory(self.make, tmp_path, conditional, populaton_size=20)

    # For subclasses

    def own(self, values: Values) -> Values:
        """Values without those that the oracle adds for the tuner."""
        return {name: value for name, value in values.items() if name not in self.internal}

    @pytest.fixture(autouse=True)
    def _expect_known_failures(self, request: pytest.FixtureRequest) -> None:
        """Expects the checks named in `fails` to fail, and notices when one passes."""
        name = getattr(request.node, "originalname", "")
        reason = self.fails.get(request.node.name) or self.fails.get(name)
        if reason is not None:
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))


def _of_numpy() -> Any:
    state: Any = np.random.get_state()
    return state[1].tolist()

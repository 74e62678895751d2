"""What a search by a strategy must do, with every evaluation, on every kind of space."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from automl_kit.errors import ProjectError
from automl_kit.evaluation import Folds, FullTraining, SuccessiveHalvingPruner
from automl_kit.oracles.trial_figures import is_whole
from automl_kit.tasks.auto_model import AutoModel
from automl_kit.testing.searches import key
from automl_kit.testing.trainings import (
    SPACES,
    Formula,
    Guess,
    Hypermodel,
    cell_nodes,
    pictures,
    points,
)
from automl_kit.tuners import SearchTuner, get_tuner

ALL_SPACES = (*SPACES, "cells")


class SearchSuite:
    """Checks of a strategy's searches: trials, best network, kills, identity.

    All spaces are searched by a formula in place of an evaluation, which costs next to nothing;
    networks are trained where `trained` says so.

    Attributes:
        tuner: The strategy: its name, a tuner class, or a configured one.
        spaces: The kinds of space that it can search.
        trained: By name of an evaluation, the space that is searched with it.
        trials: Trials of a search.

    Example:
        >>> class TestRandom(SearchSuite):
        ...     tuner = "random"
    """

    tuner: ClassVar[Any]
    spaces: ClassVar[tuple[str, ...]] = ALL_SPACES
    trained: ClassVar[dict[str, str]] = {"full": "numbers", "folds": "conditional"}
    trials: ClassVar[int] = 4

    @pytest.mark.parametrize("space", ALL_SPACES)
    def test_a_search_ends_with_its_best_and_goes_on_as_if_never_stopped(
        self, tmp_path: Path, space: str
    ) -> None:
        self.needs(space)
        whole = self.searched(tmp_path / "whole", space, max_trials=self.trials)
        self.searched(tmp_path / "parts", space, max_trials=2)
        parts = self.searched(tmp_path / "parts", space, max_trials=self.trials)
        trials = list(whole.oracle.trials.values())
        assert len(trials) == self.trials
        assert {trial.status for trial in trials} == {"COMPLETED"}
        assert len({key(trial.hyperparameters.values) for trial in trials}) == self.trials
        self.check_best(whole)
        assert _told(parts) == _told(whole)

    @pytest.mark.parametrize("evaluation", ["full", "folds"])
    def test_the_best_trials_network_is_kept_and_scores_as_it_says(
        self, tmp_path: Path, evaluation: str
    ) -> None:
        space = self.trained[evaluation]
        self.needs(space)
        judge = FullTraining() if evaluation == "full" else Folds(2)
        tuner = self.searched(tmp_path, space, judge, max_trials=2)
        best = tuner.best_trial()
        assert best.status == "COMPLETED"
        self.check_best(tuner)
        model = tuner.load_model(best)
        if evaluation == "full":
            x, y = _rows(space)
            found = model.evaluate(x[1::2], y[1::2], verbose=0, return_dict=True)["loss"]
            assert found == pytest.approx(best.score, rel=1e-3)
        else:
            outputs = model.predict(_rows(space)[0], verbose=0)
            np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-4)

    def test_a_seed_gives_one_search(self, tmp_path: Path) -> None:
        space = self.spaces[0]
        first, again, other = (
            _told(self.searched(tmp_path / name, space, seed=seed, max_trials=2))
            for name, seed in (("first", 2**40), ("again", 2**40), ("other", 0))
        )
        assert first == again
        assert first != other or space == "cells"  # There are few cells, and presets.

    def test_what_was_stopped_or_estimated_is_no_rival(self, tmp_path: Path) -> None:
        space = self.spaces[0]
        if space == "cells":
            pytest.skip("nothing is found out that another space doesn't show")
        judge = Guess(SPACES[space])
        pruner = SuccessiveHalvingPruner(factor=2)
        for trials in (self.trials, self.trials + 2):  # It goes on, too.
            tuner = self.searched(tmp_path, space, judge, pruner=pruner, max_trials=trials)
            ended = list(tuner.oracle.trials.values())
            whole = [trial for trial in ended if is_whole(trial)]
            assert len(ended) == trials
            assert {trial.status for trial in ended} == {"COMPLETED"}
            assert 2 <= len(whole) <= 4
            assert all((trial.score < 1) == is_whole(trial) for trial in ended)
            assert is_whole(tuner.best_trial())

    def test_another_evaluation_is_another_search(self, tmp_path: Path) -> None:
        self.made(tmp_path, self.spaces[0])
        with pytest.raises(ProjectError, match=r'evaluation\.name was "formula", is "full"'):
            self.made(tmp_path, self.spaces[0], "full")

    # What the checks are made of

    def needs(self, space: str) -> None:
        """Leaves a check out where the strategy can't search such a space."""
        if space not in self.spaces:
            pytest.skip(f"this strategy searches {', '.join(self.spaces)}")

    def check_best(self, tuner: SearchTuner) -> None:
        """The best trial is that of the lowest score; of rungs, among those trained longest."""
        trials = [t for t in tuner.oracle.trials.values() if t.status == "COMPLETED"]
        most = max(t.hyperparameters.values.get("tuner/epochs", 0) for t in trials)
        rivals = [t for t in trials if t.hyperparameters.values.get("tuner/epochs", 0) == most]
        assert tuner.best_trial().score == min(trial.score for trial in rivals)

    def made(self, folder: Path, space: str, evaluation: Any = None, **more: Any) -> Any:
        """An AutoModel of cells, or a tuner of a hypermodel, that is called for its data."""
        judge = evaluation or Formula(SPACES.get(space))
        given: dict[str, Any] = {"objective": "val_loss", "seed": 5, "directory": folder}
        given |= {"evaluation": judge, **more}
        if space == "cells":
            return AutoModel(*cell_nodes(), tuner=self.tuner, **given)
        return get_tuner(self.tuner)(Hypermodel(SPACES[space]), **given)

    def searched(
        self, folder: Path, space: str, evaluation: Any = None, **more: Any
    ) -> SearchTuner:
        """A tuner after its search of one epoch a trial."""
        searcher = self.made(folder, space, evaluation, **more)
        x, y = _rows(space)
        held_out: dict[str, Any] = {"validation_data": (x[1::2], y[1::2])}
        call = searcher.fit if space == "cells" else searcher.search
        call(x[::2], y[::2], epochs=1, batch_size=12, verbose=0, **held_out)
        found: SearchTuner = searcher.tuner if space == "cells" else searcher
        return found


def _rows(space: str) -> Any:
    return pictures() if space == "cells" else points()


def _told(tuner: SearchTuner) -> list[Any]:
    trials = tuner.oracle.trials
    return [(trials[name].hyperparameters.values, trials[name].score) for name in sorted(trials)]

"""Every strategy, by the checks that are shipped: evaluations × kinds of space."""

from typing import ClassVar

import pytest
import scipy.optimize

from automl_kit.search.stages.darts import CellSearch, DartsSettings
from automl_kit.testing import SearchSuite
from automl_kit.tuners import Darts, Enas, EnasSettings, Evolution, Hyperband, Reinforce


class TestGreedy(SearchSuite):
    tuner = "greedy"
    trained: ClassVar = {"full": "cells", "folds": "numbers"}


class TestRandom(SearchSuite):
    tuner = "random"


class TestBayesian(SearchSuite):
    tuner = "bayesian"

    @pytest.fixture(autouse=True)
    def _two_steps_uphill(self, monkeypatch):
        """KerasTuner climbs from 50 places to the best bound, by thousands of calls of it.

        Two steps from each are as much of a proposal; the fit of its model, which has the
        gradient, is left as it is.
        """
        whole = scipy.optimize.minimize

        def minimize(*arguments, **given):
            short = {} if "jac" in given else {"options": {"maxiter": 2}}
            return whole(*arguments, **given, **short)

        monkeypatch.setattr(scipy.optimize, "minimize", minimize)


class TestHyperband(SearchSuite):
    tuner = Hyperband.configured(max_epochs=2, factor=2)
    trials = 3
    trained: ClassVar = {"full": "growing", "folds": "numbers"}


class TestEvolution(SearchSuite):
    tuner = Evolution.configured(population_size=2)
    trained: ClassVar = {"full": "conditional", "folds": "cells"}


class TestLocal(SearchSuite):
    tuner = "local"


class TestReinforce(SearchSuite):
    tuner = Reinforce
    trained: ClassVar = {"full": "conditional", "folds": "growing"}


class TestPareto(SearchSuite):
    tuner = "pareto"


# An epoch on a handful of rows may well end in skip connections, which is warned of.
@pytest.mark.filterwarnings("ignore:The search collapsed")
class TestDarts(SearchSuite):
    settings = DartsSettings(epochs=1, batch_size=8)
    tuner = Darts.configured(CellSearch(settings=settings, filters=2, cells=3, mix_none=False))
    spaces: ClassVar = ("cells",)
    trained: ClassVar = {"full": "cells", "folds": "cells"}
    trials = 2


class TestEnas(SearchSuite):
    tuner = Enas.configured(
        EnasSettings(epochs=1, warmup=0, cells=1, channels=2, batch_size=8, controller_steps=1,
                     drawn=1, candidates=1)
    )  # fmt: skip
    spaces: ClassVar = ("cells",)
    trained: ClassVar = {"full": "cells", "folds": "cells"}
    trials = 2

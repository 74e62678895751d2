"""Checks for an oracle of your own, and for searches by it.

The one looks at seeds, kills, failures, growing spaces, workers at once; the other at every
evaluation on every kind of space. pytest is needed. In a file of your tests, one line makes an
oracle join:

Example:
    >>> from automl_kit.oracles import RandomOracle
    >>> from automl_kit.testing import OracleSuite, SearchSuite
    >>> from automl_kit.tuners import Strategy
    >>> class TestRandom(OracleSuite):
    ...     make = RandomOracle
    >>> class TestSearches(SearchSuite):
    ...     tuner = Strategy("mine", RandomOracle)
"""

from typing import TYPE_CHECKING

import pytest

pytest.register_assert_rewrite(
    "automl_kit.testing.oracle_suite",
    "automl_kit.testing.search_suite",
    "automl_kit.testing.state_suite",
)

from automl_kit.lazy import lazy_names  # noqa: E402
from automl_kit.testing.oracle_suite import OracleSuite  # noqa: E402
from automl_kit.testing.searches import Search  # noqa: E402

if TYPE_CHECKING:
    from automl_kit.testing.search_suite import SearchSuite
    from automl_kit.testing.trainings import Formula

__all__ = ["Formula", "OracleSuite", "Search", "SearchSuite"]

# Checks of oracles need no TensorFlow.
__getattr__, __dir__ = lazy_names(
    __name__, {"search_suite": ["SearchSuite"], "trainings": ["Formula"]}
)

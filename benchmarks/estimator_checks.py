"""scikit-learn's `check_estimator` on the classifier of tables, each check with its outcome.

Run as `python benchmarks/estimator_checks.py`. Takes a quarter of an hour on two cores. The
epochs are what the checks of accuracy need on their few rows. Some checks fit twice and want
the same result: scikit-learn sets `random_state` for them, which here is AutoKeras's `seed`.
The exit status is the number of checks that failed.
"""

import collections
import importlib.metadata
import os
import platform
import sys
import time
import warnings
from typing import Any

from sklearn.utils.estimator_checks import check_estimator

from automl_kit import StructuredDataClassifier

# scikit-learn exempts its own estimators that draw at random, such as MLPClassifier, likewise.
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": "the split and the batches are drawn from "
    "rows: a row that is there twice may fall on both sides, one of weight 2 can't",
}
PACKAGES = ("automl-kit", "autokeras", "keras-tuner", "keras", "tensorflow", "scikit-learn")


def main() -> int:
    print(platform.platform(), f"{os.cpu_count()} cores")
    print({name: importlib.metadata.version(name) for name in PACKAGES}, flush=True)
    counts: collections.Counter[str] = collections.Counter()
    started = last = time.monotonic()

    def tell(*, check_name: str, status: str, exception: BaseException | None, **_: Any) -> None:
        nonlocal last
        now = time.monotonic()
        reason = "" if exception is None else f"{type(exception).__name__}: {exception}"
        told = f"{status:7} {now - last:6.1f} s  {check_name}  {' '.join(reason.split())}"
        print(told.rstrip(), flush=True)
        counts[status] += 1
        last = now

    warnings.simplefilter("ignore")
    estimator = StructuredDataClassifier(max_trials=1, epochs=30, seed=0, verbose=0)
    print(estimator, flush=True)
    check_estimator(
        estimator,
        on_skip=None,
        on_fail=None,
        callback=tell,
        expected_failed_checks=EXPECTED,
    )
    print(f"{dict(counts)}, {(time.monotonic() - started) / 60:.1f} minutes")
    return counts["failed"]


if __name__ == "__main__":
    sys.exit(main())

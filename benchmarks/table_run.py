"""One contender on one split; `tables.py` runs it in the contender's own environment.

Run as `PYTHON benchmarks/table_run.py CONTENDER FOLDER SECONDS`. FOLDER holds the files of
`table_sets.write`; `probabilities.npy` (test rows, classes) and `done.json` are written to it. The
seconds are those of fitting and predicting, without starting Python and importing the packages.
"""

import argparse
import importlib
import importlib.metadata
import json
import os
import platform
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from sets import SEED
from table_automl import SEARCHES
from table_peers import PEERS, Settings

# Imported before the clock starts, and named with their versions in the figures.
PACKAGES = {
    "lightgbm": ("lightgbm",),
    "xgboost": ("xgboost",),
    "catboost": ("catboost",),
    "tabm": ("pytabkit", "torch"),
    "flaml": ("flaml", "lightgbm", "xgboost", "catboost"),
    "autogluon": ("autogluon.tabular", "torch", "fastai", "lightgbm", "xgboost", "catboost"),
    "ours": ("automl_kit", "keras", "tensorflow"),
}


def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Imports the packages and tells their versions, with Python's and scikit-learn's."""
    found = {"python": platform.python_version(), "scikit-learn": sklearn.__version__}
    for name in packages:
        said = getattr(importlib.import_module(name), "__version__", None)
        found[name] = said or importlib.metadata.version(name)
    return found


def cpu_seconds() -> float:
    """Of this process and of its workers that have ended: far below the seconds, others ran too."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(times.ru_utime + times.ru_stime for times in used)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", choices=[*PEERS, *SEARCHES])
    parser.add_argument("folder", type=Path)
    parser.add_argument("seconds", type=float)
    arguments = parser.parse_args()
    folder, name = arguments.folder, arguments.contender
    x, x_test = (pd.read_parquet(folder / f"x_{part}.parquet") for part in ("train", "test"))
    y, classes = np.load(folder / "y_train.npy"), json.loads((folder / "classes.json").read_text())
    cores = len(os.sched_getaffinity(0))
    settings = Settings(SEED, cores, arguments.seconds, tuple(classes))
    told = versions(PACKAGES.get(name, ()))
    started, busy = time.monotonic(), cpu_seconds()
    probabilities = (PEERS | SEARCHES)[name](x, y, x_test, settings)
    seconds, busy = time.monotonic() - started, cpu_seconds() - busy
    np.save(folder / "probabilities.npy", np.asarray(probabilities, "float64"))
    done = {"seconds": round(seconds, 2), "cpu_seconds": round(busy, 2), "versions": told}
    (folder / "done.json").write_text(json.dumps(done))


if __name__ == "__main__":
    main()

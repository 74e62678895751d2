"""Runs KerasTuner's and AutoKeras's own tests with our classes in place of theirs.

    python benchmarks/upstream_tests.py KERAS_TUNER AUTOKERAS [--only WORD …] [--timeout 300]

KERAS_TUNER and AUTOKERAS are checkouts of the two repositories (their tests stand beside their
code). A test file is copied, the names in `REPLACED` are put in place of theirs, and pytest runs
the copy against the installed releases; nothing else of a test is changed. AutoKeras's tests of
tables read the Titanic table from the internet: `stand_in` draws one of the same columns.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from real_sets import PACKAGES
from sets import print_environment

TUNERS, ORACLES = "automl_kit.tuners.", "automl_kit.oracles."
AS_AK = {
    "import autokeras as ak": "import automl_kit as ak",
    '"autokeras.AutoModel': '"automl_kit.AutoModel',
    '"autokeras.auto_model.get_tuner_class"': '"automl_kit.tasks.auto_model.get_tuner"',
}
REPLACED = {
    "keras_tuner/engine/tuner_test.py": {
        "keras_tuner.tuners.RandomSearch": TUNERS + "Evolution",
        "keras_tuner.RandomSearch": TUNERS + "Evolution",
        "keras_tuner.tuners.randomsearch.RandomSearchOracle": ORACLES + "EvolutionOracle",
    },
    "keras_tuner/engine/base_tuner_test.py": {
        "gridsearch.GridSearch": TUNERS + "RandomSearch",
        "randomsearch.RandomSearchOracle": ORACLES + "RandomOracle",
    },
    "keras_tuner/engine/oracle_test.py": {
        "oracle_module.Oracle": "automl_kit.oracles.durable.DurableOracle",
        "gridsearch.GridSearchOracle": ORACLES + "RandomOracle",
    },
    "keras_tuner/tuners/randomsearch_test.py": {
        "randomsearch.RandomSearchOracle": ORACLES + "RandomOracle",
    },
    "keras_tuner/tuners/bayesian_test.py": {
        "bo_module.BayesianOptimizationOracle": ORACLES + "BayesianOracle",
        "keras_tuner.oracles.BayesianOptimizationOracle": ORACLES + "BayesianOracle",
        "bo_module.BayesianOptimization": TUNERS + "BayesianOptimization",
        "keras_tuner.BayesianOptimization": TUNERS + "BayesianOptimization",
    },
    "keras_tuner/tuners/hyperband_test.py": {
        "hyperband_module.HyperbandOracle": ORACLES + "HyperbandOracle",
        "hyperband_module.Hyperband": TUNERS + "Hyperband",
    },
    "autokeras/tasks/image_test.py": AS_AK,
    "autokeras/tasks/structured_data_test.py": AS_AK,
    "autokeras/tasks/text_test.py": AS_AK,
    "autokeras/auto_model_test.py": AS_AK,
    "autokeras/integration_tests/functional_api_test.py": AS_AK,
    "autokeras/integration_tests/io_api_test.py": AS_AK,
    "autokeras/integration_tests/task_api_test.py": AS_AK,
}


def with_ours(source: str, names: dict[str, str]) -> str:
    """A test's source with our names; longer ones first, since some begin with others."""
    for theirs in sorted(names, key=len, reverse=True):
        source = re.sub(re.escape(theirs) + r"(?![A-Za-z])", names[theirs], source)
    # Releases have these packages under keras_tuner.src.
    inside = r"(?=backend|distribute|engine|test_utils|tuners|utils)"
    source = re.sub(rf"\bkeras_tuner\.{inside}(?!tuners\.\w+Search\b)", "keras_tuner.src.", source)
    source = re.sub(rf"from keras_tuner import {inside}", "from keras_tuner.src import ", source)
    # It starts several processes, which ours refuse to be.
    source = source.replace("from keras_tuner.src.test_utils import mock_distribute\n", "")
    return "import automl_kit.oracles.durable\nimport automl_kit.tuners\n" + source


def stand_in(folder: Path) -> None:
    """Draws tables of the Titanic's columns, where Keras looks before it downloads them."""
    rng = np.random.default_rng(0)
    for name, rows in (("train.csv", 627), ("eval.csv", 264)):
        choices = {
            "survived": [0, 1], "sex": ["male", "female"], "age": None,
            "n_siblings_spouses": [0, 1, 2], "parch": [0, 1, 2], "fare": None,
            "class": ["First", "Second", "Third"], "deck": ["A", "B", "C", "unknown"],
            "embark_town": ["Cherbourg", "Southampton"], "alone": ["y", "n"],
        }  # fmt: skip
        table = {
            column: rng.uniform(1, 80, rows).round(1) if kinds is None else rng.choice(kinds, rows)
            for column, kinds in choices.items()
        }
        folder.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(table).to_csv(folder / name, index=False)


def run(checkout: Path, test: str, folder: Path, timeout: int) -> tuple[str, list[str]]:
    """Runs one file; pytest's last line, and a line for each test that failed."""
    copy = folder / test.replace("/", "_")
    copy.write_text(with_ours((checkout / test).read_text(), REPLACED[test]))
    called = [
        sys.executable, "-m", "pytest", copy, "-q", "-rfE", "--tb=no", "-p", "no:cacheprovider",
        "-W", "ignore", "-c", "/dev/null", "--rootdir", folder, f"--timeout={timeout}",
    ]  # fmt: skip
    home = {"KERAS_HOME": str(folder / "keras"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        list(map(str, called)), env={**os.environ, **home}, capture_output=True, text=True
    )
    lines = done.stdout.strip().splitlines()
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return (lines[-1] if lines else done.stderr[-500:]), failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keras_tuner", type=Path)
    parser.add_argument("autokeras", type=Path)
    parser.add_argument("--only", nargs="*", default=[""], help="parts of names of test files")
    parser.add_argument("--timeout", type=int, default=300, help="seconds a test")
    given = parser.parse_args()
    print_environment(*PACKAGES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stand_in(folder / "keras" / "datasets")
        for test in REPLACED:
            if not any(word in test for word in given.only):
                continue
            checkout = given.autokeras if test.startswith("autokeras") else given.keras_tuner
            last, failed = run(checkout, test, folder, given.timeout)
            print(f"{test}: {last}", *(f"    {line}" for line in failed), sep="\n", flush=True)


if __name__ == "__main__":
    main()

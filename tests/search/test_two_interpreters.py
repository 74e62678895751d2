"""Two interpreters, whose hashes of strings differ, give one search."""

import json
import os
import subprocess
import sys

CODE = """
import sys
import tensorflow as tf
from automl_kit.tasks.auto_model import AutoModel
from automl_kit.testing.trainings import cell_nodes, pictures

def told(folder):
    x, y = pictures()
    model = AutoModel(*cell_nodes(), tuner="evolution", max_trials=2, seed=3, directory=folder)
    model.fit(x, y, epochs=1, batch_size=8, verbose=0)
    trials = model.tuner.oracle.trials.values()
    lines = [f"{t.trial_id} {sorted(t.hyperparameters.values.items())} {t.score}" for t in trials]
    return [*lines, model.predict(x, verbose=0).tobytes().hex()]
"""
FRESH = """
import json
tf.config.run_functions_eagerly(True)  # Tracing takes longer than an epoch.
print(json.dumps([hash("cells"), told(sys.argv[1])]))
"""


def test_one_seed_gives_one_search_in_every_process(tmp_path):
    """One of them is fresh; in this one other searches ran before."""
    other = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    command = [sys.executable, "-c", CODE + FRESH, str(tmp_path / "fresh")]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": other},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    number, fresh = json.loads(done.stdout.splitlines()[-1])
    assert number != hash("cells")
    names: dict = {}
    exec(compile(CODE, "search.py", "exec"), names)
    assert len(fresh) == 3
    assert fresh == names["told"](tmp_path / "here")

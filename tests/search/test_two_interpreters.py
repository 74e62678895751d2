"""Two fresh interpreters, whose hashes of strings differ, give one search."""

import os
import subprocess
import sys

CODE = """
import sys
import tensorflow as tf
from automl_kit.tasks.auto_model import AutoModel
from automl_kit.testing.trainings import cell_nodes, pictures
tf.config.run_functions_eagerly(True)  # Tracing takes longer than an epoch.
x, y = pictures()
model = AutoModel(*cell_nodes(), tuner="evolution", max_trials=2, seed=3, directory=sys.argv[1])
model.fit(x, y, epochs=1, batch_size=8, verbose=0)
for trial in model.tuner.oracle.trials.values():
    print(trial.trial_id, sorted(trial.hyperparameters.values.items()), trial.score)
print(model.predict(x, verbose=0).tobytes().hex())
"""


def test_one_seed_gives_one_search_in_every_process(tmp_path):
    outputs = []
    for number in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": number}
        command = [sys.executable, "-c", CODE, str(tmp_path / number)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        outputs.append(done.stdout.splitlines())
    assert len(outputs[0]) == 3
    assert outputs[0] == outputs[1]

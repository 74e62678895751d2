"""One thread a worker, and TensorFlow's start-up lines hidden, before any test imports either."""

import os

# Two workers of two threads each get in each other's way on two cores: KerasTuner's Gaussian
# process takes three times the processor's time then, in threads that wait for each other.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ.setdefault(name, "1")

from automl_kit import quiet  # noqa: E402

quiet.load_tensorflow()

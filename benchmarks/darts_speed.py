"""Seconds of a DARTS search step, compile time and peak memory, beside PyTorch.

Run as `python benchmarks/darts_speed.py --settings S --torch /path/to/python-with-torch`. Each
row is a fresh process, since peak memory and threads are a process's. S: 8 channels, 4 cells,
batches of 32 images of 28×28×1; M: 16, 8, 64 of 32×32×3; 4 nodes, 8 operations. A step changes α
on one batch and the weights on another. CPU seconds are told beside wall seconds: on a machine
that does other work they are what can be compared, with one thread at least.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SETTINGS: dict[str, dict[str, Any]] = {
    "S": {"filters": 8, "cells": 4, "batch": 32, "shape": (28, 28, 1)},
    "M": {"filters": 16, "cells": 8, "batch": 64, "shape": (32, 32, 3)},
}
DESIGNS = {  # ours: how the network is made, and the order of the search
    "plain": ({"plain": True}, 1),
    "batched": ({}, 1),
    "batched, second order": ({}, 2),
    "batched, partial 4": ({"partial": 4}, 1),
}
PEERS = ["torch", "torch tuned", "torch, second order"]


def measure(name: str, design: str, steps: int) -> dict[str, Any]:
    """Times one of our designs in this process; the first step includes compiling."""
    import keras
    import numpy as np
    import tensorflow as tf
    from step_times import timed

    from automl_kit.custom_blocks.darts import darts_supernet
    from automl_kit.custom_blocks.darts.exact_sums import exact_sums
    from automl_kit.search.stages.darts.darts_settings import DartsSettings
    from automl_kit.search.stages.darts.search_step import SearchStep
    from automl_kit.search.stages.darts.supernet_loss import SupernetLoss

    threads = int(os.environ["OMP_NUM_THREADS"])
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    setting = dict(SETTINGS[name])
    batch, shape = setting.pop("batch"), setting.pop("shape")
    arguments, order = DESIGNS[design]
    keras.utils.set_random_seed(0)
    network = darts_supernet(shape, 10, **setting, **arguments)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    step = SearchStep(SupernetLoss(network, loss), DartsSettings(order=order))
    generator = np.random.default_rng(0)
    train, valid = (
        (
            tf.constant(generator.standard_normal((batch, *shape)), "float32"),
            tf.constant(generator.integers(0, 10, batch)),
        )
        for _ in range(2)
    )
    rate, decay = tf.constant(0.025), tf.constant(0.0)
    with exact_sums():  # as in a search
        return timed(lambda: [float(v) for v in step.both(train, valid, rate, decay)], steps)


def run(name: str, design: str, threads: int, steps: int, torch: Path | None) -> dict[str, Any]:
    """Measures in a fresh process."""
    here = Path(__file__)
    script = here.with_name("darts_torch.py") if design in PEERS else here
    python = str(torch) if design in PEERS else sys.executable
    command = [python, str(script), "--measure", name, design, str(steps)]
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": str(threads),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": os.pathsep.join([str(here.parent), str(here.parents[1])]),
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", nargs="+", default=["S"], choices=[*SETTINGS])
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--designs", nargs="+", default=[*DESIGNS], choices=[*DESIGNS, *PEERS])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--torch", type=Path, help="a Python that has PyTorch: adds its rows")
    parser.add_argument("--measure", nargs=3, metavar=("SETTING", "DESIGN", "STEPS"))
    arguments = parser.parse_args()
    if arguments.measure:
        name, design, steps = arguments.measure
        print(json.dumps(measure(name, design, int(steps))))
        return
    designs = [*arguments.designs, *(PEERS if arguments.torch else [])]
    print("setting threads design                  step s  cpu s  first s  cpu s  peak MB  load")
    for name in arguments.settings:
        for threads in arguments.threads:
            for design in dict.fromkeys(designs):
                r = run(name, design, threads, arguments.steps, arguments.torch)
                print(
                    f"{name:7} {threads:7} {design:22} {r['wall']:7.3f} {r['cpu']:6.3f} "
                    f"{r['first_wall']:8.1f} {r['first_cpu']:6.1f} {r['peak_mb']:8} "
                    f"{os.getloadavg()[0]:5.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()

"""A DARTS search killed in mid-epoch and resumed: does it end as one that was left alone?

Run as `python benchmarks/darts_resume.py --kills 5 --seeds 3`. A small supernet searches on
scikit-learn's digits, in a process of its own that tells of every step. It is killed (SIGKILL) at
a random moment of the two epochs after its start, and started again, until it was killed so often
in mid-epoch; then it may end. Mid-epoch means that the last step it told of isn't an epoch's last:
a kill after that, when the state may be being written, is told too but not counted. Genotype, α,
the history but its seconds, and the weights are compared with those of a search of the same seed
that nobody killed: exactly, bit by bit. One thread, as sums of several threads have no fixed order.
"""

import argparse
import hashlib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from job_rows import rows_of
from sets import print_environment

PACKAGES = ("automl-kit", "keras", "tensorflow", "numpy")


def work(job: dict[str, Any], folder: Path) -> None:
    """One search; prints epoch and step of each step, and writes its end to a file."""
    from automl_kit import quiet

    quiet.load_tensorflow()
    import keras
    import numpy as np
    from cell_recipe import read, standardisation

    from automl_kit.custom_blocks.darts import darts_supernet
    from automl_kit.report import Progress
    from automl_kit.search.stages.darts import DartsSearch, DartsSettings

    class Steps(Progress):
        def epoch_share(self, share: float, epoch: int, epochs: int) -> None:
            print(epoch, round((share * epochs - epoch + 1) * job["steps"]), flush=True)

    # One batch more than two halves need: a stratified half can be some rows short.
    x, y = read("digits", None, (2 * job["steps"] + 1) * job["settings"]["batch_size"])[0]
    scale, offset = standardisation(x)
    keras.utils.set_random_seed(job["seed"])
    network = darts_supernet((8, 8, 1), 10, **job["supernet"])
    settings = DartsSettings(**job["settings"])
    search = DartsSearch(network, settings, seed=job["seed"], directory=folder, progress=Steps())
    genotype = search.search(x * scale + offset, y)
    history = [record.to_json() for record in search.history]
    for record in history:
        del record["seconds"]
    weights = np.concatenate([variable.numpy().ravel() for variable in network.variables])
    told = {
        "genotype": genotype.to_json(),
        "alphas": history[-1]["alphas"],
        "history": history,
        "weights": hashlib.sha256(weights.tobytes()).hexdigest(),
    }
    (folder / "end.json").write_text(json.dumps(told))


class Search:
    """A search in a folder of its own, each start of it in a new process.

    Attributes:
        last: Epoch (from 1) and step (from 1) that it told of last.
    """

    def __init__(self, job: dict[str, Any], folder: Path):
        self.folder = folder
        folder.mkdir()
        self.command = [sys.executable, __file__, "--work", json.dumps(job), str(folder)]
        self.last: tuple[int, int] | None = None

    def end(self) -> dict[str, Any]:
        """Leaves it alone until it ends; gives what it found."""
        done = subprocess.run(self.command, stdout=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError(f"the search ended with status {done.returncode}")
        found: dict[str, Any] = json.loads((self.folder / "end.json").read_text())
        return found

    def kill_after(self, steps: int, share: float) -> None:
        """Kills it so many steps after its start, and a share of a step's time later."""
        process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        times, lines = [], []
        while len(lines) < steps and (text := process.stdout.readline()):
            lines.append(text)
            times.append(time.monotonic())
        # The first steps compile; the shortest time between two is a step's.
        pause = min((b - a for a, b in itertools.pairwise(times)), default=0.0)
        time.sleep(share * pause)
        process.kill()
        # What it told of between the decision and its death counts too.
        lines += process.stdout.readlines()
        if process.wait() != -signal.SIGKILL:
            raise RuntimeError(f"it ended before it was killed, with status {process.returncode}")
        epoch, step = lines[-1].split()
        self.last = int(epoch), int(step)


def perform(job: dict[str, Any]) -> dict[str, Any]:
    """A search left alone, and one of the same seed killed and resumed."""
    moments = random.Random(job["seed"])
    steps = job["steps"]
    kills: list[tuple[int, int]] = []
    others: list[tuple[int, int]] = []
    with tempfile.TemporaryDirectory() as name:
        alone = Search(job, Path(name) / "alone").end()
        killed = Search(job, Path(name) / "killed")
        while len(kills) < job["kills"]:
            killed.kill_after(moments.randrange(1, 2 * steps), moments.random())
            assert killed.last is not None
            where = "in mid-epoch" if killed.last[1] < steps else "between epochs"
            (kills if killed.last[1] < steps else others).append(killed.last)
            print(
                f"seed {job['seed']}: killed {where}, after step {killed.last[1]} of {steps} of "
                f"epoch {killed.last[0]} of {job['settings']['epochs']}",
                flush=True,
            )
        found = killed.end()
    return {
        "kills": kills,
        "between_epochs": others,
        "equal": {figure: found[figure] == alone[figure] for figure in alone},
        "genotype": alone["genotype"],
        "genotype_killed": found["genotype"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=5, help="in mid-epoch, of each search")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--steps", type=int, default=30, help="of an epoch")
    parser.add_argument("--order", type=int, choices=(1, 2), default=1)
    parser.add_argument("--rows", type=Path, help="a file that keeps each result")
    parser.add_argument("--quick", action="store_true", help="to see that it runs")
    parser.add_argument("--work", nargs=2, metavar=("JOB", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work(json.loads(arguments.work[0]), Path(arguments.work[1]))
        return
    if arguments.quick:
        vars(arguments).update(kills=2, seeds=1, epochs=4, steps=8)
    # A kill comes within two epochs of a start, so each brings the search one epoch on at most.
    if arguments.epochs < arguments.kills + 2:
        parser.error("--epochs must be --kills and 2 more, or it may end before it is killed")
    settings = {
        "epochs": arguments.epochs,
        "batch_size": 16,
        "order": arguments.order,
        "alpha_learning_rate": 3e-3,
        "warmup_epochs": 1,
        "beta_decay": 1.0,
    }
    supernet = {"filters": 4, "cells": 3, "nodes": 2}
    common = {"kills": arguments.kills, "steps": arguments.steps, "settings": settings}
    jobs = [{**common, "supernet": supernet, "seed": seed} for seed in range(arguments.seeds)]
    os.environ["PYTHONWARNINGS"] = "ignore"  # A collapse of so small a search is no news.
    print_environment(*PACKAGES)
    print(f"seeds 0 to {arguments.seeds - 1}, one thread; {jobs[0]}", flush=True)
    equal: list[bool] = []
    kills = between = 0
    for row in rows_of(jobs, perform, 1, arguments.rows):
        equal.append(all(row["equal"].values()))
        kills, between = kills + len(row["kills"]), between + len(row["between_epochs"])
        told = ", ".join(f"{k} {'equal' if v else 'DIFFER'}" for k, v in row["equal"].items())
        places = ", ".join(f"{epoch}/{step}" for epoch, step in row["kills"])
        print(
            f"seed {row['job']['seed']}: killed at epoch/step {places}; {told}\n"
            f"  alone  {row['genotype']}\n  killed {row['genotype_killed']}",
            flush=True,
        )
    print(
        f"\n{kills} kills in mid-epoch and {between} between epochs in {len(equal)} searches; "
        f"{sum(equal)} ended bit by bit as when left alone"
    )


if __name__ == "__main__":
    main()

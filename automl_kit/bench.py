"""`python -m automl_kit.bench`: strategies side by side on a table of trained cells."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automl_kit.command import run
from automl_kit.errors import InputError
from automl_kit.streams import Output, say
from automl_kit.tuners import NOT_ON_TABLES, STRATEGIES

if TYPE_CHECKING:
    import pandas as pd

    from automl_kit.benchmark import Budget, NasBenchTable

BUDGETS = (50, 100, 200, 500, 1000, 2000, 5000, 10000)
ON_TABLES = [name for name in STRATEGIES if name not in NOT_ON_TABLES]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(no_args_is_help=True)
def bench(
    table: Annotated[Path, typer.Argument(help="A CSV or Parquet file with a column cell.")],
    tuner: Annotated[
        list[str], typer.Option(help=f"A strategy, once or more: {', '.join(ON_TABLES)}.")
    ] = ["evolution", "random"],  # noqa: B006
    metric: Annotated[
        str | None, typer.Option(help="Column to maximise.", show_default="the first one")
    ] = None,
    evaluations: Annotated[
        int | None, typer.Option(help="Cells a search evaluates.", show_default="200")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="Simulated training a search.")] = None,
    cost: Annotated[str | None, typer.Option(help="Column of training seconds.")] = None,
    seeds: Annotated[int, typer.Option(help="Searches a strategy: seeds 0, 1, …", min=1)] = 50,
    test: Annotated[str | None, typer.Option(help="Column to judge the chosen cell by.")] = None,
    out: Annotated[Path | None, typer.Option(help="A CSV file of all evaluations.")] = None,
    plot: Annotated[Path | None, typer.Option(help="An .svg or .png of the regret.")] = None,
) -> None:
    """Run search strategies on a table of trained cells, such as NAS-Bench-201.

    Nothing is trained: a search asks the table what a cell reached. Regret is the largest
    value of the column less that of the best cell so far.
    """
    from automl_kit.benchmark import Budget, NasBenchTable
    from automl_kit.report.figures import check_plot
    from automl_kit.report.regret import plot_regret

    if evaluations is None and seconds is None:
        evaluations = 200
    budget = Budget(evaluations, seconds, cost)
    if plot is not None:
        check_plot(plot)
    cells = NasBenchTable(table)
    metric = cells.columns[0] if metric is None else metric
    for name in (metric, test, cost):
        if name is not None:
            cells.column(name)
    _check_tuners(tuner)
    frame = _searched(cells, metric, tuner, range(seeds), budget)
    evaluated = int((frame["evaluation"] > 0).sum())
    if seconds is not None and evaluated == 0:
        cheapest = float(cells.column(str(cost)).min())
        raise InputError(
            f"No search could train a cell within --seconds {seconds:g}; the cheapest cell of the "
            f"table takes {cheapest:g} s. Give more seconds."
        )
    by_time = seconds is not None
    _print_regret(frame, metric, _budgets(budget), by_time)
    if test is not None:
        _print_test(frame, cells, test)
    if out is not None:
        from automl_kit.files import write_bytes

        write_bytes(out, frame.to_csv(index=False).encode())
        say(f"Wrote {evaluated} evaluations to {out}")
    if plot is not None:
        say(f"Plot: {plot_regret(frame, plot, 'seconds' if by_time else 'evaluation')}")


def tuner_oracle(name: str) -> Callable[[Any, int, int, Any], Any]:
    """Makes the oracle of a strategy's name, as `oracle_method` takes it, with its defaults.

    Raises:
        InputError: If there is no such strategy.
    """
    from automl_kit.tuners import get_strategy

    strategy = get_strategy(name)

    def factory(objective: Any, max_trials: int, seed: int, hyperparameters: Any) -> Any:
        return strategy.make_oracle(
            objective, [], max_trials, seed=seed, hyperparameters=hyperparameters
        )

    return factory


def _check_tuners(names: list[str]) -> None:
    for name in names:
        if name in NOT_ON_TABLES:
            raise InputError(
                f"The strategy {name!r} can't be run on a table: {NOT_ON_TABLES[name]}. "
                f"Those that can: {', '.join(ON_TABLES)}."
            )
    from automl_kit.tuners import get_strategy

    for name in names:
        get_strategy(name)


def _searched(
    table: "NasBenchTable", metric: str, tuners: list[str], seeds: range, budget: "Budget"
) -> "pd.DataFrame":
    import pandas as pd

    from automl_kit.benchmark import oracle_method, simulate

    methods = {name: oracle_method(tuner_oracle(name)) for name in tuners}
    runs = [(name, seed) for name in methods for seed in seeds]
    return pd.concat(
        [
            simulate(table, metric, {name: methods[name]}, [seed], budget)
            for name, seed in _with_progress(runs)
        ],
        ignore_index=True,
    )


def _with_progress(runs: list[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Shows how far it is where somebody looks on."""
    from rich.console import Console
    from rich.progress import track

    stream: Any = Output(error=True)
    console = Console(file=stream)
    if console.is_terminal:
        runs = track(runs, "Searching", console=console, transient=True)  # type: ignore[assignment]
    yield from runs


def _budgets(budget: "Budget") -> list[float]:
    """What regret is told after."""
    if budget.seconds is not None:
        return [budget.seconds * part for part in (0.1, 0.25, 0.5, 1.0)]
    assert budget.evaluations is not None
    return [*[b for b in BUDGETS if b < budget.evaluations], budget.evaluations]


def _print_regret(frame: "pd.DataFrame", metric: str, budgets: list[float], by_time: bool) -> None:
    from rich.table import Table

    from automl_kit.benchmark import regret_at

    summary = regret_at(frame, budgets, "seconds" if by_time else "evaluation")
    unit = "s" if by_time else "evaluations"
    runs = int(summary["runs"].max())
    board = Table(title=f"Regret of {metric}, mean ± sd of {runs} searches")
    board.add_column("strategy")
    for budget in budgets:
        board.add_column(f"{budget:,.0f} {unit}", justify="right")
    board.add_column("ended by itself", justify="right")
    notes = []
    for method, rows in summary.groupby("method", sort=False):
        figures = [_told(*pair) for pair in zip(rows["mean"], rows["sd"], strict=True)]
        board.add_row(str(method), *figures, f"{rows['ended'].iloc[-1]} of {runs}")
        nothing = int(rows["nothing"].iloc[0])
        if nothing:
            notes.append(
                f"{method}: {nothing} of {runs} searches ended before a first cell was trained, "
                "so that there is no mean over all."
            )
    _print(board)
    for note in notes:
        say(note)


def _told(mean: float, sd: float) -> str:
    """A figure; of one search there is no deviation, of searches too short no mean."""
    if not math.isfinite(mean):
        return "–"
    return f"{mean:.2f} ± {sd:.2f}" if math.isfinite(sd) else f"{mean:.2f}"


def _print_test(frame: "pd.DataFrame", table: "NasBenchTable", column: str) -> None:
    from rich.table import Table

    from automl_kit.benchmark import chosen

    ends = chosen(frame, table, [column])
    board = Table(title=f"{column} of the chosen cell (largest: {table.best(column):.2f})")
    board.add_column("strategy")
    board.add_column("mean ± sd", justify="right")
    for method, figures in ends.groupby("method", sort=False)[column]:
        board.add_row(str(method), _told(figures.mean(skipna=False), figures.std(skipna=False)))
    _print(board)


def _print(board: Any) -> None:
    from rich.console import Console

    stream: Any = Output()
    # A file or a pipe has no width; columns must not be cut there.
    Console(file=stream, width=None if stream.isatty() else 160).print(board)


if __name__ == "__main__":
    run(app)

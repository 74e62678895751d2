"""`python -m automl_kit.bench`: strategies side by side on a table of what was trained."""

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

    from automl_kit.benchmark import Budget, FigureTable

BUDGETS = (50, 100, 200, 500, 1000, 2000, 5000, 10000)
ON_TABLES = [name for name in STRATEGIES if name not in NOT_ON_TABLES]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(no_args_is_help=True)
def bench(
    table: Annotated[
        Path, typer.Argument(help="A CSV or Parquet file of hyperparameters, or a column cell.")
    ],
    tuner: Annotated[
        list[str], typer.Option(help=f"A strategy, once or more: {', '.join(ON_TABLES)}.")
    ] = ["evolution", "random"],  # noqa: B006
    metric: Annotated[
        str | None, typer.Option(help="Column to maximise.", show_default="the first one")
    ] = None,
    minimize: Annotated[bool, typer.Option("--minimize", help="Look for its least value.")] = False,
    hyperparameters: Annotated[
        str | None,
        typer.Option(
            help="Columns such as a,b,c.", show_default="all but those named by other options"
        ),
    ] = None,
    evaluations: Annotated[
        int | None, typer.Option(help="Rows a search evaluates.", show_default="200")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="Simulated training a search.")] = None,
    cost: Annotated[str | None, typer.Option(help="Column of training seconds.")] = None,
    seeds: Annotated[int, typer.Option(help="Searches a strategy.", min=1)] = 50,
    first_seed: Annotated[int, typer.Option(help="The seed of the first one.", min=0)] = 0,
    test: Annotated[str | None, typer.Option(help="Column to judge the chosen row by.")] = None,
    out: Annotated[Path | None, typer.Option(help="A CSV file of all evaluations.")] = None,
    plot: Annotated[Path | None, typer.Option(help="An .svg or .png of the regret.")] = None,
) -> None:
    """Run search strategies on a table, of trained cells such as NAS-Bench-201 or of anything.

    Nothing is trained: a search asks the table what a combination of hyperparameters reached.
    Regret is how far the best so far is from the best value of the column.
    """
    from automl_kit.benchmark import Budget, read_benchmark
    from automl_kit.report.figures import check_plot
    from automl_kit.report.regret import plot_regret
    from automl_kit.report.regret_board import print_regret, print_test

    if evaluations is None and seconds is None:
        evaluations = 200
    budget = Budget(evaluations, seconds, cost)
    if plot is not None:
        check_plot(plot)
    named = [name for name in (metric, test, cost) if name is not None]
    chosen = None if hyperparameters is None else hyperparameters.split(",")
    rows = read_benchmark(table, chosen, named)
    metric = rows.columns[0] if metric is None else metric
    for name in (metric, *named):
        rows.column(name)
    _check_tuners(tuner)
    if rows.share < 1:
        say(
            f"The table holds {rows.share:.0%} of the space; what it lacks counts as a trial that "
            "failed."
        )
    frame = _searched(rows, metric, tuner, range(first_seed, first_seed + seeds), budget, minimize)
    evaluated = int((frame["evaluation"] > 0).sum())
    if seconds is not None and evaluated == 0:
        cheapest = float(rows.column(str(cost)).min())
        raise InputError(
            f"No search could train anything within --seconds {seconds:g}; the cheapest row of the "
            f"table takes {cheapest:g} s. Give more seconds."
        )
    by_time = seconds is not None
    print_regret(frame, metric, _budgets(budget), by_time)
    if test is not None:
        from automl_kit.benchmark import chosen as chosen_rows

        print_test(chosen_rows(frame, rows, [test]), test, rows.best(test))
    if out is not None:
        from automl_kit.files import write_bytes

        write_bytes(out, frame.to_csv(index=False).encode())
        say(f"Wrote {evaluated} evaluations to {out}")
    if plot is not None:
        say(f"Plot: {plot_regret(frame, plot, 'seconds' if by_time else 'evaluation')}")


def tuner_oracle(name: str, epochs: int = 0) -> Callable[[Any, int, int, Any], Any]:
    """Makes the oracle of a strategy's name, as `oracle_method` takes it, with its defaults.

    Args:
        name: The strategy.
        epochs: Of the table's curves, which is the longest training of strategies that train in
            parts; 0 where there are none.

    Raises:
        InputError: If there is no such strategy, or it needs curves.
    """
    from automl_kit.tuners import get_strategy

    strategy = get_strategy(name)
    if strategy.has_setting("max_epochs"):
        if not epochs:
            raise InputError(
                f"The strategy {name!r} trains in parts, and the metric has no curve of columns "
                "such as accuracy@1, accuracy@2, …."
            )
        strategy = strategy.configured(max_epochs=epochs)

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
    table: "FigureTable",
    metric: str,
    tuners: list[str],
    seeds: range,
    budget: "Budget",
    minimize: bool,
) -> "pd.DataFrame":
    import pandas as pd

    from automl_kit.benchmark import oracle_method, simulate

    epochs = table.epochs(metric)
    methods = {name: oracle_method(tuner_oracle(name, epochs)) for name in tuners}
    direction = "min" if minimize else "max"
    runs = [(name, seed) for name in methods for seed in seeds]
    return pd.concat(
        [
            simulate(table, metric, {name: methods[name]}, [seed], budget, direction=direction)
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


if __name__ == "__main__":
    run(app)

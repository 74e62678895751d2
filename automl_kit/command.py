"""The commands `python -m automl_kit.image`, `.text` and `.structured`: one Typer app a task.

TensorFlow is imported when a command runs, so that `--help` is quick.
"""

import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from automl_kit.ending import ENDINGS
from automl_kit.errors import AutoMLKitError, InputError
from automl_kit.evaluation import PRUNERS
from automl_kit.streams import forgive, let_go, say
from automl_kit.tuners import AUTO, STRATEGIES

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
STOPPED = 130  # the exit status of a program that Ctrl-C ended


def make_app(
    task: str, classifier: str, example: Callable[[], Any], sample: str, own: str
) -> typer.Typer:
    """Makes a task's app.

    Args:
        task: "image", "text" or "structured".
        classifier: Name of the task's class in `automl_kit`.
        example: Loads the set that `demo` runs on.
        sample: What that set is, for the help.
        own: How `fit` is called on data of one's own, which `demo` ends with.
    """
    app = typer.Typer(
        help=f"Classification of {task} data.", no_args_is_help=True, add_completion=False,
        pretty_exceptions_enable=False,
    )  # fmt: skip

    @app.command()
    def fit(
        data: Annotated[str, typer.Argument(help="A file, or a folder of images.")],
        target: Annotated[str | None, typer.Option(help="The column of labels.")] = None,
        test: Annotated[str | None, typer.Option(help="Labelled data to judge by.")] = None,
        text_column: Annotated[
            str | None, typer.Option(help="The column of texts.", hidden=task != "text")
        ] = None,
        tuner: Annotated[
            str, typer.Option(help=f"Search strategy: {', '.join((AUTO, *STRATEGIES))}.")
        ] = AUTO,
        pruner: Annotated[
            str | None, typer.Option(help=f"Ends trials that fall behind: {', '.join(PRUNERS)}.")
        ] = None,
        ending: Annotated[
            str | None, typer.Option(help=f"What becomes of the trials: {', '.join(ENDINGS)}.")
        ] = None,
        objective: Annotated[str, typer.Option(help="Metric of held-out rows.")] = "val_loss",
        max_trials: Annotated[int, typer.Option(help="Networks to try.")] = 10,
        time_budget: Annotated[str | None, typer.Option(help="Such as 90s, 10m, 2h.")] = None,
        epochs: Annotated[int | None, typer.Option(help="Epochs a network at most.")] = None,
        seed: Annotated[int | None, typer.Option(help="The same seed, the same search.")] = None,
        directory: Annotated[
            Path, typer.Option(help="Folder of projects; the same call goes on there.")
        ] = Path("automl_kit_projects"),
        overwrite: Annotated[bool, typer.Option(help="Start the project over.")] = False,
        out: Annotated[Path, typer.Option(help="The model's file.")] = Path("model.keras"),
    ) -> None:
        """Search, and write the best model to a file."""
        options: dict[str, Any] = {
            "tuner": tuner, "pruner": pruner, "ending": ending, "objective": objective,
            "max_trials": max_trials, "epochs": epochs,
            "time_budget": None if time_budget is None else parse_seconds(time_budget),
            "seed": seed, "directory": directory, "overwrite": overwrite,
        }  # fmt: skip
        if text_column is not None:
            if task != "text":
                raise InputError(f"--text-column is for texts; there is none for {task} data.")
            options["text_column"] = text_column
        project = directory / f"{task}_classifier"
        try:
            model = _fitted(classifier, options, data, target, out)
            _print_search(model, project, out)
        except KeyboardInterrupt:
            say(_stopped(project), error=True)
            raise typer.Exit(STOPPED) from None
        from automl_kit.report import closing

        if test is not None:
            say(closing.metrics_text(_judged(model, model.problem_, model.schema_, test, target)))
        if out.suffix.lower() == ".keras":  # the one format that the commands read
            say(closing.next_commands(task, out, data if test is None else test, target))

    @app.command()
    def predict(
        model: Annotated[Path, typer.Argument(help="A .keras file that fit wrote.")],
        data: Annotated[str, typer.Argument(help="What to predict.")],
        out: Annotated[Path, typer.Option(help="A CSV file.")] = Path("predictions.csv"),
    ) -> None:
        """Write a column prediction, and one probability_<class> a class; of images their file."""
        import pandas as pd

        from automl_kit.data import load_for
        from automl_kit.export import every_row
        from automl_kit.files import write_bytes

        predictor = _predictor(task, model)
        loaded = load_for(predictor.schema, data, None, labelled=False)
        probabilities = every_row(predictor.predict_proba(loaded.x), loaded)
        frame = pd.DataFrame({"prediction": predictor.problem.decode(probabilities)})
        for column, label in enumerate(predictor.classes_):
            frame[f"probability_{label}"] = probabilities[:, column]
        if files := getattr(loaded, "files", None):
            frame.insert(0, "file", files)
        write_bytes(out, frame.to_csv(index=False).encode())
        say(f"Wrote {len(frame)} predictions to {out}")

    @app.command()
    def evaluate(
        model: Annotated[Path, typer.Argument(help="A .keras file that fit wrote.")],
        data: Annotated[str, typer.Argument(help="Labelled data.")],
        target: Annotated[str | None, typer.Option(help="The column of labels.")] = None,
    ) -> None:
        """Print accuracy, balanced accuracy, ROC-AUC and log-loss."""
        from automl_kit.report.closing import metrics_text

        predictor = _predictor(task, model)
        say(metrics_text(_judged(predictor, predictor.problem, predictor.schema, data, target)))

    @app.command(help=f"Run the whole way on {sample}; no data is needed.")
    def demo(
        out: Annotated[Path, typer.Option(help="The model's file.")] = Path("model.keras"),
        max_trials: Annotated[int, typer.Option(help="Networks to try.")] = 2,
        epochs: Annotated[int | None, typer.Option(help="Epochs a network at most.")] = None,
    ) -> None:
        import automl_kit
        from automl_kit.report.closing import metrics_text

        parts = example()
        options = {"max_trials": max_trials, "epochs": epochs, "seed": 0}
        model = _fitted(classifier, options, parts.x_train, parts.y_train, out)
        _print_search(model, None, out)
        say(metrics_text(_judged(model, model.problem_, model.schema_, parts.x_test, parts.y_test)))
        if out.suffix.lower() == ".keras":
            read_back = automl_kit.load_model(out)
            say(f"{out} on the first test row: {read_back.predict(parts.x_test[:1])[0]}")
            say(f"its label: {next(iter(parts.y_test))}")
        say(f"Next, with data of your own:\n  python -m automl_kit.{task} fit {own}")

    return app


def run(app: typer.Typer) -> None:
    """Runs an app; what the user did wrong is one sentence and exit status 2."""
    forgive()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("default", UserWarning)
            warnings.showwarning = _show_warning
            app()
    except (AutoMLKitError, OSError, MemoryError) as error:
        say(f"Error: {_sentence(error)}", error=True)
        sys.exit(2)
    finally:
        let_go()


def _sentence(error: BaseException) -> str:
    """What an error says, on one line."""
    told = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return f"There is not enough memory. {told}".rstrip()
    return told or type(error).__name__


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Tells what a warning says, without the line of ours that it came from."""
    say(f"Warning: {message}", error=True)


def parse_seconds(text: str) -> float:
    """Reads a length of time: a number of seconds, or with s, m or h behind it.

    Raises:
        InputError: If it is something else.

    Example:
        >>> parse_seconds("10m")
        600.0
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    if match is None or float(match[1]) == 0:
        raise InputError(f"--time-budget must be such as 90s, 10m or 2h, got {text!r}.")
    return float(match[1]) * UNITS[match[2]]


def _fitted(classifier: str, options: dict[str, Any], x: Any, y: Any, out: Path) -> Any:
    """Fits a classifier of ours that is to be written to `out`.

    Nobody is there to read a warning of a class of one row, so it is an error.
    """
    import automl_kit
    from automl_kit.data import LoneClassWarning
    from automl_kit.export import resolve_format

    resolve_format(out)  # A name that no format has is told before the search.
    model = getattr(automl_kit, classifier)(**options)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", LoneClassWarning)
            model.fit(x, y)
    except LoneClassWarning as warning:
        raise InputError(str(warning)) from warning
    return model


def _stopped(project: Path) -> str:
    if (project / "project.json").exists():
        return f"\nStopped. What was found is in {project}; the same command goes on."
    return "\nStopped before the search began."


def _print_search(model: Any, project: Path | None, out: Path) -> None:
    """Prints the trials, writes the model, and says what is where."""
    from automl_kit.report.closing import board_text, cost_text

    board = model.leaderboard()
    say(board_text(board))
    say(cost_text(board.attrs["model"]))
    if project is not None:
        if (project / "genotype.json").exists():
            say(f"Cells: {project / 'genotype.json'}")
        say(f"Project: {project}")
    say(f"Model: {model.export_model(out)}")


def _judged(model: Any, problem: Any, schema: Any, data: Any, target: Any) -> dict[str, float]:
    """The figures of a classifier or a predictor on labelled data."""
    from automl_kit.data import load_for
    from automl_kit.evaluation import classification_metrics

    loaded = load_for(schema, data, target)
    outputs = model.predict_proba(loaded.x)
    ids = problem.encode(loaded.labels)
    return classification_metrics(ids, outputs, problem.predicted(outputs))


def _predictor(task: str, path: Path) -> Any:
    """The model in a file, which must be of the same task."""
    import automl_kit

    predictor = automl_kit.load_model(path)
    if predictor.task != task:
        raise InputError(
            f"{path} is a model for {predictor.task} data; "
            f"use python -m automl_kit.{predictor.task}."
        )
    return predictor

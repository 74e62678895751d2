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

from automl_kit.errors import AutoMLKitError, InputError

TUNERS = (
    "greedy", "random", "bayesian", "hyperband", "evolution", "local", "reinforce", "pareto",
)  # fmt: skip
IMAGE_TUNERS = (*TUNERS, "darts")
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def make_app(task: str, classifier: str, example: Callable[[], Any], sample: str) -> typer.Typer:
    """Makes a task's app.

    Args:
        task: "image", "text" or "structured".
        classifier: Name of the task's class in `automl_kit`.
        example: Loads the set that `demo` runs on.
        sample: What that set is, for the help.
    """
    tuners = IMAGE_TUNERS if task == "image" else TUNERS
    app = typer.Typer(
        help=f"Classification of {task} data.", no_args_is_help=True, add_completion=False,
        pretty_exceptions_enable=False,
    )  # fmt: skip

    @app.command()
    def fit(
        data: Annotated[str, typer.Argument(help="A file, or a folder of images.")],
        target: Annotated[str | None, typer.Option(help="The column of labels.")] = None,
        test: Annotated[str | None, typer.Option(help="Labelled data to judge by.")] = None,
        tuner: Annotated[str, typer.Option(help=f"How to search: {', '.join(tuners)}.")] = "greedy",
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
        seconds = None if time_budget is None else parse_seconds(time_budget)
        import automl_kit
        from automl_kit.export import resolve_format

        resolve_format(out)  # A name that no format has is told before the search.
        model = getattr(automl_kit, classifier)(
            tuner=tuner, objective=objective, max_trials=max_trials, time_budget=seconds,
            epochs=epochs, seed=seed, directory=directory, overwrite=overwrite,
        )  # fmt: skip
        _fit_or_explain(model, data, target)
        _finish(model, out)
        if test is not None:
            _print_metrics(model.evaluate(test, target))

    @app.command()
    def predict(
        model: Annotated[Path, typer.Argument(help="A .keras file that fit wrote.")],
        data: Annotated[str, typer.Argument(help="What to predict.")],
        out: Annotated[Path, typer.Option(help="A CSV file.")] = Path("predictions.csv"),
    ) -> None:
        """Write a column prediction, and one probability_<class> a class."""
        import pandas as pd

        predictor, x, _ = _loaded(task, model, data, None, labelled=False)
        probabilities = predictor.predict_proba(x)
        frame = pd.DataFrame({"prediction": predictor.classes_[probabilities.argmax(axis=1)]})
        for column, label in enumerate(predictor.classes_):
            frame[f"probability_{label}"] = probabilities[:, column]
        from automl_kit.files import write_bytes

        write_bytes(out, frame.to_csv(index=False).encode())
        typer.echo(f"Wrote {len(frame)} predictions to {out}")

    @app.command()
    def evaluate(
        model: Annotated[Path, typer.Argument(help="A .keras file that fit wrote.")],
        data: Annotated[str, typer.Argument(help="Labelled data.")],
        target: Annotated[str | None, typer.Option(help="The column of labels.")] = None,
    ) -> None:
        """Print accuracy, balanced accuracy, ROC-AUC and log-loss."""
        predictor, x, labels = _loaded(task, model, data, target, labelled=True)
        from automl_kit.data import LabelEncoder
        from automl_kit.evaluation import classification_metrics

        encoder = LabelEncoder()
        encoder.classes_ = predictor.classes_
        ids = encoder.encode(labels)
        _print_metrics(classification_metrics(ids, predictor.predict_proba(x)))

    @app.command(help=f"Run the whole way on {sample}; no data is needed.")
    def demo(
        out: Annotated[Path, typer.Option(help="The model's file.")] = Path("model.keras"),
        max_trials: Annotated[int, typer.Option(help="Networks to try.")] = 2,
        epochs: Annotated[int | None, typer.Option(help="Epochs a network at most.")] = None,
    ) -> None:
        import automl_kit

        parts = example()
        model = getattr(automl_kit, classifier)(max_trials=max_trials, epochs=epochs, seed=0)
        model.fit(parts.x_train, parts.y_train)
        _finish(model, out)
        _print_metrics(model.evaluate(parts.x_test, parts.y_test))
        read_back = automl_kit.load_model(out)
        first = parts.x_test[:1]
        typer.echo(f"{out} on the first test row: {read_back.predict(first)[0]}")
        typer.echo(f"its label: {next(iter(parts.y_test))}")

    return app


def run(app: typer.Typer) -> None:
    """Runs an app; what the user did wrong is one sentence and exit status 2."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("default", UserWarning)
            warnings.showwarning = _show_warning
            app()
    except AutoMLKitError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(2)


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Tells what a warning says, without the line of ours that it came from."""
    typer.echo(f"Warning: {message}", err=True)


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


def _fit_or_explain(model: Any, data: str, target: str | None) -> None:
    """Fits; nobody is there to read a warning of a class of one row, so it is an error."""
    from automl_kit.data import LoneClassWarning

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", LoneClassWarning)
            model.fit(data, target)
    except LoneClassWarning as warning:
        raise InputError(str(warning)) from warning
    except KeyboardInterrupt:
        folder = Path(model.directory) / f"{model.task}_classifier"
        typer.echo(f"\nStopped. What was found is in {folder}; the same command goes on.", err=True)
        sys.exit(130)


def _finish(model: Any, out: Path) -> None:
    board = model.leaderboard()
    columns = ["trial", "score", "parameters", "seconds", "status", "error"]
    typer.echo(board[columns].to_string(index=False))
    if hasattr(model, "genotype_") and model.directory is not None:
        cells = Path(model.directory) / f"{model.task}_classifier" / "genotype.json"
        typer.echo(f"Cells: {cells}")
    typer.echo(f"Model: {model.export_model(out)}")


def _print_metrics(metrics: dict[str, float]) -> None:
    for name, value in metrics.items():
        typer.echo(f"{name.replace('_', ' ')}: {value:.4f}")


def _loaded(
    task: str, model: Path, data: str, target: str | None, labelled: bool
) -> tuple[Any, Any, Any]:
    """The model with data for it, which must be of the same task."""
    import automl_kit
    from automl_kit.data import load_for

    predictor = automl_kit.load_model(model)
    if predictor.task != task:
        raise InputError(
            f"{model} is a model for {predictor.task} data; "
            f"use python -m automl_kit.{predictor.task}."
        )
    loaded = load_for(predictor.schema, data, target, labelled=labelled)
    return predictor, loaded.x, loaded.labels

"""What trials cost, among their metrics."""

from collections.abc import Mapping

from automl_kit.compat import Trial


def note_figures(trial: Trial, figures: Mapping[str, float]) -> None:
    """Notes what a trial cost; smaller is better.

    Args:
        trial: A trial of an oracle, KerasTuner's too.
        figures: By name, such as "seconds".
    """
    for name, value in figures.items():
        if not trial.metrics.exists(name):  # A trial that is run again has them.
            trial.metrics.register(name, "min")
        trial.metrics.update(name, value)

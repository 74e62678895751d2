"""What evaluations have in common that estimate, and leave the best trials to another one."""

from automl_kit.evaluation.base import Evaluation


class Estimates:
    """Has the best trials judged whole by another evaluation, which it names or has.

    Attributes:
        evaluation: "full", "folds" or an evaluation.
    """

    evaluation: str | Evaluation

    @property
    def whole(self) -> Evaluation:
        """What judges the finalists.

        Raises:
            InputError: If there is no evaluation of that name.
        """
        from automl_kit.evaluation import get_evaluation

        return get_evaluation(self.evaluation)

    @property
    def judges_all_rows(self) -> bool:
        """Whether the finalists are judged by all rows, each by a network that hasn't seen it."""
        return bool(getattr(self.whole, "judges_all_rows", False))

"""Contenders of `tables.py` that search within a budget of seconds: FLAML, AutoGluon, ours."""

import tempfile
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from table_peers import Peer, Settings, categories

# FLAML 2.7 doesn't look at its budget while CatBoost trains (`check_resource_limits`): with the 19
# classes of soybean a budget of 10 s wasn't over after 8 minutes. There it goes without, as a user
# would have it.
CATBOOST_CLASSES = 10
WITHOUT_CATBOOST = ["lgbm", "rf", "xgboost", "extra_tree", "xgb_limitdepth", "sgd", "lrl1"]


def flaml(x: pd.DataFrame, y: NDArray[Any], x_test: pd.DataFrame, s: Settings) -> NDArray[Any]:
    from flaml import AutoML

    x, x_test = categories(x, x_test)
    search = AutoML()
    search.fit(
        x,
        y,
        task="classification",
        metric="log_loss",
        estimator_list=WITHOUT_CATBOOST if len(s.classes) > CATBOOST_CLASSES else "auto",
        time_budget=s.seconds,
        n_jobs=s.cores,
        seed=s.seed,
        verbose=0,
    )
    print("note:", search.best_estimator)
    return search.predict_proba(x_test)


def autogluon(x: pd.DataFrame, y: NDArray[Any], x_test: pd.DataFrame, s: Settings) -> NDArray[Any]:
    from autogluon.tabular import TabularPredictor

    label = "label to predict"  # no column's name
    with tempfile.TemporaryDirectory() as folder:
        predictor = TabularPredictor(
            label,
            problem_type="binary" if len(s.classes) == 2 else "multiclass",
            eval_metric="log_loss",
            path=folder,
            verbosity=0,
        )
        predictor.fit(
            x.assign(**{label: y}),
            presets="medium_quality",
            time_limit=s.seconds,
            num_cpus=s.cores,
        )
        print("note:", *sorted(predictor.model_names()))
        return predictor.predict_proba(x_test)[list(range(len(s.classes)))].to_numpy()


def ours(x: pd.DataFrame, y: NDArray[Any], x_test: pd.DataFrame, s: Settings) -> NDArray[Any]:
    """All defaults; only the seconds end the search. Labels as users have them."""
    from automl_kit import StructuredDataClassifier

    with tempfile.TemporaryDirectory() as folder:
        classifier = StructuredDataClassifier(
            max_trials=10**6,
            time_budget=s.seconds,
            seed=s.seed,
            directory=folder,
            overwrite=True,
            verbose=0,
        )
        classifier.fit(x, np.array(s.classes)[y])
        print("note:", len(classifier.tuner_.oracle.trials), "trials")
        return classifier.predict_proba(x_test)


SEARCHES: dict[str, Peer] = {"flaml": flaml, "autogluon": autogluon, "ours": ours}

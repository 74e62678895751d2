"""Peers of `tables.py` that fit one model: linear, forests, boosted trees, TabM.

Each takes columns with names, ids of classes, columns to predict, and settings, and gives
probabilities (n, k). Nothing of automl_kit is imported, and each package only by the peer that
needs it. Boosted trees hold a stratified fifth of the training rows out, and stop where its
log-loss hasn't fallen for 50 rounds; learning rates as in their guides for that many rounds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from one_hot import one_hot
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

ROUNDS, PATIENCE, RATE = 2000, 50, 0.05


@dataclass(frozen=True)
class Settings:
    """What every contender is told.

    Attributes:
        seed: Of everything random.
        cores: How many it may use.
        seconds: For contenders that take a budget.
        classes: The labels; the ids are their places.
    """

    seed: int
    cores: int
    seconds: float
    classes: tuple[str, ...]


Peer = Callable[[pd.DataFrame, NDArray[Any], pd.DataFrame, Settings], NDArray[Any]]


def logistic(x: pd.DataFrame, y: NDArray[Any], x_test: pd.DataFrame, s: Settings) -> NDArray[Any]:
    return one_hot(LogisticRegression(max_iter=1000)).fit(x, y).predict_proba(x_test)


def forest(x: pd.DataFrame, y: NDArray[Any], x_test: pd.DataFrame, s: Settings) -> NDArray[Any]:
    model = RandomForestClassifier(500, random_state=s.seed, n_jobs=s.cores)
    return one_hot(model).fit(x, y).predict_proba(x_test)


def extra(x: pd.DataFrame, y: NDArray[Any], x_test: pd.DataFrame, s: Settings) -> NDArray[Any]:
    model = ExtraTreesClassifier(500, random_state=s.seed, n_jobs=s.cores)
    return one_hot(model).fit(x, y).predict_proba(x_test)


def histgb(x: pd.DataFrame, y: NDArray[Any], x_test: pd.DataFrame, s: Settings) -> NDArray[Any]:
    x, x_test = categories(x, x_test)
    model = HistGradientBoostingClassifier(
        learning_rate=RATE,
        max_iter=ROUNDS,
        early_stopping=True,
        validation_fraction=0.2,
        n_iter_no_change=PATIENCE,
        categorical_features="from_dtype",
        random_state=s.seed,
    )
    return model.fit(x, y).predict_proba(x_test)


def lightgbm(x: pd.DataFrame, y: NDArray[Any], x_test: pd.DataFrame, s: Settings) -> NDArray[Any]:
    from lightgbm import LGBMClassifier, early_stopping

    x, x_test = categories(x, x_test)
    x_fit, x_held, y_fit, y_held = held_out(x, y, s)
    model = LGBMClassifier(
        n_estimators=ROUNDS,
        learning_rate=RATE,
        random_state=s.seed,
        n_jobs=s.cores,
        verbosity=-1,
    )
    model.fit(
        x_fit,
        y_fit,
        eval_set=[(x_held, y_held)],
        callbacks=[early_stopping(PATIENCE, verbose=False)],
    )
    return model.predict_proba(x_test)


def xgboost(x: pd.DataFrame, y: NDArray[Any], x_test: pd.DataFrame, s: Settings) -> NDArray[Any]:
    from xgboost import XGBClassifier

    x, x_test = categories(x, x_test)
    x_fit, x_held, y_fit, y_held = held_out(x, y, s)
    model = XGBClassifier(
        n_estimators=ROUNDS,
        learning_rate=RATE,
        early_stopping_rounds=PATIENCE,
        eval_metric="logloss" if len(s.classes) == 2 else "mlogloss",
        tree_method="hist",
        enable_categorical=True,
        random_state=s.seed,
        n_jobs=s.cores,
    )
    model.fit(x_fit, y_fit, eval_set=[(x_held, y_held)], verbose=False)
    return model.predict_proba(x_test)


def catboost(x: pd.DataFrame, y: NDArray[Any], x_test: pd.DataFrame, s: Settings) -> NDArray[Any]:
    from catboost import CatBoostClassifier

    texts = list(x.select_dtypes(exclude="number"))
    x, x_test = (frame.fillna(dict.fromkeys(texts, "missing")) for frame in (x, x_test))
    x_fit, x_held, y_fit, y_held = held_out(x, y, s)
    model = CatBoostClassifier(
        iterations=1000,
        cat_features=texts,
        random_seed=s.seed,
        thread_count=s.cores,
        early_stopping_rounds=PATIENCE,
        allow_writing_files=False,
        verbose=False,
    )
    return model.fit(x_fit, y_fit, eval_set=(x_held, y_held)).predict_proba(x_test)


def tabm(x: pd.DataFrame, y: NDArray[Any], x_test: pd.DataFrame, s: Settings) -> NDArray[Any]:
    """The defaults of pytabkit's, but stopped by log-loss as the others are, not by errors."""
    from pytabkit import TabM_D_Classifier

    medians = x.select_dtypes("number").median().fillna(0.0)  # It takes no gaps among numbers.
    x, x_test = (frame.fillna(medians) for frame in (x, x_test))
    texts = list(x.select_dtypes(exclude="number"))
    x, x_test = (frame.fillna(dict.fromkeys(texts, "missing")) for frame in (x, x_test))
    model = TabM_D_Classifier(
        device="cpu",
        random_state=s.seed,
        n_threads=s.cores,
        val_metric_name="cross_entropy",
    )
    return model.fit(x, y, cat_col_names=texts).predict_proba(x_test)


def categories(x: pd.DataFrame, x_test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Text as pandas categories of the training rows; others are missing."""
    x, x_test = x.copy(), x_test.copy()
    for name in x.select_dtypes(exclude="number"):
        known = pd.CategoricalDtype(sorted(x[name].dropna().unique()))
        x[name], x_test[name] = x[name].astype(known), x_test[name].astype(known)
    return x, x_test


def held_out(x: pd.DataFrame, y: NDArray[Any], s: Settings) -> Any:
    """Four fifths to fit and, stratified, a fifth that decides when to stop."""
    rows = np.arange(len(y))
    fit, held = train_test_split(rows, test_size=0.2, stratify=y, random_state=s.seed)
    return x.iloc[fit], x.iloc[held], y[fit], y[held]


PEERS: dict[str, Peer] = {
    "logistic": logistic,
    "forest": forest,
    "extra": extra,
    "histgb": histgb,
    "lightgbm": lightgbm,
    "xgboost": xgboost,
    "catboost": catboost,
    "tabm": tabm,
}

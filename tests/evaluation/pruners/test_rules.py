"""Rules that stop trials, against curves worked out by hand."""

import pytest

from automl_kit.errors import InputError
from automl_kit.evaluation import (
    Folds,
    FullTraining,
    MedianPruner,
    PashaPruner,
    SuccessiveHalvingPruner,
    WilcoxonPruner,
    get_pruner,
)
from automl_kit.evaluation.curves import Curves
from automl_kit.evaluation.pruners.pasha import epsilon


def curves_of(rows, direction="max"):
    """Curves from lists of scores after epochs 1, 2, …; None where an epoch wasn't judged."""
    curves = Curves(direction)
    for trial, row in enumerate(rows):
        for epoch, score in enumerate(row, 1):
            if score is not None:
                curves.note(str(trial), epoch, score)
    return curves


def stopped_at(rule, rows, direction="max"):
    """Runs trials one after the other; gives the epoch that each was stopped after, or None."""
    curves, ends = Curves(direction), []
    for trial, row in enumerate(rows):
        end = None
        for epoch, score in enumerate(row, 1):
            if score is None:
                continue
            curves.note(str(trial), epoch, score)
            if rule.stop(str(trial), epoch, curves):
                end = epoch
                break
        ends.append(end)
    return ends


# Curves


def test_a_training_done_anew_replaces_what_came_later():
    curves = curves_of([[0.1, 0.2, 0.3]])
    curves.note("0", 2, 0.9)
    assert curves["0"] == {1: 0.1, 2: 0.9}


# Median


def test_the_median_is_that_of_the_means_so_far():
    # Means of the others at epoch 2: .45, .6, .35, so that the median is .45.
    others = [[0.4, 0.5, 0.9], [0.5, 0.7], [0.3, 0.4]]
    rule = MedianPruner(startup=3)
    assert stopped_at(rule, [*others, [0.41, 0.44]])[3] == 2
    assert stopped_at(rule, [*others, [0.41, 0.46]])[3] is None
    # The best so far counts, .46 of the first epoch.
    assert stopped_at(rule, [*others, [0.46, 0.1]])[3] is None
    # Equal to the median is not worse.
    assert stopped_at(rule, [*others, [0.45, 0.45]])[3] is None


def test_lower_is_better_where_the_objective_says_so():
    others = [[0.6, 0.5], [0.5, 0.3], [0.7, 0.6]]
    rule = MedianPruner(startup=3)
    assert stopped_at(rule, [*others, [0.62, 0.58]], "min")[3] == 1
    assert stopped_at(rule, [*others, [0.58, 0.54]], "min")[3] is None


def test_the_first_trials_and_epochs_are_left_alone():
    rows = [[0.5, 0.5, 0.5]] * 3 + [[0.1, 0.1, 0.1]]
    assert stopped_at(MedianPruner(startup=4), rows)[3] is None
    assert stopped_at(MedianPruner(startup=3), rows)[3] == 1
    assert stopped_at(MedianPruner(startup=3, warmup=2), rows)[3] == 3
    # Those that were stopped before don't count where they didn't come.
    short = [[0.5, 0.5], [0.5, 0.5], [0.5], [0.1, 0.1]]
    assert stopped_at(MedianPruner(startup=3, warmup=1), short)[3] is None


# Successive halving


def test_the_best_third_goes_on_from_a_rung():
    rows = [
        [0.50, 0.50, 0.50],  # the first two go on whatever they are
        [0.40, 0.40, 0.40],
        [0.45, 0.60, 0.60],  # of 3 the best one goes on: .50 is better
        [0.55, 0.60, 0.30],  # the best of 4; at epoch 3 the worst of 3
        [0.53, 0.60, 0.70],  # second of 5, and one goes on
        [0.54, 0.60, 0.70],  # second of 6, and two go on; the best of 4 at epoch 3
    ]
    assert stopped_at(SuccessiveHalvingPruner(), rows) == [None, None, 1, None, 1, None]
    # At epoch 3 it's the best so far that counts: .60 of the second epoch beats .50.
    harder = [*rows[:3], [0.55, 0.49, 0.30], [0.56, 0.2, 0.2], [0.57, 0.2, 0.56]]
    assert stopped_at(SuccessiveHalvingPruner(), harder)[3:] == [None, None, None]
    assert stopped_at(SuccessiveHalvingPruner(factor=2), [[0.5] * 2, [0.6, 0.1], [0.55, 0.6]]) == [
        None, None, 1,
    ]  # fmt: skip


def test_a_rung_between_two_judgements_is_the_next_one():
    sparse = [[None, 0.5, None, 0.6], [None, 0.4, None, 0.7], [None, 0.45, None, 0.9]]
    # Epoch 1 is judged in epoch 2, epoch 3 in epoch 4.
    assert stopped_at(SuccessiveHalvingPruner(), sparse) == [None, None, 2]
    assert stopped_at(SuccessiveHalvingPruner(first=3), sparse) == [None, None, None]
    worse = [*sparse[:2], [None, 0.9, None, 0.9], [None, 0.95, None, 0.8], [None, 0.96, None, 0.1]]
    assert stopped_at(SuccessiveHalvingPruner(), worse)[2:] == [None, None, None]


def test_of_equals_all_go_on_that_may():
    rows = [[0.5], [0.5], [0.5], [0.5]]
    assert stopped_at(SuccessiveHalvingPruner(), rows) == [None] * 4


# PASHA


def test_no_trial_goes_beyond_the_second_rung_while_rankings_agree():
    rows = [[0.5] * 12, [0.6] * 12, [0.7] * 12]
    assert stopped_at(PashaPruner(), rows) == [3, 3, 3]
    assert PashaPruner().top(curves_of([row[:3] for row in rows])) == 1


def test_the_third_rung_opens_where_rankings_disagree():
    rows = [
        [0.50, 0.50, 0.50, *[0.5] * 9],
        [0.60, 0.60, 0.40, *[0.5] * 9],  # its best so far, .60, is still ahead
        [0.61, 0.61, 0.61, *[0.6] * 9],
        [0.70, 0.72, 0.73, *[0.8] * 9],
    ]
    assert stopped_at(PashaPruner(), rows) == [3, 3, 3, 3]
    crossing = [
        [0.50, 0.50, 0.62, *[0.7] * 9],
        [0.55, 0.60, 0.60, *[0.6] * 9],  # ahead in the first rung, behind in the second
        [0.60, 0.60, 0.70, *[0.7] * 9],
    ]
    assert stopped_at(PashaPruner(), crossing) == [3, 9, 9]


def test_what_noise_reverses_opens_nothing():
    # The order of the first and the second trial changes twice, and that of the second and third:
    # at the end they are .10 and .01 apart.
    noisy = curves_of([[0.50, 0.62, 0.52], [0.58, 0.60, 0.62], [0.57, 0.63, 0.61]])
    assert epsilon([noisy["0"], noisy["1"]], 3) == pytest.approx(0.10)
    assert epsilon([noisy["0"], noisy["1"]], 2) == 0.0
    assert epsilon(list(noisy.values()), 3) == pytest.approx(0.01 + 0.9 * (0.10 - 0.01))
    # Ranked 2, 0, 1 at the second rung and 1, 2, 0 at the first, by no more than .08 there.
    assert PashaPruner().top(noisy) == 1
    # The same scores but for the second epoch: nothing shows that .08 are noise.
    steady = curves_of([[0.50, 0.55, 0.62], [0.58, 0.59, 0.62], [0.57, 0.63, 0.63]])
    assert epsilon(list(steady.values()), 3) == 0.0
    assert PashaPruner().top(steady) == 2


# Wilcoxon


def test_a_trial_that_is_worse_on_four_folds_is_stopped():
    best = [0.8, 0.81, 0.82, 0.83, 0.84]
    worse = [0.7, 0.72, 0.71, 0.74, 0.75]
    assert stopped_at(WilcoxonPruner(), [best, worse]) == [None, 4]
    mixed = [0.81, 0.72, 0.83, 0.74, 0.85]
    assert stopped_at(WilcoxonPruner(), [best, mixed]) == [None, None]
    # Compared is the best trial, not the last one.
    assert stopped_at(WilcoxonPruner(), [best, worse, mixed, worse])[3] == 4
    assert stopped_at(WilcoxonPruner(), [[0.2] * 5, [0.3] * 5], "min") == [None, 4]
    # p is 1/32 after five folds and 1/16 after four.
    assert stopped_at(WilcoxonPruner(p=0.05), [best, worse]) == [None, 5]


def test_equal_scores_stop_nothing():
    assert stopped_at(WilcoxonPruner(), [[0.5] * 8, [0.5] * 8]) == [None, None]


# By name


@pytest.mark.parametrize("name", ["median", "asha", "pasha", "wilcoxon"])
def test_each_has_a_name_and_describes_its_settings(name):
    pruner = get_pruner(name, Folds())
    assert pruner.describe()["name"] == name
    assert get_pruner(pruner) is pruner
    assert type(pruner)(**{k: v for k, v in pruner.describe().items() if k != "name"}) == pruner


def test_what_is_no_pruner_is_told():
    assert get_pruner(None) is None
    with pytest.raises(InputError, match="no pruner 'medium'; expected 'median', 'asha'"):
        get_pruner("medium")
    with pytest.raises(InputError, match="or a pruner such as"):
        get_pruner(MedianPruner)
    with pytest.raises(InputError, match=r"compares trials fold by fold.*evaluation='folds'"):
        get_pruner("wilcoxon", FullTraining())


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: MedianPruner(startup=0), "startup of MedianPruner must be a whole number from 1"),
        (lambda: MedianPruner(warmup=1.5), "warmup of MedianPruner must be a whole number from 0"),
        (lambda: SuccessiveHalvingPruner(factor=1), "factor of .* from 2"),
        (lambda: PashaPruner(finalists=0), "finalists of PashaPruner"),
        (lambda: WilcoxonPruner(p=1), "p of WilcoxonPruner must be between 0 and 1"),
    ],
)
def test_settings_out_of_range_are_told(make, told):
    with pytest.raises(InputError, match=told):
        make()

"""Dimensions and spaces, against enumeration by hand."""

import keras_tuner
import numpy as np
import pytest

from automl_kit.oracles.dimensions import INACTIVE, Dimension
from automl_kit.oracles.space import Space
from automl_kit.testing.searches import (
    CONDITIONAL,
    GRIDS,
    RANGES,
    conditional,
    every_kind,
    growing,
    key,
)


def _space(build):
    hp = keras_tuner.HyperParameters()
    build(hp)
    return Space(hp.space)


def _dimension(kind, *args, **kwargs):
    hp = keras_tuner.HyperParameters()
    getattr(hp, kind)("x", *args, **kwargs)
    return Dimension(hp.space[0])


def test_values_are_all_of_the_grid_in_their_order():
    for dimension in _space(every_kind).dimensions:
        if dimension.name in GRIDS:
            values = list(dimension.values)
            assert values == (
                pytest.approx(values)
                if dimension.name == "flag"
                else pytest.approx(GRIDS[dimension.name])
                if "float" in dimension.name
                else GRIDS[dimension.name]
            )
            assert sorted(map(str, values)) == sorted(map(str, GRIDS[dimension.name]))
        else:
            assert dimension.values is None
            assert dimension.name in RANGES


def test_a_gene_gives_back_its_value():
    rng = np.random.default_rng(0)
    for dimension in _space(every_kind).dimensions:
        for gene in dimension.sample(50, rng):
            value = dimension.decode(gene)
            again = dimension.decode(dimension.encode(value))
            assert again == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value)


@pytest.mark.parametrize(
    ("arguments", "value", "beside"),
    [
        (("Int", 1, 9, 2), 5, [3, 7]),
        (("Int", 1, 9, 2), 1, [3]),
        (("Choice", ["a", "b", "c"]), "b", ["a", "c"]),
        (("Choice", [8, 16, 32]), 32, [16]),
        (("Boolean",), True, [False]),
        (("Fixed", 3), 3, []),
        (("Int", 0, 1000), 500, [200, 400, 470, 530, 600, 800]),
        (("Int", 0, 1000), 0, [30, 100, 300]),
        (("Int", 0, 1000), 990, [690, 890, 960, 1000]),
        (("Int", 0, 20), 10, [4, 8, 9, 11, 12, 16]),
    ],
)
def test_neighbours_of_a_value(arguments, value, beside):
    dimension = _dimension(*arguments)
    found = [dimension.decode(gene) for gene in dimension.neighbours(dimension.encode(value))]
    assert sorted(found) == beside


@pytest.mark.parametrize("high", [50, 5000])
def test_integers_are_sampled_on_the_scale_of_their_sampling(high):
    genes = _dimension("Int", 1, high, sampling="log")
    drawn = [genes.decode(gene) for gene in genes.sample(400, np.random.default_rng(0))]
    middle = np.sqrt(high + 1)
    assert 0.4 < np.mean(np.array(drawn) < middle) < 0.6


def test_ordered_choices_are_neighbours_by_size_however_they_were_listed():
    dimension = _dimension("Choice", [64, 8, 32, 16])
    beside = [dimension.decode(gene) for gene in dimension.neighbours(dimension.encode(8))]
    assert beside == [16]


def test_the_members_are_those_that_one_can_count():
    members = list(_space(conditional).members())
    assert len(members) == len(CONDITIONAL)
    assert {key(m) for m in members} == {key(m) for m in CONDITIONAL}


def test_samples_reach_every_member_and_no_other():
    space, rng = _space(conditional), np.random.default_rng(0)
    assert {key(space.sample(rng)) for _ in range(300)} == {key(m) for m in CONDITIONAL}


def _differ(space, first, second):
    """The columns in which two rows differ, those that one of them doesn't have left out."""
    a, b = space.encode(first), space.encode(second)
    return np.flatnonzero((a != b) & (a != INACTIVE) & (b != INACTIVE))


def test_mutation_changes_one_active_hyperparameter_and_repairs_its_children():
    space, rng = _space(conditional), np.random.default_rng(0)
    allowed = {key(m) for m in CONDITIONAL}
    seen = set()
    for member in CONDITIONAL:
        for _ in range(40):
            child = space.mutate(member, rng)
            assert key(child) in allowed
            changed = _differ(space, member, child)
            assert len(changed) == 1, (member, child)
            seen.add((space.dimensions[changed[0]].name, len(child)))
    assert {name for name, _ in seen} == {"kind", "depth", "deep", "act"}


def test_mutation_of_every_kind_changes_at_most_one_and_each_some_time():
    space, rng = _space(every_kind), np.random.default_rng(0)
    rows = space.sample_rows(600, rng)
    changed = rows != space.mutate_rows(rows, rng)
    assert (changed.sum(axis=1) <= 1).all()
    assert changed.sum() > 550
    often = dict(zip([d.name for d in space.dimensions], changed.sum(axis=0), strict=True))
    assert often.pop("fixed") == 0
    assert min(often.values()) > 20


@pytest.mark.parametrize("one_point", [False, True])
def test_children_of_two_have_each_value_from_either(one_point):
    space, rng = _space(every_kind), np.random.default_rng(0)
    first, second = space.sample_rows(2, rng)
    children = space.cross_rows(np.tile(first, (200, 1)), np.tile(second, (200, 1)), rng, one_point)
    from_first, from_second = children == first, children == second
    assert (from_first | from_second).all()
    different = first != second
    assert (from_first & different).any()
    assert (from_second & different).any()
    if one_point:  # All of the first up to a point, all of the second after it.
        switches = np.diff(from_second[:, different].astype(int), axis=1)
        assert (switches >= 0).all()


def test_crossing_under_conditions_gives_members():
    space, rng = _space(conditional), np.random.default_rng(0)
    allowed = {key(m) for m in CONDITIONAL}
    found = {
        key(space.cross(a, b, rng, one_point))
        for a in CONDITIONAL
        for b in CONDITIONAL
        for one_point in (False, True)
    }
    assert found == allowed


def test_neighbours_are_all_that_differ_in_one_column():
    space = _space(conditional)
    allowed = {key(m) for m in CONDITIONAL}
    for member in CONDITIONAL:
        found = space.neighbours(member)
        assert len({key(n) for n in found}) == len(found)
        for neighbour in found:
            assert key(neighbour) in allowed
            assert len(_differ(space, member, neighbour)) == 1
    assert len(space.neighbours({"kind": "a", "depth": 1, "deep": True, "act": "tanh"})) == 6


def test_what_stays_in_a_neighbour_is_unchanged_to_the_last_bit():
    space, rng = _space(every_kind), np.random.default_rng(1)
    member = space.sample(rng)
    for neighbour in space.neighbours(member):
        assert sum(neighbour[name] != value for name, value in member.items()) == 1


def test_a_row_has_places_for_all_and_minus_one_for_what_is_not_there():
    space = _space(conditional)
    names = [d.name for d in space.dimensions]
    assert names == ["kind", "depth", "deep", "act", "depth"]
    row = space.encode({"kind": "a", "depth": 2, "deep": True, "act": "gelu"})
    assert row.tolist() == [0, 1, row[2], 2, INACTIVE]
    assert space.encode({"kind": "b", "depth": 11}).tolist() == [1, -1, -1, -1, 1]
    assert space.scaled(np.array([[2.0, -1, -1, 2, -1]])).tolist() == [[2.0, -1, -1, 2, -1]]
    assert space.decode(row) == {"kind": "a", "depth": 2, "deep": True, "act": "gelu"}


def test_defaults_fill_in_what_is_not_named_and_inactive_values_go():
    space = _space(conditional)
    assert space.with_defaults({"kind": "b", "deep": True}) == {"kind": "b", "depth": 10}
    assert space.with_defaults({"kind": "c", "depth": 2}) == {"kind": "c"}
    layers = _space(growing)
    assert layers.with_defaults({"rate_0": 0.333}) == {"layers": 1, "units_0": 8, "rate_0": 0.333}


def test_values_of_another_space_are_taken_as_far_as_they_fit():
    hp = keras_tuner.HyperParameters()
    every_kind(hp)
    given = {
        "word": "yellow", "ordered": 64, "int": 200, "int_step": 4, "float": 1.25, "float_log": 0.0,
        "flag": True, "fixed": 8, "strange": 1,
    }  # fmt: skip
    assert Space(hp.space).fitting(given) == {
        "ordered": 64, "int": 90, "int_step": 5, "float": 1.25, "float_log": 1e-5, "flag": True,
    }  # fmt: skip
    assert Space(hp.space).fitting({"int": "many", "flag": "yes", "ordered": True}) == {}

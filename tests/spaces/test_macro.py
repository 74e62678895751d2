"""The macro space: whole networks as chains of stages."""

import itertools
import json
from collections import Counter

import keras_tuner
import numpy as np
import pytest

from automl_kit.errors import InputError
from automl_kit.spaces import MacroGenotype, MacroSpace, Stage

SMALL = MacroSpace(stages=3, depths=(1, 2), widths=(16, 32), kernels=(3,))
PLAIN = MacroSpace(stages=2, depths=(1, 2), widths=(16, 32), kernels=(3, 5), connections=False)


@pytest.mark.parametrize(("space", "size"), [(SMALL, 4**3 * 2**3), (PLAIN, 8**2)])
def test_hyperparameters_and_members_are_one_to_one(space, size):
    hp = keras_tuner.HyperParameters()
    space.declare(hp)
    members = set()
    for picks in itertools.product(*(choice.values for choice in hp.space)):
        values = dict(zip((choice.name for choice in hp.space), picks, strict=True))
        genotype = space.genotype(values)
        assert space.values(genotype) == values
        members.add(genotype)
    assert len(members) == space.size() == size


def test_size_of_the_default():
    assert MacroSpace().size() == (3 * 4 * 2) ** 3 * 2 ** (0 + 1 + 2)


def test_sampling_reaches_every_member_as_often():
    rng = np.random.default_rng(0)
    counts = Counter(PLAIN.sample(rng) for _ in range(6400))
    assert len(counts) == 64
    assert sum((n - 100) ** 2 / 100 for n in counts.values()) < 63 + 4 * (2 * 63) ** 0.5


def test_a_mutation_changes_one_value():
    rng = np.random.default_rng(0)
    changed = Counter()
    for _ in range(300):
        parent = SMALL.sample(rng)
        child = SMALL.mutate(parent, rng)
        before, after = SMALL.values(parent), SMALL.values(child)
        (name,) = [name for name in before if before[name] != after[name]]
        changed[name] += 1
    assert set(changed) == {d.name for d in SMALL.decisions if len(d.options) > 1}


@pytest.mark.parametrize("one_point", [False, True])
def test_crossover_takes_whole_stages(one_point):
    rng = np.random.default_rng(0)
    a = MacroGenotype((Stage(1, 16, 3), Stage(1, 16, 3), Stage(1, 16, 3)))
    b = MacroGenotype((Stage(2, 32, 3), Stage(2, 32, 3, (0,)), Stage(2, 32, 3, (0, 1))))
    children = {SMALL.crossover(a, b, rng, one_point=one_point) for _ in range(200)}
    patterns = {"".join("a" if s in a.stages else "b" for s in c.stages) for c in children}
    assert patterns == (
        {"abb", "aab"} if one_point else set(map("".join, itertools.product("ab", repeat=3)))
    )


def test_declared_values_and_default():
    hp = keras_tuner.HyperParameters()
    default = SMALL.sample(np.random.default_rng(3))
    assert SMALL.declare(hp, default) == default
    hp.values["stage2/skip0"] = 1 - hp.values["stage2/skip0"]
    assert SMALL.declare(hp, default) == SMALL.genotype(hp.values) != default
    assert {choice.name for choice in hp.space if choice.ordered} >= {"stage0/width"}


def test_json_gives_the_same_value_back(tmp_path):
    genotype = MacroSpace(stages=4).sample(np.random.default_rng(0))
    assert MacroGenotype.from_json(json.loads(json.dumps(genotype.to_json()))) == genotype
    genotype.save(tmp_path / "network.json")
    assert MacroGenotype.load(tmp_path / "network.json") == genotype
    assert len({genotype, MacroGenotype.load(tmp_path / "network.json")}) == 1


STAGE = {"depth": 1, "width": 16, "kernel": 3, "skips": []}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "as JSON"),
        ({}, "as JSON"),
        ({"stages": [STAGE], "more": 1}, "as JSON"),
        ({"stages": [{**STAGE, "more": 1}]}, "as JSON"),
        ({"stages": [{**STAGE, "skips": None}]}, "as JSON"),
        ({"stages": []}, "1 to 64 stages"),
        ({"stages": [STAGE] * 65}, "1 to 64 stages"),
        ({"stages": [{**STAGE, "depth": 0}]}, "depth, width and kernel"),
        ({"stages": [{**STAGE, "width": 10**9}]}, "depth, width and kernel"),
        ({"stages": [{**STAGE, "kernel": "3"}]}, "depth, width and kernel"),
        ({"stages": [{**STAGE, "skips": [0]}]}, "Stage 0 follows state 0"),
        ({"stages": [STAGE, {**STAGE, "skips": [0, 0]}]}, "increasing"),
        ({"stages": [STAGE, {**STAGE, "skips": [-1]}]}, "increasing"),
        ({"stages": [STAGE, {**STAGE, "skips": [True]}]}, "tuple of ints"),
    ],
)
def test_json_from_elsewhere_is_checked(value, message):
    with pytest.raises(InputError, match=message):
        MacroGenotype.from_json(value)


def test_file_without_a_genotype(tmp_path):
    (tmp_path / "network.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match="holds no genotype"):
        MacroGenotype.load(tmp_path / "network.json")


@pytest.mark.parametrize(
    "genotype",
    [
        MacroGenotype((Stage(1, 16, 3),)),
        MacroGenotype((Stage(1, 16, 3), Stage(1, 17, 3))),
        MacroGenotype((Stage(1, 16, 3), Stage(1, 16, 3, (0,)))),  # PLAIN has no connections
    ],
)
def test_what_is_no_member(genotype):
    assert not PLAIN.contains(genotype)
    with pytest.raises(InputError):
        PLAIN.mutate(genotype, np.random.default_rng(0))
    with pytest.raises(InputError):
        PLAIN.crossover(genotype, genotype, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"stages": 0}, "at least 1 stage"),
        ({"stages": 65}, "1 to 64 stages"),
        ({"depths": ()}, "different depths"),
        ({"widths": (16, 16)}, "different widths"),
        ({"kernels": [3]}, "different kernels"),
        ({"depths": (0, 1)}, "depth, width and kernel"),
    ],
)
def test_what_is_no_space(arguments, message):
    with pytest.raises(InputError, match=message):
        MacroSpace(**arguments)


def test_a_space_of_one_member():
    space = MacroSpace(1, (1,), (16,), (3,))
    with pytest.raises(InputError, match="one member only"):
        space.mutate(space.sample(np.random.default_rng(0)), np.random.default_rng(0))

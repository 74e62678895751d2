"""Edges that are one operation in a step: which, how often, and what learns from it."""

import numpy as np
import pytest
import tensorflow as tf
from darts_networks import OPS, make_network, rows

from automl_kit.errors import InputError
from automl_kit.search.stages.darts import DartsSearch, DartsSettings
from automl_kit.search.stages.darts.edge_mutation import EdgeMutation

KINDS, EDGES = 2, 2  # a node has an edge from each of two inputs


def drawn(share, seed=0, steps=1, **network):
    search = DartsSearch(make_network(**network), DartsSettings(epochs=1))
    mutation = EdgeMutation(search._architecture, seed)
    return np.stack([mutation.draw(share, 0, step) for step in range(steps)])


def test_no_edge_or_each_is_one_operation_with_weights():
    assert not drawn(0.0).any()
    matrices = drawn(1.0).reshape(KINDS * EDGES, len(OPS))
    weights = tf.nn.softmax(matrices).numpy()
    np.testing.assert_array_equal(weights, np.tile([0, 0, 0, 1], (KINDS * EDGES, 1)))


def test_as_many_edges_as_asked_and_each_operation_as_often():
    ops = ("none", "sep_conv_3x3", "dil_conv_3x3")
    rows = drawn(0.25, steps=500, ops=ops).reshape(-1, len(ops))
    mutated = rows[rows.any(axis=1)]
    assert len(mutated) / len(rows) == pytest.approx(0.25, abs=0.03)  # 3 standard errors
    assert (mutated[:, 1] > 0).mean() == pytest.approx(0.5, abs=0.07)


def test_a_steps_draw_depends_on_the_seed_and_the_step_alone():
    first, second = drawn(0.5, steps=8), drawn(0.5, steps=8)
    np.testing.assert_array_equal(first, second)
    assert (drawn(0.5, seed=1, steps=8) != first).any()
    assert len(np.unique(first, axis=0)) > 1


def test_weights_of_edges_have_no_weights_of_their_own_to_mutate():
    found = drawn(1.0, partial=2, filters=4).reshape(KINDS, -1)
    assert (found[:, : EDGES * len(OPS)] != 0).all()
    assert not found[:, EDGES * len(OPS) :].any()


def test_a_mutated_step_trains_as_if_the_operation_were_alone():
    x, y = rows(8)
    batch, rate = (tf.constant(x), tf.constant(y)), tf.constant(0.1)
    ends = []
    for mutate in (True, False):
        search = DartsSearch(make_network(), DartsSettings(epochs=1))
        chosen = EdgeMutation(search._architecture, 0).draw(1.0, 0, 0)
        if mutate:
            before = search._step.state["alpha"].numpy()
            search._step.weights(batch, rate, tf.constant(chosen))
            np.testing.assert_array_equal(search._step.state["alpha"], before)
        else:
            search._step.state["alpha"].assign(chosen)
            search._step.weights(batch, rate)
        ends.append(search._step.state["w"].numpy())
    np.testing.assert_array_equal(*ends)


def test_it_grows_from_nothing_to_what_is_asked():
    settings = DartsSettings(epochs=5, edge_mutation=0.2)
    told = [settings.mutation_of(epoch) for epoch in range(5)]
    assert told == pytest.approx([0, 0.05, 0.1, 0.15, 0.2])


def test_without_operations_with_weights_there_is_nothing_to_mutate():
    network = make_network(ops=("skip_connect", "max_pool_3x3"))
    with pytest.raises(InputError, match="the normal cell has none among skip_connect"):
        DartsSearch(network, DartsSettings(edge_mutation=0.1))
    with pytest.raises(InputError, match="edge_mutation from 0 to 1"):
        DartsSettings(edge_mutation=1.5)

"""The whole search, on networks of a few hundred weights."""

import dataclasses
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from darts_networks import OPS, SETTINGS, make_network, rows
from tensorflow.core.protobuf import config_pb2
from tensorflow.core.protobuf.rewriter_config_pb2 import RewriterConfig
from tensorflow.python.eager import context

from automl_kit.custom_blocks.darts import (
    ArchitectureParameters,
    DartsCell,
    MixedOp,
)
from automl_kit.errors import InputError, ProjectError, SearchError
from automl_kit.search.stages.darts.darts_search import DartsSearch


def test_a_search_learns_and_gives_a_genotype_of_the_space():
    search = DartsSearch(make_network(), dataclasses.replace(SETTINGS, epochs=5))
    genotype = search.search(*rows())
    for cell in (genotype.normal, genotype.reduction):
        assert [len(node) for node in cell] == [2]
        assert all(edge.op in OPS[1:] for node in cell for edge in node)
    assert search.derive() == genotype
    assert len(search.history) == 5
    assert search.history[-1].loss < search.history[0].loss
    assert search.history[-1].accuracy > 0.7
    assert search.history[0].learning_rate == 0.025
    assert 0.001 < search.history[-1].learning_rate < 0.005
    assert search.history[0].alphas["normal"].shape == (2, 4)


def test_the_networks_variables_are_trained_in_place():
    network = make_network()
    before = [variable.numpy() for variable in network.trainable_variables]
    search = DartsSearch(network, dataclasses.replace(SETTINGS, epochs=1))
    search.search(*rows(24))
    assert all(
        np.abs(variable.numpy() - value).max() > 0
        for variable, value in zip(network.trainable_variables, before, strict=True)
        if "sep_conv" in variable.path or "alpha" in variable.path
    )
    layer = next(x for x in network.layers if isinstance(x, ArchitectureParameters))
    np.testing.assert_allclose(layer.alpha, search.history[-1].alphas["normal"])


def make_own_network():
    """Somebody's own: mixed operations among stock layers that have states and random numbers."""
    keras.utils.set_random_seed(0)
    image = keras.Input((6, 6, 1))
    weights = ArchitectureParameters("normal", 1, OPS)(image)
    x = keras.layers.RandomFlip(seed=1)(image)
    x = keras.layers.BatchNormalization()(keras.layers.Conv2D(2, 1)(x))
    x = MixedOp(OPS)(x, weights[0]) + MixedOp(OPS)(x, weights[1])
    x = keras.layers.Dropout(0.3, seed=2)(keras.layers.Flatten()(x))
    return keras.Model(image, keras.layers.Dense(2)(x))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.architecture = ArchitectureParameters("normal", nodes=1, ops=OPS)
        self.cell = DartsCell(2, nodes=1, ops=OPS)
        self.classifier = keras.layers.Dense(2)

    def call(self, x):
        return self.classifier(tf.reduce_mean(self.cell([x, x, self.architecture(x)]), [1, 2]))


def make_subclassed():
    keras.utils.set_random_seed(0)
    network = Subclassed()
    network(tf.zeros((1, 6, 6, 1)))
    return network


TWICE = dataclasses.replace(SETTINGS, epochs=2, edge_mutation=0.5)


def killed_in_mid_epoch(network, directory):
    """Searches until the third step of the second epoch."""

    class Killer(DartsSearch):
        def _one_step(self, *arguments):
            if len(self.history) == 1 and self.steps == 2:
                raise KeyboardInterrupt
            self.steps = self.steps + 1 if len(self.history) == 1 else 0
            return super()._one_step(*arguments)

    search = Killer(network, TWICE, directory=directory)
    search.steps = 0
    with pytest.raises(KeyboardInterrupt):
        search.search(*rows())


@pytest.mark.parametrize("make", [make_network, make_own_network, make_subclassed])
def test_a_killed_search_goes_on_to_the_same_end(make, tmp_path):
    whole = DartsSearch(make(), TWICE)
    genotype = whole.search(*rows())
    killed_in_mid_epoch(make(), tmp_path)
    epochs = []
    again = DartsSearch(make(), TWICE, directory=tmp_path, on_epoch=epochs.append)
    assert again.search(*rows()) == genotype
    assert [record.epoch for record in epochs] == [1]
    for one, other in zip(whole.history, again.history, strict=True):
        assert one.loss == other.loss
        np.testing.assert_array_equal(one.alphas["normal"], other.alphas["normal"])
    for variable, value in zip(whole.network.variables, again.network.variables, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_another_search_in_the_folder_is_refused(tmp_path):
    settings = dataclasses.replace(SETTINGS, epochs=1)
    DartsSearch(make_network(), settings, directory=tmp_path).search(*rows(24))
    x, y = rows(24)
    for arguments, data, said in [
        ({"settings": dataclasses.replace(settings, momentum=0.5)}, (x, y), "settings"),
        ({"seed": 1}, (x, y), "seed"),
        ({}, (x + 1, y), "rows"),
    ]:
        given = {"settings": settings, "directory": tmp_path, **arguments}
        with pytest.raises(ProjectError, match=said):
            DartsSearch(make_network(), **given).search(*data)
    capped = dataclasses.replace(settings, max_skips=0)  # only how to derive
    DartsSearch(make_network(), capped, directory=tmp_path).search(x, y)
    over = DartsSearch(make_network(), settings, seed=1, directory=tmp_path, overwrite=True)
    over.search(x, y)
    assert len(over.history) == 1


def test_a_time_budget_ends_the_search_between_steps():
    search = DartsSearch(make_network(), SETTINGS)
    genotype = search.search(*rows(), time_budget=0.0)
    assert search.history == []
    assert len(genotype.normal) == 1  # of the α at the start


def test_alpha_rests_during_warm_up():
    search = DartsSearch(make_network(), dataclasses.replace(SETTINGS, epochs=2, warmup_epochs=1))
    start = search.mixing_weights()["normal"]
    search.search(*rows(24))
    first, second = search.history
    assert first.valid_loss is None
    assert second.valid_loss is not None
    np.testing.assert_allclose(tf.nn.softmax(first.alphas["normal"]), start)
    assert np.abs(second.alphas["normal"] - first.alphas["normal"]).max() > 0.01


def test_partial_channels_with_edge_weights():
    search = DartsSearch(
        make_network(filters=4, partial=2, nodes=2), dataclasses.replace(SETTINGS, epochs=1)
    )
    search.search(*rows(24))
    weights = search.mixing_weights()["normal"]
    # Rows of a softmax, times the edges' weights, which sum to one over each node.
    assert weights[:2].sum() == pytest.approx(1)
    assert weights[2:].sum() == pytest.approx(1)


def test_beta_decay_keeps_alpha_even():
    spreads = []
    for decay in (0.0, 50.0):
        settings = dataclasses.replace(SETTINGS, epochs=3, beta_decay=decay)
        search = DartsSearch(make_network(), settings)
        search.search(*rows())
        spreads.append(np.std(search.history[-1].alphas["normal"], axis=1).mean())
    assert spreads[1] < spreads[0]


def test_a_collapse_is_warned_of_and_can_be_capped():
    network = make_network()
    for layer in network.layers:
        if isinstance(layer, ArchitectureParameters):
            layer.alpha.assign(np.tile([0.0, 0.0, 5.0, 0.0], (2, 1)))
    settings = dataclasses.replace(SETTINGS, epochs=1, max_skips=1)
    search = DartsSearch(network, settings)
    with pytest.warns(UserWarning, match="2 of 2 edges of the normal cell are skip"):
        genotype = search.search(*rows(24))
    assert search.history[0].skips == 2
    skips = [edge.op for node in genotype.normal for edge in node].count("skip_connect")
    assert skips == 1


def test_a_loss_that_is_no_number_ends_the_search():
    x, y = rows()
    x[:] = np.nan
    with pytest.raises(SearchError, match="learning_rate"):
        DartsSearch(make_network(), SETTINGS).search(x, y)


def test_a_network_without_cells_is_refused():
    network = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Flatten()])
    with pytest.raises(InputError, match="ArchitectureParameters"):
        DartsSearch(network)


def test_labels_that_the_network_has_no_class_for_are_refused():
    x, y = rows()
    with pytest.raises(InputError, match="2 classes"):
        DartsSearch(make_network(), SETTINGS).search(x, y + 1)


def test_alpha_can_have_rows_of_its_own():
    x, y = rows()
    settings = dataclasses.replace(SETTINGS, epochs=1, train_share=0.99)  # which isn't used
    ends = []
    for valid_x, folder in ((x[:8], None), (-x[:8], None)):
        search = DartsSearch(make_network(), settings, directory=folder)
        search.search(x[:24], y[:24], validation_data=(valid_x, y[:8]))
        ends.append(search.history[0])
    assert ends[0].valid_loss != ends[1].valid_loss
    assert np.abs(ends[0].alphas["normal"] - ends[1].alphas["normal"]).max() > 1e-4


def test_other_rows_for_alpha_are_another_search(tmp_path):
    x, y = rows()
    settings = dataclasses.replace(SETTINGS, epochs=1)
    valid = x[24:32], y[24:32]
    first = DartsSearch(make_network(), settings, directory=tmp_path)
    genotype = first.search(x[:24], y[:24], validation_data=valid)
    again = DartsSearch(make_network(), settings, directory=tmp_path)
    assert again.search(x[:24], y[:24], validation_data=valid) == genotype
    for other in (None, (x[32:40], y[32:40])):
        search = DartsSearch(make_network(), settings, directory=tmp_path)
        with pytest.raises(ProjectError, match="validation_data"):
            search.search(x[:24], y[:24], validation_data=other)


def test_the_memory_optimiser_is_off_in_the_search_alone(monkeypatch):
    """It rewrites large sums in the order in which their terms are ready."""

    def memory_optimisation():
        options = context.context().function_call_options.config_proto_serialized
        config = config_pb2.ConfigProto.FromString(options)
        return config.graph_options.rewrite_options.memory_optimization

    seen = set()
    step = DartsSearch._one_step

    def spy(self, *arguments):
        seen.add(memory_optimisation())
        return step(self, *arguments)

    before = memory_optimisation()
    monkeypatch.setattr(DartsSearch, "_one_step", spy)
    settings = dataclasses.replace(SETTINGS, epochs=1)
    DartsSearch(make_network(), settings).search(*rows(24))
    assert seen == {RewriterConfig.NO_MEM_OPT}
    assert before != RewriterConfig.NO_MEM_OPT
    assert memory_optimisation() == before
    with pytest.raises(ZeroDivisionError):
        DartsSearch(make_network(), settings, on_epoch=lambda record: 1 / 0).search(*rows(24))
    assert memory_optimisation() == before


@pytest.mark.compiled
@pytest.mark.timeout(240)
def test_compiled_searches_are_equal_to_the_last_bit_on_a_busy_machine():
    settings = dataclasses.replace(SETTINGS, epochs=1)
    ops = ("skip_connect", "sep_conv_3x3")
    idle = DartsSearch(make_network(ops=ops), settings)
    idle.search(*rows())
    over, load = threading.Event(), np.ones((300, 300))

    def work():
        while not over.is_set():
            load @ load

    threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        busy = DartsSearch(make_network(ops=ops), settings)
        busy.search(*rows())
    finally:
        over.set()
        for thread in threads:
            thread.join()
    for name, variable in idle._step.state.items():
        np.testing.assert_array_equal(busy._step.state[name], variable, err_msg=name)

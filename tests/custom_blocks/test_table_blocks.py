import keras
import keras_tuner
import numpy as np
import pytest

from automl_kit.custom_blocks import (
    TABLE_PRESETS,
    ClassificationHead,
    EnsembleBlock,
    LinearBlock,
    ResidualMLPBlock,
    TableBlock,
    TableFeaturesBlock,
    TableInput,
    TableLayout,
    TreesBlock,
)
from automl_kit.custom_blocks.table_features import normal_quantiles, periodic, piecewise
from automl_kit.errors import InputError

LAYOUT = TableLayout(
    numeric=3, cardinalities=(3, 40), edges=((-1.0, 0.0, 1.0), (), (-2.0, -1.0, 0.5, 2.0, 3.0))
)


def rows(n: int = 64, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    ids = [rng.integers(0, size, size=n) for size in LAYOUT.cardinalities]
    return np.column_stack([rng.normal(size=(n, 3)), *ids]).astype("float32")


def features(layout: TableLayout | None, data: np.ndarray, **arguments: object) -> np.ndarray:
    block = TableFeaturesBlock(**{"numbers": "plain", **arguments}, name="features")
    node = TableInput(layout)
    block(node)
    tensor = keras.Input(data.shape[1:])
    model = keras.Model(tensor, block.build(keras_tuner.HyperParameters(), tensor))
    return np.asarray(model(data))


@pytest.mark.parametrize(
    "block",
    [
        TableFeaturesBlock(numbers="plain", name="f"),
        TableFeaturesBlock(numbers="piecewise", name="f"),
        TableFeaturesBlock(numbers="periodic", name="f"),
        TableFeaturesBlock(numbers="quantile", name="f"),
        TableFeaturesBlock(name="f"),
        ResidualMLPBlock(name="m"),
        EnsembleBlock(name="e"),
        TableBlock(name="table"),
        TableBlock(architecture="mlp", name="table"),
        TableBlock(architecture="trees", name="table"),
        TreesBlock(name="trees", trees=10),
        TreesBlock(name="boosted", kind="boosting", trees=5),
        LinearBlock(name="linear"),
    ],
    ids=lambda block: f"{type(block).__name__}-{block.name}",
)
def test_standard_check(check_block, block):
    layout = None if isinstance(block, ResidualMLPBlock | EnsembleBlock) else LAYOUT
    # Of submodels the head makes one vector.
    several = isinstance(block, EnsembleBlock) or getattr(block, "architecture", "") is None
    check_block(block, TableInput(layout), rows(), rank=None if several else 2, draws=3)


@pytest.mark.parametrize("layout", [None, TableLayout(numeric=5), TableLayout(0, (2,) * 5)])
def test_other_layouts_pass_the_check(check_block, layout):
    data = rows() if layout is None or layout.numeric else (rows() > 0).astype("float32")
    check_block(TableBlock(name="table"), TableInput(layout), data, draws=2)


def test_piecewise_fills_the_bins_below_a_value():
    values = np.float32([[-5.0, 0, 0.5], [0.5, 0, 2.5], [9.0, 0, 9.0]])
    (filled,) = piecewise(values, LAYOUT.edges, bins=8)
    expected = [
        [0, 0, 1, 1, 0, 0],  # below the first edge; on an inner edge
        [1, 0.5, 1, 1, 1, 0.5],
        [1, 1, 1, 1, 1, 1],
    ]
    np.testing.assert_allclose(np.asarray(filled) + 0.5, expected)


def test_piecewise_keeps_as_many_bins_as_it_is_told():
    edges = (tuple(float(edge) for edge in range(33)),)
    values = np.float32([[16.0], [32.0]])
    assert piecewise(values, edges, bins=8)[0].shape == (2, 8)
    np.testing.assert_allclose(np.asarray(piecewise(values, edges, bins=8)[0])[0].sum(), 0.0)
    assert piecewise(values, ((),), bins=8) == []


def test_periodic_has_eight_numbers_a_column():
    assert periodic(keras.Input((3,)), 16).shape == (None, 24)


def test_categories_are_one_hot_and_unseen_is_zero():
    data = np.float32([[7.0, 0], [7.0, 1], [7.0, 2]])
    output = features(TableLayout(1, (3,), ((),)), data)
    np.testing.assert_array_equal(output, [[7, 0, 0], [7, 1, 0], [7, 0, 1]])


def test_quantiles_are_those_of_a_normal_distribution():
    rows = np.random.default_rng(0).lognormal(size=(4000, 2)).astype("float32")
    edges = tuple(np.quantile(rows[:, 0], np.linspace(0, 1, 33)).tolist())
    x = keras.Input((2,))
    (quantiles,) = normal_quantiles(x, (edges, ()))
    found = np.asarray(keras.Model(x, quantiles)(rows))[:, 0]
    assert found.shape == (4000,)
    inner = np.abs(found) < 1.5
    np.testing.assert_allclose(found[inner], np.log(rows[inner, 0]), atol=0.15)
    assert np.corrcoef(found, np.log(rows[:, 0]))[0, 1] > 0.99
    assert found.max() < 2.2
    assert normal_quantiles(x, ((), ())) == []


def test_wide_categories_share_a_table_without_sharing_rows():
    layout = TableLayout(0, (40, 50))
    data = np.float32([[0, 0], [39, 0], [0, 1], [0, 49], [39, 49]])
    unseen, first, second, third, both = features(layout, data, embedding=4)
    assert unseen.shape == (8,)
    assert not unseen.any()
    assert first[:4].all()
    assert not first[4:].any()
    assert not np.isclose(second[4:], third[4:]).any()
    # row 39 of the first column and row 0 of the second are neighbours in the table
    np.testing.assert_array_equal(both, first + third)


def test_without_a_layout_all_columns_are_numbers():
    np.testing.assert_array_equal(features(None, rows()), rows())


def test_ensemble_is_the_mean_of_its_members_and_drops_some_in_training():
    keras.utils.set_random_seed(0)
    block = EnsembleBlock(members=4, depth=1, width=8, dropout=0.0, member_dropout=0.5)
    tensor = keras.Input((3,))
    model = keras.Model(tensor, block.build(keras_tuner.HyperParameters(), tensor))
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    scales, kernel, bias = (weight.numpy() for weight in model.weights)
    members = np.maximum(x[:, None] * scales @ kernel + bias, 0)
    np.testing.assert_allclose(model(x), members.mean(axis=1), rtol=1e-4, atol=1e-6)

    repeated = np.repeat(x[:1], 4000, axis=0)
    trained = np.asarray(model(repeated, training=True))
    assert len(np.unique(trained.round(4), axis=0)) == 2**4
    np.testing.assert_allclose(trained.mean(axis=0), members[0].mean(axis=0), rtol=0.1, atol=0.02)


def test_linear_architecture_is_the_features_alone():
    model = _model(TableBlock(architecture="linear", name="table"), keras_tuner.HyperParameters())
    assert not any(isinstance(layer, keras.layers.Dense) for layer in model.layers)


def test_names_of_hyperparameters_and_their_conditions():
    hp = keras_tuner.HyperParameters()
    _model(TableBlock(name="table"), hp)
    names = {parameter.name for parameter in hp.space}
    assert names == {
        "table/architecture",
        *(f"table/features/{name}" for name in ("numbers", "bins", "frequencies", "embedding")),
        *(f"table/mlp/{name}" for name in ("depth", "width", "dropout")),
        *(f"table/ensemble/{name}" for name in ("members", "depth", "width", "dropout")),
        *(
            f"table/trees/{name}"
            for name in ("kind", "trees", "leaf", "features", "rate", "leaves", "encoding", "pairs")
        ),
    }
    hp.values["table/architecture"] = "mlp"
    active = {parameter.name for parameter in hp.space if hp.is_active(parameter)}
    assert "table/mlp/depth" in active
    assert "table/ensemble/depth" not in active
    assert "table/features/frequencies" not in active
    hp.values["table/architecture"] = "trees"
    active = {parameter.name for parameter in hp.space if hp.is_active(parameter)}
    assert "table/trees/leaf" in active
    assert not any(name.startswith("table/features/") for name in active)


def test_presets_are_points_of_the_space():
    space = keras_tuner.HyperParameters()
    _model(TableBlock(name="table"), space)
    by_name = {parameter.name: parameter for parameter in space.space}
    outside = {"learning_rate", "weight_decay", "length"}
    built = []
    assert 3 <= len(TABLE_PRESETS) <= 12
    for preset in TABLE_PRESETS:
        trained = preset["table/architecture"] != "trees"
        assert (set(preset) & outside) == (outside if trained else set())
        for name in set(preset) - outside:
            parameter = by_name[name]
            if not hasattr(parameter, "min_value"):
                assert preset[name] in parameter.values, name
            else:
                assert parameter.min_value <= preset[name] <= parameter.max_value, name
        hp = space.copy()
        hp.values.update(preset)
        for name in set(preset) - outside:
            assert hp.is_active(by_name[name]), f"{name} has no effect in its preset"
        weights = _model(TableBlock(name="table"), hp).count_params()
        # Trees have no weights before a fit, and bins have none of their own.
        names = ("trees/kind", "trees/trees", "features/numbers")
        built.append((weights, *(preset.get(f"table/{name}") for name in names)))
    assert len(set(built)) == len(built)


@pytest.mark.parametrize("block", [TableFeaturesBlock, TableBlock])
def test_unknown_names_are_refused(block):
    argument = "numbers" if block is TableFeaturesBlock else "architecture"
    with pytest.raises(InputError, match="forest"):
        block(**{argument: "forest"})


def test_a_network_learns_what_needs_both_kinds_of_columns():
    """y = (number > 0) xor (category is 1): neither column alone says anything."""
    data = rows(600)
    target = ((data[:, 0] > 0) ^ (data[:, 3] == 1)).astype("float32")
    hp = keras_tuner.HyperParameters()
    hp.values.update({name: value for name, value in TABLE_PRESETS[0].items()})
    block = TableBlock(name="table")
    keras.utils.set_random_seed(0)
    network = _model(block, hp)
    output = keras.layers.Dense(1, activation="sigmoid")(network.output)
    model = keras.Model(network.input, output)
    model.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy", metrics=["accuracy"])
    model.fit(data[:400], target[:400], epochs=25, verbose=0)
    _, accuracy = model.evaluate(data[400:], target[400:], verbose=0)
    assert accuracy > 0.9


def _model(block: TableBlock, hp: keras_tuner.HyperParameters) -> keras.Model:
    ClassificationHead(num_classes=3)(block(TableInput(LAYOUT)))
    tensor = keras.Input((5,))
    return keras.Model(tensor, block.build(hp, tensor))

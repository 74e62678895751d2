"""The code of a chapter on neural architecture search, block by block, on small real data.

The chapter prints figures that it makes up; here every figure comes of training networks on
scikit-learn's handwritten digits and breast cancer table, and on docstrings of libraries. The
AutoKeras scripts are the chapter's but for the line that imports `ak` and the data.

    python examples/chapter.py               # all blocks
    python examples/chapter.py darts tables  # some of them
"""

import sys
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

import automl_kit as ak
from automl_kit.benchmark import NasBenchTable
from automl_kit.custom_blocks import TUTORIAL_OPS, build_cell_network, darts_supernet
from automl_kit.custom_blocks.paths import PathNetwork
from automl_kit.data import load_digits, load_docstrings
from automl_kit.spaces import (
    CHAPTER,
    NAS_BENCH_201_OPS,
    CellSpace,
    Edge,
    Genotype,
    TableCellSpace,
    arch_string,
)
from automl_kit.tuners import DartsSearch, DartsSettings

ROWS = 150  # of the digits; the chapter has 5,000 of MNIST
GENERATIONS, POPULATION = 3, 3  # the chapter has 10 of 20, and doesn't train


# --- 3.1 Search spaces -----------------------------------------------------------------------


def show(genotype):
    for i, node in enumerate(genotype.normal, start=2):
        print(f"ノード {i}:")
        for j, edge in enumerate(node):
            print(f"  入力{j}: ノード{edge.source} → {edge.op}")


def search_space():
    print("=== NAS探索空間の分析 ===")
    print(f"操作の種類: {len(CHAPTER.ops)}")
    print(f"Cell内のノード数: {CHAPTER.nodes}")
    # The chapter prints 17,179,869,184; its own code gives this number.
    print(f"探索空間のサイズ: {CHAPTER.size():,}")
    print(f"科学的記法: {CHAPTER.size():.2e}")
    print("\n=== サンプルアーキテクチャ ===")
    show(CHAPTER.sample(np.random.default_rng()))


# --- 3.2 Search strategies, with networks that are trained -----------------------------------


def images():
    """Digits from 0 to 1: two thirds of the rows to train on, the others to judge by."""
    digits = load_digits()
    x = digits.x_train[:ROWS, ..., np.newaxis].astype("float32") / 16
    y = digits.y_train[:ROWS]
    return (x[: ROWS * 2 // 3], y[: ROWS * 2 // 3]), (x[ROWS * 2 // 3 :], y[ROWS * 2 // 3 :])


def network(genotype, cells=1, channels=8, few_steps=True):
    entry = keras.Input((8, 8, 1))
    vector = build_cell_network(entry, genotype, cells=cells, channels=channels)
    model = keras.Model(entry, keras.layers.Dense(10, activation="softmax")(vector))
    # A few steps take less time than the graph that they would be compiled into.
    model.compile(
        keras.optimizers.Adam(2e-2),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        run_eagerly=few_steps,
    )
    return model


def search(kind, **settings):
    """Searches the chapter's space by networks of one cell, trained for an epoch."""
    (x, y), held_out = images()
    tuner = kind(
        lambda hp: network(CHAPTER.declare(hp)), objective="val_accuracy", seed=0,
        directory=tempfile.mkdtemp(), **settings,
    )  # fmt: skip
    tuner.search(
        x, y, validation_data=held_out, epochs=1, batch_size=20, validation_batch_size=50, verbose=0
    )
    return tuner


def reinforcement_learning():
    print("=== 強化学習NAS ===")
    tuner = search(ak.Reinforce, max_trials=6, epsilon=0.3, first_trials=3)
    for iteration, trial_id in enumerate(tuner.oracle.end_order):
        print(f"Iteration {iteration + 1}: 報酬 = {tuner.oracle.trials[trial_id].score:.3f}")
    best = tuner.best_trial()
    print(f"\n=== 最良のアーキテクチャ(報酬: {best.score:.3f})===")
    show(CHAPTER.genotype(best.hyperparameters.values))


def evolution():
    print("=== 進化アルゴリズムによるNAS ===")
    tuner = search(
        ak.Evolution, max_trials=GENERATIONS * POPULATION, population_size=POPULATION,
        tournament_size=2, elites=1, crossover="one_point",
    )  # fmt: skip
    for generation in tuner.oracle.generations:
        number, best, mean = generation.number, generation.best, generation.mean
        print(f"世代 {number + 1}: 最良={best:.3f}, 平均={mean:.3f}")
    print("\n=== 最良のアーキテクチャ ===")
    show(CHAPTER.genotype(tuner.best_trial().hyperparameters.values))


# --- 3.3 AutoKeras: the chapter's scripts ----------------------------------------------------


class mnist:  # noqa: N801
    @staticmethod
    def load_data():
        digits = load_digits()  # bytes from 0 to 16
        bright = [(part * 15).astype("uint8") for part in (digits.x_train, digits.x_test)]
        return (bright[0][:ROWS], digits.y_train[:ROWS]), (bright[1][:100], digits.y_test[:100])


fashion_mnist = mnist


class imdb:  # noqa: N801
    @staticmethod
    def load_data(num_words):
        """Docstrings of two libraries as numbers of their words, from 1."""
        data, numbers = load_docstrings(), {}
        pairs = []
        for texts, labels in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
            two = np.isin(labels, ["numpy", "pandas"])
            rows = [
                [min(numbers.setdefault(word, len(numbers) + 1), num_words - 1) for word in words]
                for words in map(str.split, texts[two][:200])
            ]
            pairs.append((rows, (labels[two][:200] == "pandas").astype(int)))
        return pairs


def image_classification():
    # データの準備
    (x_train, y_train), (x_test, y_test) = mnist.load_data()

    # 正規化
    x_train = x_train.astype('float32') / 255.0
    x_test = x_test.astype('float32') / 255.0

    # 訓練データを削減(デモ用)
    x_train = x_train[:5000]
    y_train = y_train[:5000]
    x_test = x_test[:1000]
    y_test = y_test[:1000]

    print("=== AutoKerasによる画像分類 ===")
    print(f"訓練データ: {x_train.shape}")
    print(f"テストデータ: {x_test.shape}")

    # AutoKerasのImageClassifier
    clf = ak.ImageClassifier(
        max_trials=5,  # 試行するモデル数
        overwrite=True,
        directory='autokeras_results',
        project_name='mnist_classification'
    )

    # モデルの探索と学習
    print("\n探索を開始...")
    clf.fit(
        x_train, y_train,
        validation_split=0.2,
        epochs=3,
        verbose=1
    )

    # 評価
    print("\n=== モデルの評価 ===")
    test_loss, test_acc = clf.evaluate(x_test, y_test, verbose=0)
    print(f"テスト精度: {test_acc:.4f}")
    print(f"テスト損失: {test_loss:.4f}")

    # 最良モデルの取得
    best_model = clf.export_model()
    print("\n=== 最良モデルの構造 ===")
    best_model.summary()


def structured_data():
    from sklearn.datasets import load_breast_cancer
    from sklearn.model_selection import train_test_split

    # データの準備
    data = load_breast_cancer()
    X = pd.DataFrame(data.data, columns=data.feature_names)
    y = data.target

    # 訓練・テスト分割
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.2, random_state=42
    )

    print("=== 構造化データ分類 ===")
    print(f"特徴量: {X.shape[1]}個")
    print(f"訓練サンプル: {len(X_train)}")

    # AutoKerasのStructuredDataClassifier
    clf = ak.StructuredDataClassifier(
        max_trials=3,
        overwrite=True,
        directory='autokeras_structured',
        project_name='breast_cancer'
    )

    # 探索と学習
    clf.fit(
        X_train, y_train,
        validation_split=0.2,
        epochs=10,
        verbose=0
    )

    # 評価
    test_loss, test_acc = clf.evaluate(X_test, y_test, verbose=0)
    print(f"\n=== 評価結果 ===")
    print(f"テスト精度: {test_acc:.4f}")

    # 予測
    predictions = clf.predict(X_test[:5])
    print(f"\n=== サンプル予測 ===")
    for i, pred in enumerate(predictions[:5]):
        true_label = y_test.iloc[i] if isinstance(y_test, pd.Series) else y_test[i]
        print(f"サンプル {i+1}: 予測={pred[0][0]:.3f}, 真値={true_label}")


def text_classification():
    max_features = 10000
    maxlen = 200

    print("=== テキスト分類(IMDB)===")
    (x_train, y_train), (x_test, y_test) = imdb.load_data(num_words=max_features)

    # データを削減(デモ用)
    x_train = x_train[:1000]
    y_train = y_train[:1000]
    x_test = x_test[:200]
    y_test = y_test[:200]

    # パディング
    from keras.preprocessing.sequence import pad_sequences

    x_train = pad_sequences(x_train, maxlen=maxlen)
    x_test = pad_sequences(x_test, maxlen=maxlen)

    print(f"訓練データ: {x_train.shape}")
    print(f"テストデータ: {x_test.shape}")

    # AutoKerasのTextClassifier
    clf = ak.TextClassifier(
        max_trials=3,
        overwrite=True,
        directory='autokeras_text',
        project_name='imdb_sentiment'
    )

    # 探索と学習
    clf.fit(
        x_train, y_train,
        validation_split=0.2,
        epochs=3,
        verbose=0
    )

    # 評価
    test_loss, test_acc = clf.evaluate(x_test, y_test, verbose=0)
    print(f"\n=== 評価結果 ===")
    print(f"テスト精度: {test_acc:.4f}")


def own_search_space():
    # データ準備
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    x_train = x_train[:5000].astype('float32') / 255.0
    y_train = y_train[:5000]
    x_test = x_test[:1000].astype('float32') / 255.0
    y_test = y_test[:1000]

    print("=== カスタム探索空間 ===")

    # 入力ノード
    input_node = ak.ImageInput()

    # 正規化ブロック
    output = ak.Normalization()(input_node)

    # ConvBlockの探索空間をカスタマイズ
    output = ak.ConvBlock(
        num_blocks=2,  # 畳み込みブロックの数
        num_layers=2,  # ブロック内の層数
        max_pooling=True,
        dropout=0.25
    )(output)

    # 分類ヘッド
    output = ak.ClassificationHead(
        num_classes=10,
        dropout=0.5
    )(output)

    # モデル構築
    clf = ak.AutoModel(
        inputs=input_node,
        outputs=output,
        max_trials=3,
        overwrite=True,
        directory='autokeras_custom',
        project_name='mnist_custom'
    )

    # 学習
    clf.fit(
        x_train, y_train,
        validation_split=0.2,
        epochs=3,
        verbose=0
    )

    # 評価
    test_loss, test_acc = clf.evaluate(x_test, y_test, verbose=0)
    print(f"\nテスト精度: {test_acc:.4f}")

    # 最良モデルの取得
    best_model = clf.export_model()
    print("\n=== 発見されたアーキテクチャ ===")
    best_model.summary()


# --- 3.4 DARTS -------------------------------------------------------------------------------


def darts():
    print("=== DARTS ===")
    supernet = darts_supernet((8, 8, 1), 10, filters=4, cells=3, nodes=2, ops=TUTORIAL_OPS)
    alphas = [w for layer in supernet.layers for w in getattr(layer, "parameters", [])]
    weights = supernet.count_params() - sum(int(np.prod(a.shape)) for a in alphas)
    print(f"アーキテクチャパラメータ数: {supernet.count_params() - weights}")
    print(f"ネットワーク重みパラメータ数: {weights}")
    print(f"\nNormal cell α: {alphas[0].shape}")
    print(f"Reduction cell α: {alphas[1].shape}")

    (x, y), (x_test, y_test) = images()
    settings = DartsSettings(epochs=2, batch_size=25)  # 50 epochs of 64 in the paper
    genotype = DartsSearch(supernet, settings, seed=0).search(x, y)
    print("\n正規化後の重み(Normal cell, 最初のエッジ):")
    print(keras.ops.convert_to_numpy(keras.ops.softmax(alphas[0][0])))
    print("\n発見されたアーキテクチャ:")
    show(genotype)

    model = network(genotype, cells=3, few_steps=False)  # 選択された操作で再構築し、最終学習
    model.fit(x, y, epochs=20, batch_size=25, verbose=0)
    print(f"テスト精度: {model.evaluate(x_test, y_test, verbose=0)[1]:.4f}")


# --- 3.5 Efficiency --------------------------------------------------------------------------
# The chapter's "EfficientNAS" comes with a later release.


def chain(*edges):
    """A cell whose every node reads one state, written as the chapter writes it."""
    return Genotype(tuple((Edge(op, source),) for op, source in edges), inputs=1, output="last")


def supernet_of(ops, nodes):
    """All chains of so many nodes; an edge has its own operations, which all chains share."""
    space = CellSpace(nodes, ops, edges=1, inputs=1, reduction=False, output="last")
    return PathNetwork((8, 8, 1), 10, space, cells=1, channels=16)


def weights_of(variables):
    return sum(int(np.prod(variable.shape)) for variable in variables)


def weight_sharing():
    print("=== Weight Sharing(ENAS風)===")
    ops = ("conv_3x3", "conv_5x5", "max_pool_3x3", "avg_pool_3x3", "identity")
    supernet = supernet_of(ops, 4)
    print(f"スーパーネットのパラメータ数: {weights_of(supernet.trainable_variables):,}")
    (x, _), _ = images()
    for number, arch in enumerate(
        (
            chain(("conv_3x3", 0), ("max_pool_3x3", 1), ("identity", 2), ("avg_pool_3x3", 3)),
            chain(("conv_5x5", 0), ("identity", 1), ("max_pool_3x3", 2), ("conv_3x3", 3)),
        ),
        start=1,
    ):
        path = supernet.paths.path(arch)
        print(f"アーキテクチャ{number}の出力形状: {tuple(supernet(x[:1], path).shape)}")
        print(f"  使うパラメータ数: {supernet.count_of(path):,}")


def tables():
    """Trains every cell of a small space once; a search can ask the table from then on."""
    print("=== NAS-Benchによる高速評価 ===")
    space = TableCellSpace(
        1, NAS_BENCH_201_OPS, edges=None, inputs=1, reduction=False, output="last"
    )
    (x, y), (x_held, y_held) = images()
    rows = []
    for op in space.ops:
        genotype = space.genotype({"normal/node0/edge0/op": op})
        model, started = network(genotype), time.monotonic()
        model.fit(x, y, epochs=2, batch_size=25, verbose=0)
        seconds = time.monotonic() - started
        accuracy = model.evaluate(x_held, y_held, verbose=0)[1]
        figures = (arch_string(genotype), accuracy, seconds, model.count_params())
        rows.append(dict(zip(("cell", "val_accuracy", "seconds", "params"), figures, strict=True)))
    path = Path(tempfile.mkdtemp()) / "digits.csv"
    pd.DataFrame(rows).to_csv(path, index=False)

    bench = NasBenchTable(path)
    start_time = time.time()
    results = [(arch, bench.query(arch)) for arch in pd.read_csv(path).cell]
    print(f"探索時間: {time.time() - start_time:.4f}秒")
    for arch, result in results:
        print(f"アーキテクチャ: {arch}")
        print(f"  検証精度: {result['val_accuracy']:.3f}")
        print(f"  学習時間: {result['seconds']:.1f}秒")
        print(f"  パラメータ数: {int(result['params']):,}")
    print("→ 実際の学習なしで性能を即座に取得可能")


# --- The third exercise ----------------------------------------------------------------------


def third_exercise():
    # データの準備
    (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()

    # データの正規化
    x_train = x_train.astype('float32') / 255.0
    x_test = x_test.astype('float32') / 255.0

    # データサイズ削減(デモ用)
    x_train = x_train[:5000]
    y_train = y_train[:5000]
    x_test = x_test[:1000]
    y_test = y_test[:1000]

    print("=== Fashion-MNIST分類 ===")
    print(f"訓練データ: {x_train.shape}")
    print(f"テストデータ: {x_test.shape}")

    # AutoKerasのImageClassifier
    clf = ak.ImageClassifier(
        max_trials=5,  # 探索する候補数
        epochs=10,     # 各候補の学習エポック数
        overwrite=True,
        directory='autokeras_fashion',
        project_name='fashion_mnist'
    )

    # モデルの学習
    print("\n探索を開始...")
    clf.fit(
        x_train, y_train,
        validation_split=0.2,
        verbose=1
    )

    # 評価
    print("\n=== 評価 ===")
    test_loss, test_acc = clf.evaluate(x_test, y_test, verbose=0)
    print(f"テスト精度: {test_acc:.4f}")
    print(f"テスト損失: {test_loss:.4f}")

    # 最良モデルの取得
    best_model = clf.export_model()
    print("\n=== 発見されたモデル ===")
    best_model.summary()

    # 予測例
    import numpy as np
    predictions = clf.predict(x_test[:5])
    print("\n=== 予測例 ===")
    for i in range(5):
        print(f"サンプル {i+1}: 予測={np.argmax(predictions[i])}, 真値={y_test[i]}")


# --- The fourth exercise ---------------------------------------------------------------------


def fourth_exercise():
    """Two architectures through one supernet: one kernel, and gradients of both in it."""
    ops = ("conv_3x3", "conv_5x5", "sep_conv_3x3", "max_pool_3x3", "avg_pool_3x3", "identity")
    supernet = supernet_of(ops, 3)
    print("=== Weight Sharingの検証 ===")
    total = weights_of(supernet.trainable_variables)
    print(f"スーパーネットのパラメータ数: {total:,}")
    print("\n各操作のパラメータ数:")
    for op in ops:  # On one edge; each of the six edges has its own.
        layer = supernet.cells[0].edges[0].operations.get(op)
        print(f"  {op}: {weights_of(layer.trainable_variables) if layer else 0:,}")

    archs = (
        chain(("conv_3x3", 0), ("max_pool_3x3", 0), ("identity", 1)),
        chain(("conv_3x3", 0), ("avg_pool_3x3", 0), ("conv_5x5", 1)),
    )
    paths = [supernet.paths.path(arch) for arch in archs]
    kernel = supernet.cells[0].edges[0].operations["conv_3x3"].convolution.kernel
    (x, y), _ = images()

    def loss(path):
        entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return entropy(y, supernet(x, path))

    print("\n=== 重み共有の確認 ===")
    with tf.GradientTape(persistent=True) as tape:
        losses = [loss(path) for path in paths]
        both = losses[0] + losses[1]
    first, second, summed = (tape.gradient(t, kernel.value).numpy() for t in (*losses, both))
    for number, gradient in enumerate((first, second), start=1):
        print(f"アーキテクチャ{number}からのconv_3x3の勾配ノルム: {np.linalg.norm(gradient):.6f}")
    print(f"損失の和の勾配ノルム: {np.linalg.norm(summed):.6f}")
    print(f"勾配の和との最大差: {np.abs(summed - (first + second)).max():.2e}")
    before = [float(loss(path)) for path in paths]
    kernel.assign(kernel - 0.1 * first)  # A step by the first architecture's gradient alone.
    after = [float(loss(path)) for path in paths]
    for number, (old, new) in enumerate(zip(before, after, strict=True), start=1):
        print(f"アーキテクチャ1の更新後、アーキテクチャ{number}の損失: {old:.6f} → {new:.6f}")

    print("\n=== 重み共有の利点 ===")
    space = supernet.paths.space
    members = space.size()
    drawn = [supernet.count_of(supernet.paths.sample(np.random.default_rng(k))) for k in range(200)]
    parts = np.mean(drawn) * members
    print(f"個別に学習するアーキテクチャの数: {members:,}")
    print(f"個別のパラメータ数の合計(200個の平均から): {parts:,.0f}")
    print(f"スーパーネットはその1/{parts / total:,.0f}")


BLOCKS = {
    block.__name__: block
    for block in (
        search_space, reinforcement_learning, evolution, image_classification, structured_data,
        text_classification, own_search_space, darts, weight_sharing, tables, third_exercise,
        fourth_exercise,
    )
}  # fmt: skip

if __name__ == "__main__":
    for name in sys.argv[1:] or BLOCKS:
        BLOCKS[name]()

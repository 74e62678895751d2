"""Every block of examples/chapter.py runs, and prints figures that trainings gave."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import keras
import pytest

SCRIPT = Path(__file__).parents[1] / "examples" / "chapter.py"
_spec = importlib.util.spec_from_file_location("chapter", SCRIPT)
assert _spec is not None
chapter: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(chapter)


def printed(block: str, capsys: pytest.CaptureFixture[str]) -> str:
    chapter.BLOCKS[block]()
    return capsys.readouterr().out


def numbers(pattern: str, text: str) -> list[float]:
    return [float(found) for found in re.findall(pattern, text)]


@pytest.fixture(autouse=True)
def _folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # The scripts write where they are.
    # And they name no seed: one is drawn, and on so few rows some learn nothing.
    monkeypatch.setattr("automl_kit.search.project.secrets.randbelow", lambda most: 8)


def test_search_space(capsys):
    told = printed("search_space", capsys)
    assert "探索空間のサイズ: 241,591,910,400" in told
    assert len(re.findall(r"入力\d: ノード\d → \w+", told)) == 4 * 2


def test_reinforcement_learning(capsys):
    told = printed("reinforcement_learning", capsys)
    rewards = numbers(r"報酬 = ([\d.]+)", told)
    assert len(rewards) == 6
    assert numbers(r"報酬: ([\d.]+)", told) == [max(rewards)]
    assert len(set(rewards)) > 1


def test_evolution(capsys, monkeypatch):
    monkeypatch.setattr(chapter, "GENERATIONS", 2)
    told = printed("evolution", capsys)
    best, mean = numbers(r"最良=([\d.]+)", told), numbers(r"平均=([\d.]+)", told)
    assert len(best) == len(mean) == chapter.GENERATIONS
    assert all(high >= middle for high, middle in zip(best, mean, strict=True))
    assert max(best) > min(mean)


def test_tables(capsys):
    keras.utils.set_random_seed(0)  # Two epochs teach little; whatever ran before decided.
    told = printed("tables", capsys)
    accuracy = dict(
        zip(
            re.findall(r"アーキテクチャ: \|(\w+)~0\|", told),
            numbers(r"検証精度: ([\d.]+)", told),
            strict=True,
        )
    )
    assert set(accuracy) == set(chapter.NAS_BENCH_201_OPS)
    assert accuracy["none"] < max(accuracy.values())


@pytest.mark.compiled
def test_darts(capsys):
    told = printed("darts", capsys)
    assert "アーキテクチャパラメータ数: 50\n" in told  # 2 cells of 5 edges of 5 operations
    assert "Normal cell α: (5, 5)" in told
    (accuracy,) = numbers(r"テスト精度: ([\d.]+)", told)
    assert accuracy > 0.3


def test_weight_sharing(capsys):
    told = printed("weight_sharing", capsys)
    (whole,) = numbers(r"スーパーネットのパラメータ数: ([\d,]+)", told.replace(",", ""))
    parts = numbers(r"使うパラメータ数: ([\d,]+)", told.replace(",", ""))
    assert len(parts) == 2
    assert max(parts) < whole
    assert told.count("出力形状: (1, 10)") == 2


def test_fourth_exercise(capsys):
    keras.utils.set_random_seed(0)
    told = printed("fourth_exercise", capsys)
    norms = numbers(r"からのconv_3x3の勾配ノルム: ([\d.]+)", told)
    (summed,) = numbers(r"損失の和の勾配ノルム: ([\d.]+)", told)
    (difference,) = numbers(r"最大差: ([\d.e+-]+)", told)
    assert min(norms) > 0
    assert summed <= sum(norms) + 1e-5
    assert difference < 1e-6
    # One step of the first architecture changes what the second one computes.
    moved = re.findall(r"アーキテクチャ(\d)の損失: ([\d.]+) → ([\d.]+)", told)
    assert [number for number, *_ in moved] == ["1", "2"]
    assert float(moved[0][2]) < float(moved[0][1])
    assert moved[1][2] != moved[1][1]
    # 16 channels: 9·16² + 32, 25·16² + 32, and twice 9·16 + 16² + 32.
    for op, count in {"conv_3x3": 2336, "conv_5x5": 6432, "sep_conv_3x3": 864}.items():
        assert f"  {op}: {count:,}\n" in told


def _some_words(num_words, load_data=chapter.imdb.load_data):
    """Fewer texts, and the beginning of each: n-grams take as long as their texts are."""
    return [
        ([row[:50] for row in x[:rows]], y[:rows])
        for (x, y), rows in zip(load_data(num_words), (160, 100), strict=True)
    ]


@pytest.mark.parametrize(
    ("block", "least"),
    [
        ("image_classification", 0.3),
        pytest.param("structured_data", 0.85, marks=pytest.mark.compiled),
        ("text_classification", 0.5),
        ("own_search_space", 0.2),
        pytest.param("third_exercise", 0.5, marks=pytest.mark.compiled),
    ],
)
def test_autokeras_scripts(block, least, capsys, monkeypatch):
    monkeypatch.setattr(chapter.imdb, "load_data", staticmethod(_some_words))
    told = printed(block, capsys)
    (accuracy,) = numbers(r"テスト精度: ([\d.]+)", told)
    assert accuracy > least
    if block == "structured_data":
        assert len(re.findall(r"予測=[01]\.000, 真値=[01]", told)) == 5
    if block == "third_exercise":
        assert len(re.findall(r"予測=\d, 真値=\d", told)) == 5
    if block in ("image_classification", "own_search_space", "third_exercise"):
        assert "Conv2D" in told  # The summary shows the network.

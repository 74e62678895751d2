import sys

import numpy as np
import pytest

from automl_kit.data.docstrings import docstrings_of
from automl_kit.errors import InputError

LONG = "It says what the function {n} of this module does with numpy arrays and np.where. " * 12


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A package of 12 modules with 3 docstrings each, that must not be imported."""
    root = tmp_path / "made_up"
    (root / "tests").mkdir(parents=True)
    (root / "__init__.py").write_text('raise RuntimeError("imported")\n')
    (root / "broken.py").write_text("def f(:\n")
    for n in range(12):
        functions = "".join(
            f'def f{m}():\n    """{LONG.format(n=f"{n}_{m}")}"""\n\n' for m in range(3)
        )
        (root / f"m{n}.py").write_text(functions + 'def g():\n    """Short."""\n')
    (root / "tests" / "test_it.py").write_text(f'"""In a test. {LONG}"""\n')
    monkeypatch.syspath_prepend(tmp_path)
    return "made_up"


def module_of(text):
    return text.split("function ")[1].split("_")[0]


def test_docstrings_are_cut_masked_and_apart(library):
    train, test = docstrings_of(library, (15, 6), np.random.default_rng(0))
    assert (len(train), len(test)) == (15, 6)
    assert len(set(train + test)) == 21
    assert not {module_of(text) for text in train} & {module_of(text) for text in test}
    for text in train + test:
        assert len(text) == 600
        assert text.startswith("It says what the function")
        assert "with library arrays and library.where" in text
        assert "np" not in text
    assert library not in sys.modules


def test_the_generator_decides(library):
    first, again, other = (
        docstrings_of(library, (15, 6), np.random.default_rng(seed)) for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_too_few_and_not_installed_are_told(library):
    with pytest.raises(InputError, match=r"too few docstrings in .*made_up: 34 instead of 50"):
        docstrings_of(library, (40, 10), np.random.default_rng(0))
    with pytest.raises(InputError, match="no_such_library is not installed"):
        docstrings_of("no_such_library", (1, 1), np.random.default_rng(0))

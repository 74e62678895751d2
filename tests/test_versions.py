import importlib.metadata
import subprocess
import sys

import pytest

from automl_kit.search.project import open_project
from automl_kit.versions import version_of


@pytest.mark.parametrize("build", ["tensorflow-cpu", "tensorflow-macos", "tf-nightly", None])
def test_other_builds_of_tensorflow_will_do(build, tmp_path, monkeypatch):
    """Their own name is the only one that is installed; of a wheel nobody knows, the module's."""
    original = importlib.metadata.version

    def version(name):
        if name == build:
            return "2.99"
        if name.startswith(("tensorflow", "tf-")):
            raise importlib.metadata.PackageNotFoundError(name)
        return original(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    expected = "2.99" if build else sys.modules["tensorflow"].__version__
    assert version_of("tensorflow") == expected
    open_project(tmp_path, {"seed": 1}, overwrite=False)
    assert f'"tensorflow": "{expected}"' in (tmp_path / "project.json").read_text()


def test_what_is_not_installed_is_unknown():
    assert version_of("no-such-package") == "unknown"


def test_it_loads_nothing():
    code = "import sys; from automl_kit.versions import version_of; version_of('tensorflow');"
    code += "sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

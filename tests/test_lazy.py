"""Names that are imported when they are first used."""

import sys
from types import ModuleType

import pytest

import automl_kit
from automl_kit import backend, report
from automl_kit.backend import BackendError
from automl_kit.lazy import lazy_names


@pytest.fixture
def package(monkeypatch):
    """A package of two lazy names, of which one is light."""
    module = ModuleType("lazy_package")
    monkeypatch.setitem(sys.modules, "lazy_package", module)
    module.__getattr__, module.__dir__ = lazy_names(
        "lazy_package",
        {"automl_kit.report.wording": ["figure"], "automl_kit.errors": ["InputError"]},
        light=["automl_kit.errors"],
    )
    return module


def test_a_name_is_bound_when_it_is_first_used(package):
    assert "figure" not in vars(package)
    assert package.figure(0.5) == "0.500"
    assert "figure" in vars(package)


def test_a_name_that_is_not_there_is_an_attribute_error(package):
    assert not hasattr(package, "nothing")
    with pytest.raises(AttributeError, match="'lazy_package' has no attribute 'nothing'"):
        _ = package.nothing


def test_all_names_are_listed_before_they_are_used(package):
    assert {"figure", "InputError"} < set(dir(package))
    assert set(automl_kit.__all__) <= set(dir(automl_kit))
    assert set(report.__all__) <= set(dir(report))


def test_light_names_need_no_tensorflow_and_the_others_say_that_they_do(package, monkeypatch):
    monkeypatch.setattr(backend, "_chosen", lambda: ("jax", "a test"))
    assert package.InputError is automl_kit.InputError
    with pytest.raises(BackendError, match="'jax' by a test"):
        _ = package.figure

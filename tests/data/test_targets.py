import pytest

from automl_kit.data.targets import find_target, usual_target
from automl_kit.errors import InputError


@pytest.mark.parametrize(
    ("columns", "target", "found"),
    [
        (["a", "b"], "a", "a"),
        (["class", "a", "target", "label"], None, "label"),
        (["class", "a", "target"], None, "target"),
        (["class", "a"], None, "class"),
        (["Class", "a"], None, "a"),
        (["label", "a"], "a", "a"),
    ],
)
def test_the_target_is_the_one_named_then_a_usual_name_then_the_last(columns, target, found):
    assert find_target(iter(columns), target) == found


def test_no_usual_name_is_none():
    assert usual_target(["a", "labels"]) is None


def test_a_column_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(InputError, match=r"no target column 'c'; the columns are \['a', 'b'\]"):
        find_target(["a", "b"], "c")

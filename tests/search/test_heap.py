import gc
import weakref

import pytest

from automl_kit.search.heap import only_new_objects


class Ring:
    def __init__(self):
        self.me = self


@pytest.fixture(autouse=True)
def _by_hand():
    gc.unfreeze()
    gc.collect()
    gc.disable()  # It would run whenever it likes.
    yield
    gc.enable()
    gc.freeze()


def test_garbage_made_inside_is_collected_and_what_was_there_is_left_alone():
    before = weakref.ref(Ring())
    with only_new_objects():
        inside = weakref.ref(Ring())
        gc.collect()
        assert inside() is None
        assert before() is not None
        with only_new_objects():  # A search within a search.
            pass
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert before() is None


def test_what_somebody_else_froze_stays_frozen():
    gc.freeze()
    try:
        with only_new_objects():
            pass
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


def test_after_an_error_everything_is_collected_again():
    with pytest.raises(KeyError), only_new_objects():
        raise KeyError
    assert gc.get_freeze_count() == 0

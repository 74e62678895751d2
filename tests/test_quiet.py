"""Silence: nothing gets out, and everything comes back, in one thread and in several."""

import io
import os
import sys
import threading

import pytest

from automl_kit.quiet import silenced


def _chatter():
    print("python")
    print("python", file=sys.stderr)
    os.write(2, b"C++\n")


def test_nothing_gets_out_and_all_comes_back(capfd):
    with silenced():
        _chatter()
    assert capfd.readouterr() == ("", "")
    _chatter()
    out, errors = capfd.readouterr()
    assert out == "python\n"
    assert "C++\n" in errors


def test_an_exception_passes_and_the_streams_are_back():
    before = sys.stdout, sys.stderr
    with pytest.raises(KeyboardInterrupt), silenced():
        raise KeyboardInterrupt
    assert (sys.stdout, sys.stderr) == before


def test_threads_that_leave_in_another_order_give_the_streams_back(capfd):
    before = sys.stdout, sys.stderr, os.fstat(2)
    entered, left = [threading.Event(), threading.Event()], threading.Event()

    def first():
        with silenced():
            entered[0].set()
            entered[1].wait(10)
        left.set()

    def second():
        entered[0].wait(10)
        with silenced():
            entered[1].set()
            left.wait(10)  # It goes on after the first one has left.
            _chatter()

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sys.stdout, sys.stderr) == before[:2]
    assert os.fstat(2).st_ino == before[2].st_ino
    assert capfd.readouterr() == ("", "")


def test_what_other_threads_print_is_seen(capfd):
    inside, printed = threading.Event(), threading.Event()

    def other():
        inside.wait(10)
        print("out")
        print("error", file=sys.stderr)
        printed.set()

    thread = threading.Thread(target=other)
    thread.start()
    with silenced():
        inside.set()
        printed.wait(10)
        _chatter()
    thread.join()
    assert capfd.readouterr() == ("out\n", "error\n")


def test_one_inside_another():
    before = sys.stdout
    with silenced():
        with silenced():
            pass
        assert sys.stdout is not before
    assert sys.stdout is before


@pytest.mark.parametrize("stream", [None, io.StringIO(), object()], ids=["none", "text", "object"])
def test_streams_without_a_descriptor_come_back(stream, monkeypatch):
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    with silenced():
        print("told to nobody")
    assert sys.stdout is stream
    assert sys.stderr is stream


def test_without_descriptor_two(monkeypatch):
    def no_descriptor(number):
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(os, "dup", no_descriptor)
    with silenced():
        print("told to nobody")


def test_a_stream_that_somebody_put_there_meanwhile_stays(monkeypatch):
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    theirs = io.StringIO()
    with silenced():
        sys.stdout = theirs
    assert sys.stdout is theirs


def test_who_keeps_the_silent_stream_can_write_to_it_later():
    with silenced():
        kept = sys.stderr
    kept.write("from a logger that TensorFlow made\n")
    kept.flush()

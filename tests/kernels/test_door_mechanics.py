"""The door out of the interpreter: cancel, progress, Ctrl-C, other threads."""

import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import napari_objclass as oc


@pytest.fixture(scope="module")
def noise():
    """An image that takes about a second: every second pixel is an object."""
    return np.random.default_rng(0).random((40, 1000, 1000)) < 0.5


def test_cancelled_before_the_start(noise):
    token = oc.CancelToken()
    token.cancel()
    assert token.cancelled
    with pytest.raises(oc.Cancelled):
        oc.connected_components(noise, cancel=token)


def test_cancel_from_another_thread(noise):
    token = oc.CancelToken()
    timer = threading.Timer(0.05, token.cancel)
    timer.start()
    with pytest.raises(oc.Cancelled):
        oc.connected_components(noise, cancel=token, threads=1)
    timer.join()


def test_progress_is_reported(noise):
    seen = []
    oc.connected_components(noise, progress=lambda *step: seen.append(step), threads=1)
    assert seen
    assert all(0 <= done <= total and what for done, total, what in seen)


def test_progress_knows_all_frames_from_the_start(noise):
    totals = []
    oc.connected_components(noise[:, None], progress=lambda done, total, what: totals.append(total), threads=1)
    assert len(set(totals) - {0}) == 1


def test_a_raising_callback_stops_the_work(noise):
    def stop(*_):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        oc.connected_components(noise, progress=stop, threads=1)


def test_ctrl_c_within_a_second(noise):
    timer = threading.Timer(0.1, signal.raise_signal, [signal.SIGINT])
    timer.start()
    pressed = time.monotonic() + 0.1
    with pytest.raises(KeyboardInterrupt):
        _for_ever(oc.connected_components, noise)
    assert time.monotonic() - pressed < 1
    timer.join()


def _for_ever(compute, image):
    while True:
        compute(image, threads=1)


def test_other_threads_run_meanwhile(noise):
    ticks = []
    stop = threading.Event()

    def tick():
        while not stop.wait(0.005):
            ticks.append(time.monotonic())

    clock = threading.Thread(target=tick)
    clock.start()
    start = time.monotonic()
    oc.connected_components(noise, threads=1)
    end = time.monotonic()
    stop.set()
    clock.join()
    assert sum(start < t < end for t in ticks) >= 5


def test_a_short_call_does_not_wait_for_a_long_one():
    rng = np.random.default_rng(0)
    token = oc.CancelToken()
    X, y = rng.random((50_000, 30)), rng.integers(0, 3, 50_000)

    def train():
        with pytest.raises(oc.Cancelled):
            oc.RandomForest(n_trees=10_000, threads=2).fit(X, y, cancel=token)

    image = rng.random((2000, 2000)) < 0.5
    long = threading.Thread(target=train)
    long.start()
    time.sleep(0.2)
    watchdog = threading.Timer(20, token.cancel)
    watchdog.start()
    for _ in range(5):
        oc.connected_components(image, threads=2)
    assert not token.cancelled
    watchdog.cancel()
    token.cancel()
    long.join()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork, so that no process can inherit locked pools")
def test_a_forked_child_computes():
    code = """
import os, signal, warnings
import numpy as np
import napari_objclass as oc
image = np.ones((300, 300), np.uint8)
oc.connected_components(image, threads=2)
warnings.simplefilter("ignore")  # newer Pythons warn about fork with threads
child = os.fork()
signal.alarm(20)
oc.connected_components(image, threads=2)
if child:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("threads", [0, -1])
def test_a_number_of_threads_that_makes_no_sense(threads):
    with pytest.raises(oc.ParameterError, match="at least 1"):
        oc.connected_components(np.ones((2, 2), np.uint8), threads=threads)

"""The door out of the interpreter: cancel, progress, Ctrl-C, other threads."""

import signal
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

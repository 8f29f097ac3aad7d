"""Tasks on threads and elsewhere: their share of the threads, progress, errors and requests to stop."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from napari_objclass import CancelToken
from napari_objclass.errors import Cancelled
from napari_objclass.workflow.blockwise.workers import Workers


def told(number, threads, cancel):
    return number, threads, cancel is not None


def waiting(number, threads, cancel):
    while not cancel.cancelled:
        time.sleep(0.01)


def failing(number, threads, cancel):
    if number == 3:
        raise ValueError("the third")
    time.sleep(0.01)


@pytest.mark.parametrize(("n_items", "expected"), [(1, 4), (2, 2), (9, 1)])
def test_few_tasks_have_more_threads(n_items, expected):
    done = Workers(4, threads=4).each("step", told, [(number,) for number in range(n_items)])
    assert sorted(done) == [(number, (number, expected, True)) for number in range(n_items)]


def test_a_client_does_the_tasks():
    with ThreadPoolExecutor(2) as pool:
        done = Workers(1, client=pool, threads=4).each("step", told, [(number,) for number in range(5)])
        assert sorted(done) == [(number, (number, 1, False)) for number in range(5)]


def test_progress_is_of_all_steps():
    seen = []
    workers = Workers(2, steps={"first": 1, "second": 3}, progress=lambda *args: seen.append(args))
    workers.do([("first", told, [(0,)]), ("between", told, [(0,)]), ("second", told, [(0,), (1,)])])
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    assert seen[-1] == (1000, 1000, "second")
    assert max(done for done, _, step in seen if step == "first") == 250


def test_the_first_error_ends_a_step():
    with pytest.raises(ValueError, match="the third"):
        Workers(2).do([("step", failing, [(number,) for number in range(1000)]), ("next", told, [(1,)])])
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("block")]


def test_a_request_to_stop_reaches_running_tasks():
    cancel = CancelToken()
    threading.Timer(0.2, cancel.cancel).start()
    began = time.perf_counter()
    with pytest.raises(Cancelled):
        Workers(2, cancel=cancel).do([("step", waiting, [(0,), (1,), (2,)])])
    assert time.perf_counter() - began < 1.2

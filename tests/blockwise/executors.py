"""Clients that do tasks in an order of their own, and some that fail."""

import random
import threading
from concurrent.futures import Future


class Shuffled:
    """Does tasks in random order on some threads; ``fail(fn)`` may raise before one is begun."""

    def __init__(self, seed=0, n=2, fail=lambda task: None):
        self._random, self._waiting, self._changed = random.Random(seed), [], threading.Condition()
        self._fail, self._closed, self.done = fail, False, []
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(n)]
        for thread in self._threads:
            thread.start()

    def submit(self, task, *args):
        future = Future()
        with self._changed:
            self._waiting.append((future, task, args))
            self._changed.notify()
        return future

    def close(self):
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self):
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                future, task, args = self._waiting.pop(self._random.randrange(len(self._waiting)))
            if not future.set_running_or_notify_cancel():
                continue
            try:
                self._fail(task)
                result = task(*args)
            except BaseException as error:
                future.set_exception(error)
            else:
                self.done.append((task.__name__, _what(args)))
                future.set_result(result)


def _what(args):
    """Number of the block, frame or group that a task is about, and its step."""
    return tuple(
        getattr(each, "number", each) for each in args if hasattr(each, "number") or isinstance(each, (int, str))
    )

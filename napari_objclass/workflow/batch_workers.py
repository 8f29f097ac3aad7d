"""Images of a batch in several processes: one that dies takes its image with it, and no other."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from napari_objclass.errors import Cancelled, ObjClassError
from napari_objclass.io.whole_files import remove_leftovers
from napari_objclass.kernels import CancelToken
from napari_objclass.workflow.batch_image import Outcome, Status, classify

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from multiprocessing.context import SpawnProcess

    from napari_objclass.workflow.batch_plan import Planned
    from napari_objclass.workflow.export import Export
    from napari_objclass.workflow.predictor import Predictor

#: An image, and the columns that its table has beside the usual ones.
Task = tuple["Planned", "Mapping[str, str]"]

_SPAWN = multiprocessing.get_context("spawn")  # a fork would share threads and open files of libraries

#: Seconds between two looks at whether the run was cancelled.
_LOOK = 0.1
#: Seconds that a worker has to put its temporary files away.
_GRACE = 0.6


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    task: int | None = None


def in_processes(
    predictor: Predictor,
    tasks: Sequence[Task],
    settings: Export,
    *,
    jobs: int,
    threads: int,
    cancel: CancelToken | None = None,
) -> Iterator[tuple[int, Outcome]]:
    """Classify images in ``jobs`` processes of so many threads each; position and outcome come as they are done.

    Workers end when the generator is closed, within a second.

    Raises
    ------
    Cancelled
        When stopped.
    FileError
        When nothing can be written any more.
    """
    waiting = deque(range(len(tasks)))
    workers: list[_Worker] = []

    def hand_out(worker: _Worker) -> None:
        worker.task = waiting.popleft() if waiting else None
        if worker.task is not None:
            with suppress(OSError):  # one that is dead is found so when it should answer
                worker.pipe.send(tasks[worker.task])

    try:
        while waiting or any(worker.task is not None for worker in workers):
            while len(workers) < min(jobs, len(tasks)) and waiting:
                workers.append(_start(predictor, settings, threads))
                hand_out(workers[-1])
            found = []
            for pipe in wait([worker.pipe for worker in workers if worker.task is not None], _LOOK):
                worker = next(worker for worker in workers if worker.pipe is pipe)
                assert worker.task is not None
                found.append((worker.task, _received(worker, tasks[worker.task][0])))
                worker.task = None
                if worker.process.is_alive():
                    hand_out(worker)  # before others look at what came of the last one
                else:
                    worker.pipe.close()
                    workers.remove(worker)
            for position, outcome in found:
                if isinstance(outcome, ObjClassError):
                    raise outcome
                yield position, outcome
            if cancel is not None and cancel.cancelled:
                raise Cancelled("the batch was stopped")
    finally:
        _stop(workers)
        remove_leftovers(file for each in workers if each.task is not None for file in tasks[each.task][0].files.all)


def _start(predictor: Predictor, settings: Export, threads: int) -> _Worker:
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_work, args=(theirs, predictor, settings, threads), daemon=True)
    with _interrupts_withheld():
        process.start()
    theirs.close()
    return _Worker(process, ours)


@contextmanager
def _interrupts_withheld() -> Iterator[None]:
    """Start processes that what is typed at the terminal does not reach; the one that starts them decides."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _received(worker: _Worker, planned: Planned) -> Outcome | ObjClassError:
    try:
        found: Outcome | ObjClassError = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        remove_leftovers(planned.files.all)
        return Outcome(planned.image, Status.FAILED, error=_why(worker.process.exitcode))
    return found if isinstance(found, ObjClassError) else replace(found, image=planned.image)


def _why(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        name = signal.Signals(-exit_code).name if -exit_code in list(signal.Signals) else f"signal {-exit_code}"
        return f"the process that worked on it was ended ({name}), maybe for want of memory; try it with fewer --jobs"
    return f"the process that worked on it ended with code {exit_code}; try it with --jobs 1"


def _stop(workers: Sequence[_Worker]) -> None:
    """End processes, with some time to put temporary files away."""
    for worker in workers:
        worker.pipe.close()  # one that waits for work ends by that
        if worker.task is not None:
            worker.process.terminate()
    end = time.monotonic() + _GRACE
    for worker in workers:
        worker.process.join(max(0.0, end - time.monotonic()))
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


def _work(pipe: Connection, predictor: Predictor, settings: Export, threads: int) -> None:
    """Classify what comes through a pipe, until it is closed."""
    cancel = CancelToken()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: cancel.cancel())  # an exception could fall into a destructor and be lost
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        while not cancel.cancelled:
            planned, carried = pipe.recv()
            found: Any
            try:
                found = classify(predictor, planned, settings, carried, threads=threads, cancel=cancel)
            except Cancelled:
                sys.exit(128 + signal.SIGTERM)
            except ObjClassError as error:
                found = type(error)(str(error))  # plain: causes may not go through a pipe
            pipe.send(found)


def _leave_with_parent() -> None:
    """Put temporary files away when the process of the run is killed, before the run is taken up again."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)

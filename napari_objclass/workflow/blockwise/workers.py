"""Who does the tasks of a step: threads of this process, or a client that sends them elsewhere."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from napari_objclass.errors import Cancelled, ParameterError
from napari_objclass.kernels import CancelToken, default_threads
from napari_objclass.memory import give_back, keep_little

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

T = TypeVar("T")

#: What is to be done: name of the step, the function of its tasks, and the arguments of each.
Step = tuple[str, "Callable[..., object]", "Sequence[tuple[Any, ...]]"]

#: What pickling raises.
_UNSENT = (TypeError, AttributeError, pickle.PicklingError)
#: Seconds between two looks at whether the run was cancelled.
_LOOK = 0.1
#: Parts of a step in which progress is told.
_FINE = 1000

#: What steps are called where people follow them; the names of some are those of files.
_SAID = dict.fromkeys(("foreground", "found", "windows", "floods", "labels", "faces", "objects"), "finding objects")
_SAID |= dict.fromkeys(("regions", "ranges", "values"), "measuring")


class Future(Protocol):
    """What is asked of the futures of a client; those of the standard library and of dask have it."""

    def result(self) -> Any:
        """What the task returned; its error is raised."""

    def cancel(self) -> Any:
        """Do not begin the task."""

    def add_done_callback(self, fn: Callable[[Any], Any], /) -> Any:
        """Call ``fn(future)`` when the task has ended."""


class Client(Protocol):
    """What sends tasks elsewhere, such as ``dask.distributed.Client`` or an executor of ``concurrent.futures``."""

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> Any:
        """Begin ``fn(*args)``."""


class Workers:
    """Does tasks in any order, several at once.

    A task is a function of a module, so that it can be sent; it is called as ``task(*item, threads, cancel)``, with
    the number of threads that it may use, 1 elsewhere, and what stops it, None elsewhere.

    Attributes
    ----------
    n
        Number of tasks at a time; with a client, that is its own affair.
    threads
        Number of threads of this process.
    """

    def __init__(
        self,
        n: int | None = None,
        *,
        client: Client | None = None,
        threads: int | None = None,
        steps: Mapping[str, float] | None = None,
        progress: Callable[[int, int, str], object] | None = None,
        cancel: CancelToken | None = None,
    ) -> None:
        """Work with ``n`` threads, each a task.

        Parameters
        ----------
        n
            Default: as many as ``threads``.
        client
            Does the tasks instead.
        threads
            All that may work at a time. Default: the CPUs this process may use.
        steps
            What is done in turn, and how much of the work each is.
        progress
            Called as ``(done, total, what)``; the total is known from ``steps``.
        cancel
            Stops the tasks that run, within a second.
        """
        self.threads = threads or default_threads()
        self.n = n or self.threads
        self._client, self._progress, self._cancel = client, progress, cancel
        self._steps = dict(steps or {})

    def each(self, step: str, task: Callable[..., T], items: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, T]]:
        """Do ``task`` with each of some tuples of arguments; yield position and result, as they come.

        The first error ends it: what runs is stopped, what waits is not begun.

        Raises
        ------
        Cancelled
            When stopped on request.
        ParameterError
            When a client has to send what cannot be sent.
        """
        self.told(step, 0.0)
        keep_little()
        own, done = CancelToken(), SimpleQueue[tuple[int, Future]]()
        futures: list[Future] = []
        with ExitStack() as stack:
            submit = self._submit(stack, len(items), own)
            try:
                for position, item in enumerate(items):
                    self._look()
                    future = submit(task, *item)
                    futures.append(future)
                    future.add_done_callback(partial(_note, done, position))
                for n_done in range(1, len(items) + 1):
                    position, future = self._next(done)
                    yield position, future.result()
                    give_back()
                    self.told(step, n_done / len(items))
            except BaseException as error:
                own.cancel()
                for future in futures:
                    future.cancel()
                if self._client is not None and isinstance(error, _UNSENT):
                    _refuse_unsendable(items)
                raise
        self.told(step, 1.0)

    def do(self, steps: Iterable[Step]) -> None:
        """Do steps in turn, each when the one before is done: for the sake of the files that tasks leave."""
        for step, task, items in steps:
            for _ in self.each(step, task, items):
                pass

    def told(self, step: str, share: float) -> None:
        """Tell how much of a step is done, from 0 to 1."""
        if self._progress is not None and step in self._steps:
            names, whole = list(self._steps), sum(self._steps.values())
            before = sum(self._steps[name] for name in names[: names.index(step)])
            done = (before + share * self._steps[step]) / whole
            self._progress(round(done * _FINE), _FINE, _SAID.get(step, step))

    def _submit(self, stack: ExitStack, n_items: int, own: CancelToken) -> Callable[..., Future]:
        """How a task is begun: elsewhere, or on a thread of its own with its share of the others."""
        client: Client | None = self._client
        threads, stop = 1, None
        if client is None:
            at_once = max(1, min(self.n, n_items))
            client = cast("Client", stack.enter_context(ThreadPoolExecutor(at_once, "block")))
            threads, stop = max(1, self.threads // at_once), own
        return lambda task, *item: cast("Future", client.submit(task, *item, threads, stop))

    def _next(self, done: SimpleQueue[tuple[int, Future]]) -> tuple[int, Future]:
        while True:
            self._look()
            try:
                return done.get(timeout=_LOOK)
            except Empty:
                continue

    def _look(self) -> None:
        if self._cancel is not None and self._cancel.cancelled:
            raise Cancelled("stopped on request")


def _refuse_unsendable(items: Sequence[tuple[Any, ...]]) -> None:
    """Raise ParameterError if arguments cannot be sent to another process."""
    try:
        for item in items[:1]:  # they differ in their block alone
            pickle.dumps(item)
    except _UNSENT as error:
        raise ParameterError(f"the client cannot be sent the images ({error}); give their paths") from error


def _note(done: SimpleQueue[tuple[int, Future]], position: int, future: Future) -> None:
    done.put((position, future))

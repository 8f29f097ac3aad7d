"""Ctrl-C, and a scheduler's request to end, which long work cannot miss."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from napari_objclass.errors import Cancelled
from napari_objclass.kernels import CancelToken

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def stopping() -> Iterator[CancelToken]:
    """Lend a token that signals cancel within a ``with`` block, beside the exceptions that they raise.

    An exception that a signal raises in a destructor is lost: Python prints it and goes on. The token stays, and what
    looks at it ends by :class:`Cancelled`.
    """
    from napari_objclass.cli import TERMINATED

    token, received = CancelToken(), []

    def stop(number: int, _: object) -> None:
        received.append(number)
        token.cancel()
        if number == signal.SIGTERM:
            sys.exit(TERMINATED)
        raise KeyboardInterrupt

    def unraisable(lost: sys.UnraisableHookArgs) -> None:
        if not (received and issubclass(lost.exc_type, KeyboardInterrupt | SystemExit)):
            hook_before(lost)

    is_main = threading.current_thread() is threading.main_thread()  # no other may ask for signals
    handlers = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM) if is_main}
    hook_before, sys.unraisablehook = sys.unraisablehook, unraisable
    try:
        yield token
    except Cancelled:
        if signal.SIGTERM in received:
            sys.exit(TERMINATED)
        raise
    finally:
        sys.unraisablehook = hook_before
        for number, handler in handlers.items():
            signal.signal(number, handler)

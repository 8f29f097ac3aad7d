"""Signals stop long work wherever they come, and leave handlers as they were."""

import os
import signal
import threading

import pytest

from napari_objclass.cli import TERMINATED
from napari_objclass.commands._stopping import stopping
from napari_objclass.errors import Cancelled

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows cannot send SIGTERM without ending the process")


def signalled(number):
    """Be sent a signal where it is dealt with at once."""
    os.kill(os.getpid(), number)
    for _ in range(1000):
        pass


class Falls:
    """Is sent a signal as it is destroyed, where Python loses exceptions."""

    def __init__(self, number):
        self.number = number

    def __del__(self):
        signalled(self.number)


@pytest.mark.parametrize(("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_a_signal_is_an_exception(number, error):
    before = signal.getsignal(number)
    with pytest.raises(error), stopping() as cancel:
        signalled(number)
    assert cancel.cancelled
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(("number", "error"), [(signal.SIGINT, Cancelled), (signal.SIGTERM, SystemExit)])
def test_a_signal_in_a_destructor_is_not_lost(number, error, capfd):
    def work():
        with stopping() as cancel:
            Falls(number)
            assert cancel.cancelled
            raise Cancelled

    with pytest.raises(error) as caught:
        work()
    assert error is Cancelled or caught.value.code == TERMINATED
    assert capfd.readouterr().err == ""


def test_other_threads_leave_signals_alone():
    before, found = signal.getsignal(signal.SIGINT), []

    def work():
        with stopping():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [before]

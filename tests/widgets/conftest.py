"""Fixtures of the widget tests: shared sessions on a viewer without Qt, and real windows."""

import queue
import threading
import time
from functools import partial

import pytest
from napari.components import ViewerModel

import napari_objclass as oc
from napari_objclass.widgets.viewer.session import ViewerSession


class Mailbox:
    """Takes the place of the GUI thread: calls are run when the test waits."""

    def __init__(self):
        self._calls = queue.Queue()
        self.post = self._calls.put

    def until(self, condition, seconds=60):
        """Run what is posted until a condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            try:
                self._calls.get(timeout=0.02)()
            except queue.Empty:
                continue

    def settle(self, seconds=60):
        """Run what is posted until nothing is left and no thread of ours has anything to do."""
        end = time.monotonic() + seconds
        while True:
            is_idle = not any(thread.name.startswith("objclass-") for thread in threading.enumerate())
            try:
                self._calls.get(timeout=0 if is_idle else 0.005)()
            except queue.Empty:
                if is_idle:
                    return
            assert time.monotonic() < end, "it does not settle"

    def linger(self, seconds):
        """Run what is posted until nothing comes for a while, whatever threads still do."""
        while True:
            try:
                self._calls.get(timeout=seconds)()
            except queue.Empty:
                return


@pytest.fixture
def qtbot(qtbot):
    """The one of pytest-qt, with patience for a machine that has much to do."""
    qtbot.waitUntil = partial(qtbot.waitUntil, timeout=60_000)
    qtbot.waitSignal = partial(qtbot.waitSignal, timeout=60_000)
    return qtbot


@pytest.fixture
def mailbox():
    return Mailbox()


@pytest.fixture
def shared(mailbox):
    """Session of a viewer without Qt."""
    shared = ViewerSession(ViewerModel(), mailbox.post)
    yield shared
    shared.close()


@pytest.fixture(scope="session")
def nuclei():
    return oc.sample.nuclei_2d()


@pytest.fixture
def with_nuclei(shared, mailbox, nuclei):
    """Session in which the sample image is measured."""
    shared.do("input_data", lambda s: s.add_lane(raw=nuclei.raw, labels=nuclei.labels, name="nuclei"))
    mailbox.until(lambda: shared.shown and shared.shown.table is not None)
    return shared


@pytest.fixture
def workbench(make_napari_viewer):
    """The workbench in a window of its own, not shown."""
    _, workbench = make_napari_viewer().window.add_plugin_dock_widget("napari-objclass", "Object Classification")
    return workbench

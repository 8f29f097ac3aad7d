"""Who shares a session: all widgets of a viewer, as long as it is open; and nothing is left afterwards."""

import gc
import threading
import weakref

import pytest
from psygnal import Signal
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication

from napari_objclass import Session
from napari_objclass.widgets import _sharing, session_of
from napari_objclass.widgets._base import Dock


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


def settle():
    """Let Qt do what it has put off, deletions too."""
    for _ in range(3):
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def is_signal(cls, name):
    return isinstance(vars(cls).get(name), Signal)


def ours():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("objclass")]


@pytest.fixture
def parts(monkeypatch):
    """What the parts of all sessions are told: +1 awake, 0 at rest."""
    from napari_objclass.widgets.viewer.hand import Hand

    told = []
    monkeypatch.setattr(Hand, "wake", lambda self: told.append("wake"))
    monkeypatch.setattr(Hand, "rest", lambda self: told.append("rest"))
    return told


def test_widgets_of_a_viewer_share_a_session_until_the_last_is_closed(viewer, parts):
    one, two = Dock(viewer), Dock(viewer)
    docks = [viewer.window.add_dock_widget(each) for each in (one, two)]
    shared = one.shared
    assert two.shared is shared
    viewer.window.remove_dock_widget(docks[0])
    settle()
    assert parts == ["wake"]
    docks[1].destroyOnClose()  # the x in its title bar
    settle()
    assert parts == ["wake", "rest"]
    three = Dock(viewer)
    assert three.shared is shared
    assert parts == ["wake", "rest", "wake"]


def test_hiding_is_not_closing(viewer, parts):
    dock = viewer.window.add_dock_widget(Dock(viewer))
    dock.hide()
    settle()
    dock.show()
    dock.setFloating(True)
    settle()
    dock.setFloating(False)
    settle()
    assert parts == ["wake"]


def test_a_widget_that_never_was_docked_is_forgotten_with_it(viewer, parts):
    Dock(viewer)
    gc.collect()
    settle()
    assert parts == ["wake", "rest"]


def test_nothing_of_a_closed_workbench_is_left(viewer):
    from napari_objclass.widgets.workbench import Workbench

    entry = _sharing.entry_of(viewer)
    signals = [getattr(entry.shared, name) for name in dir(type(entry.shared)) if is_signal(type(entry.shared), name)]
    events = [viewer.events.theme, viewer.layers.events.inserted, viewer.layers.events.removed]

    def connected():
        return [len(signal) for signal in signals] + [len(event.callbacks) for event in events]

    before = connected()
    workbench = Workbench(viewer)
    dock = viewer.window.add_dock_widget(workbench)
    assert connected() != before
    gone = weakref.ref(workbench)
    viewer.window.remove_dock_widget(dock)
    del workbench, dock
    settle()
    assert connected() == before
    gc.collect()
    assert gone() is None


def test_two_viewers_have_two_sessions(make_napari_viewer):
    docks = [Dock(make_napari_viewer()) for _ in range(2)]
    assert docks[0].shared is not docks[1].shared


def test_proxies_of_one_viewer_share(make_napari_viewer_proxy):
    from napari.utils._proxies import PublicOnlyProxy

    proxy = make_napari_viewer_proxy()
    assert Dock(proxy).shared is Dock(PublicOnlyProxy(proxy.__wrapped__)).shared


@pytest.mark.parametrize("docked", [True, False])
def test_the_session_ends_with_its_viewer(make_napari_viewer, docked, qtbot):
    viewer = make_napari_viewer()
    dock = Dock(viewer)
    if docked:
        viewer.window.add_dock_widget(dock)
    dock.shared.do("input_data", lambda s: s.add_class("third"))
    gone, session = weakref.ref(dock.shared), dock.shared.session
    del dock
    qtbot.waitUntil(lambda: len(session.classes) == 3)
    viewer.close()
    settle()
    assert not _sharing._entries
    qtbot.waitUntil(lambda: not ours())
    del viewer
    settle()
    gc.collect()
    assert gone() is None
    assert [work.n_changes for work in Session.recoverable()] == [1]


def test_scripts_reach_the_session(viewer, monkeypatch):
    told = {}
    monkeypatch.setattr(type(viewer), "update_console", lambda self, names: told.update(names))
    dock = Dock(viewer)
    assert session_of(viewer) is told["objclass"] is dock.shared.session

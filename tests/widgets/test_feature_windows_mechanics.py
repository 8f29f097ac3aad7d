"""The step Features and its dialogs beside a real viewer: themes, closing, and nothing that is left behind."""

import pytest
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication
from widgets.user import deleted

from napari_objclass.widgets.feature_dialog import FeatureDialog, show_feature_dialog
from napari_objclass.widgets.feature_selection import FeatureSelectionDock
from napari_objclass.widgets.missing_values import MissingValues, show_missing_values
from napari_objclass.widgets.subset_dialog import SubsetDialog, show_subset_dialog


@pytest.fixture
def dock(make_napari_viewer, qtbot, nuclei):
    viewer = make_napari_viewer()
    dock = FeatureSelectionDock(viewer)
    viewer.window.add_dock_widget(dock)
    shared = dock.shared
    shared.do("input_data", lambda s: s.add_lane(raw=nuclei.raw, labels=nuclei.labels, name="nuclei"))
    qtbot.waitUntil(lambda: shared.shown is not None and shared.shown.table is not None)
    yield dock
    shared.close()


def test_dialogs_take_the_theme_and_go_with_their_window(dock, qtbot):
    shared, window = dock.shared, dock.window()
    for show in (show_feature_dialog, show_subset_dialog, show_missing_values):
        assert show(shared, dock).parent() is window
    for theme in ("light", "dark"):
        shared.viewer.theme = theme
        QApplication.processEvents()
    n_listening = len(shared.shown_changed)
    for kind in (FeatureDialog, SubsetDialog, MissingValues):
        for dialog in window.findChildren(kind):
            with deleted(dialog):
                dialog.close()
    assert len(shared.shown_changed) == n_listening - 3


def test_a_dock_that_is_gone_listens_no_more(dock, qtbot):
    shared, step = dock.shared, dock.step
    listening = (shared.changed, shared.shown_changed, shared.activity_changed)
    before = [len(signal) for signal in listening]
    with deleted(step):
        dock.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert [len(signal) for signal in listening] == [n - 2 for n in before]
    shared.update()
    QApplication.processEvents()

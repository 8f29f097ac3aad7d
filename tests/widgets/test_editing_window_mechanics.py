"""Objects edited by hand in a real window: with the mouse through the canvas, and left in every way."""

import threading

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication
from widgets.user import User, deleted, settle, until

from napari_objclass import sample
from napari_objclass.widgets.parts.edit_by_hand import EditByHand
from napari_objclass.workflow.marks import AnnotationState

CONTROL = Qt.KeyboardModifier.ControlModifier


class Window:
    """The workbench with its step Objects open, on the sample image, with labels and predictions."""

    def __init__(self, make_napari_viewer, made):
        self.viewer = make_napari_viewer(show=True)
        self.viewer.window.resize(1366, 698)
        self.dock, self.workbench = self.viewer.window.add_plugin_dock_widget(
            "napari-objclass", "Object Classification"
        )
        self.shared, self.user, self.made = self.workbench.shared, User(self.viewer), made
        self.raw = self.viewer.add_image(self.made.raw, name="nuclei")
        self.own = self.viewer.add_labels(self.made.labels.copy(), name="mine")
        self.shared.do(
            "input_data",
            lambda s: s.add_lane(raw=self.made.raw, labels=self.made.labels, name="nuclei"),
            lambda lane: self.shared.display.adopt(self.shared.session.lanes[lane].uuid, [self.raw], self.own),
        )
        until(lambda: self.shared.shown and self.shared.shown.table is not None)
        for object_id, cls in sample.labelled_examples(self.made).items():
            self.shared.annotate(0, [object_id], cls)
        until(lambda: self.shared.shown.prediction is not None)
        self.workbench.accordion.open(self.workbench.step("objects"))
        self.part = self.workbench.findChild(EditByHand)
        self.rest()

    @property
    def layer(self):
        return self.shared.editing.layer

    def rest(self):
        """Let all that was asked for be done, and what follows from it."""
        until(lambda: self.is_idle() and not settle() and self.is_idle())

    def is_idle(self):
        works = any(thread.name.startswith("objclass-") for thread in threading.enumerate())
        return not works and not self.shared.display.is_busy

    def begin(self):
        self.user.press(self.part.begin)
        until(lambda: self.layer is not None)
        self.rest()
        return self.layer

    def background(self):
        """Start and end of a stroke that begins where no object is."""
        y, x = (np.argwhere(self.made.labels[20:-40, 20:-40] == 0)[0] + 20).tolist()
        return (y, x), (y, x + 12)

    def labels(self):
        self.rest()
        assert self.shared.problem("objects") is None
        return self.shared.session.label_image(0)


@pytest.fixture
def window(make_napari_viewer):
    return Window(make_napari_viewer, sample.nuclei_2d())


def spot(labels, object_id):
    """A voxel deep in an object."""
    inside = np.argwhere(labels == object_id)
    return tuple(inside[np.linalg.norm(inside - inside.mean(axis=0), axis=1).argmin()].tolist())


def test_a_hand_paints_merges_deletes_and_takes_back(window):
    made, user = window.made.labels, window.user
    labelled = {cls: [i for i, c in sample.labelled_examples(window.made).items() if c == cls] for cls in (1, 2)}
    layer = window.begin()
    new = layer.selected_label
    assert new == made.max() + 1
    assert f"object {new} (new)" in window.part.hint.text()

    background, beside = window.background()
    user.drag(background, beside)
    found = window.labels()
    assert (found == new).sum() > 50
    np.testing.assert_array_equal(found, layer.data)
    until(lambda: window.shared.shown.prediction is not None and new in window.shared.shown.prediction.ids)
    until(lambda: f"object {new}." in window.part.hint.text())
    until(lambda: window.part.count.text() == "1 edit by hand")

    one, other = labelled[1][0], labelled[2][0]
    user.key(Qt.Key.Key_5)  # napari's picker
    user.click(spot(found, one))
    assert layer.selected_label == one
    user.press(window.part.merge)
    user.click(spot(found, other))
    merged = window.labels()
    assert not (merged == other).any()
    states = {each.state for each in window.shared.session.annotations}
    assert AnnotationState.CONFLICT in states

    user.key(Qt.Key.Key_Z, CONTROL)  # napari's own
    np.testing.assert_array_equal(window.labels(), found)
    states = {each.state for each in window.shared.session.annotations}
    assert states == {AnnotationState.ACTIVE}
    user.press(window.part.undo)  # of the undo
    np.testing.assert_array_equal(window.labels(), merged)
    until(lambda: np.array_equal(layer.data, merged))
    user.press(window.part.undo)
    user.press(window.part.undo)
    np.testing.assert_array_equal(window.labels(), made)
    until(lambda: np.array_equal(layer.data, made))

    user.press(window.part.new)
    user.drag(background, beside)
    last = window.labels()
    user.press(window.part.done)
    window.rest()
    np.testing.assert_array_equal(window.viewer.layers["Objects"].data, last)
    np.testing.assert_array_equal(window.own.data, made)
    assert not window.own.visible
    assert layer not in window.viewer.layers


def delete_layer(window):
    window.viewer.layers.remove(window.layer)


def next_image(window):
    window.shared.do("input_data", lambda s: s.add_lane(raw=window.made.raw, labels=window.made.labels[::-1].copy()))
    until(lambda: len(window.shared.session.lanes) == 2)
    window.shared.show(1)


def close_dock(window):
    with deleted(window.workbench):
        window.viewer.window.remove_dock_widget(window.dock)


def other_theme(window):
    window.viewer.theme = "light"
    settle()
    window.user.press(window.part.done)


def three_dimensions(window):
    window.viewer.dims.ndisplay = 3
    settle()
    window.viewer.dims.ndisplay = 2
    window.user.press(window.part.done)


def test_leaving_in_any_way_loses_no_stroke(window):
    session, before = window.shared.session, window.made.labels
    background, beside = window.background()
    for leave in (delete_layer, other_theme, three_dimensions, next_image, close_dock):
        layer = window.begin()
        window.user.drag(background, beside)
        leave(window)
        until(lambda: not window.shared.editing.is_on)
        until(lambda before=before: (session.label_image(0) != before).any())
        QApplication.processEvents()
        before = session.label_image(0)
        np.testing.assert_array_equal(before, layer.data)
        assert layer not in window.viewer.layers
        assert window.shared.problem("objects") is None
        if leave is not close_dock:
            window.shared.show(0)
            until(lambda: window.shared.shown.prediction is not None)


def test_an_object_of_a_volume_is_edited_as_a_whole(make_napari_viewer):
    window = Window(make_napari_viewer, sample.nuclei_3d())
    assert window.begin().n_edit_dimensions == 3

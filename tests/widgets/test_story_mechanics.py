"""The main job in a real window, by mouse and keys: from the empty viewer to a saved table, and again tomorrow."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QFileDialog, QLineEdit, QPushButton
from widgets.user import User, settle, until

from napari_objclass import sample
from napari_objclass.widgets.viewer.display import PREDICTIONS
from napari_objclass.widgets.workbench import Workbench

#: What one person may be asked to do, from the empty viewer to a saved table.
MOST_ACTIONS = 25

SAMPLES = {"2D": (0, sample.nuclei_2d), "3D": (1, sample.nuclei_3d), "film": (2, sample.nuclei_2d_t)}


class Story:
    """A window with the workbench, and what is known about the sample in it."""

    def __init__(self, make_napari_viewer, made):
        self.viewer = make_napari_viewer(show=True)
        self.viewer.window.resize(1366, 698)
        _, self.workbench = self.viewer.window.add_plugin_dock_widget("napari-objclass", "Object Classification")
        settle()
        self.user = User(self.viewer)
        self.made = made

    @property
    def shared(self):
        return self.workbench.shared

    @property
    def classify(self):
        return self.workbench.step("object_classification")

    def recent(self, name):
        """Buttons of recent projects of a name."""
        return [each for each in self.workbench.start.findChildren(QPushButton) if each.text() == name]

    def centres(self):
        """Middle voxel, by id, of the objects that are in the slice on the screen."""
        step = tuple(self.viewer.dims.current_step)[:-2]
        plane = self.made.labels[step]
        return {
            int(i): (*step, *spot)
            for i in np.unique(plane)[1:]
            if (spot := middle(plane == i)) and np.count_nonzero(plane == i) > 60
        }

    def share_right(self):
        """Share of objects that are predicted as what they are."""
        prediction = self.shared.shown.prediction
        right = [self.made.truth[i] == c for i, c in zip(prediction.ids.tolist(), prediction.classes, strict=True)]
        return np.mean(right)

    def wait_for(self, n_labels):
        """Let the loop come to rest with so many labels."""
        shared = self.shared
        until(
            lambda: (
                shared.shown.claims is not None
                and len(shared.shown.claims.active) == n_labels
                and shared.shown.forest is not None
                and sum(shared.shown.forest.n_samples) == n_labels
                and shared.shown.prediction is not None
                and shared.activity is None
            )
        )
        settle()

    def state(self):
        """What must be the same tomorrow."""
        shown, session = self.shared.shown, self.shared.session
        return {
            "classes": [(each.name, each.color) for each in session.classes],
            "labels": shown.claims.active,
            "predicted": shown.prediction.classes.tolist(),
            "probabilities": shown.prediction.probabilities.tolist(),
        }


def middle(mask):
    """Voxel of a mask that is nearest to its middle and not at its border."""
    places = np.argwhere(mask)
    return tuple(int(each) for each in places[np.argmin(((places - places.mean(axis=0)) ** 2).sum(axis=1))])


def choose_file(path):
    """Type a path into the file dialog that is open, and accept it: one action."""
    until(lambda: any(isinstance(each, QFileDialog) for each in QApplication.topLevelWidgets()))
    dialog = next(each for each in QApplication.topLevelWidgets() if isinstance(each, QFileDialog))
    dialog.findChild(QLineEdit).setText(str(path))
    dialog.accept()
    settle()


@pytest.mark.parametrize("kind", SAMPLES)
def test_story(kind, make_napari_viewer, tmp_path):
    number, make = SAMPLES[kind]
    story = Story(make_napari_viewer, make())
    user, shared = story.user, story.shared

    # An image
    if number == 0:
        user.press(story.workbench.start.sample)
    else:
        user.choose(story.workbench.start.other_samples.menu(), number)
    until(lambda: shared.shown and shared.shown.table is not None)
    assert story.workbench.accordion.page is story.classify
    assert shared.tool.active, "the first click must label"

    # Six clicks
    centres = story.centres()
    by_class = {c: [i for i in centres if story.made.truth[i] == c] for c in (1, 2)}
    for i in by_class[1][:3]:
        user.click(centres[i])
    user.key(Qt.Key.Key_2)
    for i in by_class[2][:3]:
        user.click(centres[i])
    story.wait_for(6)
    assert story.share_right() > 0.95
    assert PREDICTIONS in story.viewer.layers

    # Fix one, and take it back
    before = story.state()
    fixed = by_class[1][3]
    user.click(centres[fixed])
    story.wait_for(7)
    user.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    story.wait_for(6)
    assert story.state() == before

    # Save
    project = tmp_path / "nuclei.objclass"
    user.press(story.workbench.footer.save)
    user.actions.append("choose a file")
    choose_file(project)
    until(lambda: not shared.session.unsaved and project.exists())

    # A table
    results = story.workbench.step("results")
    user.press(story.workbench.accordion.headers[results])
    export = results.pages["export"]
    if not export.contents.table.isChecked():
        user.press(export.contents.table)
    user.press(export.this)
    until(lambda: any(tmp_path.glob("*.csv")))
    table = next(tmp_path.glob("*.csv")).read_text().splitlines()
    assert len(table) == 1 + len(shared.shown.objects.ids)
    assert len(user.actions) <= MOST_ACTIONS, user.actions

    # Tomorrow
    story.viewer.close()
    shared = None
    again = Story(make_napari_viewer, story.made)
    until(lambda: again.recent(project.stem))
    again.user.press(again.recent(project.stem)[0])
    until(lambda: again.shared.session.path == project)
    again.wait_for(6)
    assert again.state() == before
    assert isinstance(again.workbench, Workbench)

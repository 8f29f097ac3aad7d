"""``objclass gui`` with a user in it that clicks on one object after another, and says which labels were made.

Run as a program with the words of the command line, or none for the sample. A line with id and class is printed for
every label that is on the screen.
"""

import sys

import napari
from qtpy.QtCore import Qt, QTimer
from qtpy.QtTest import QTest
from widgets.user import User

from napari_objclass import cli
from napari_objclass.widgets.workbench import Workbench

#: Milliseconds between two clicks.
PERIOD = 20


class Clicker:
    """Labels objects from the first id on, by the mouse, classes by turns."""

    def __init__(self, viewer):
        viewer.show()
        viewer.window.resize(1000, 700)
        self._user, self._said = User(viewer), set()
        self._workbench = viewer.window._qt_window.findChild(Workbench)
        self._shared = self._workbench.shared
        self._shared.shown_changed.connect(self._say)
        self._spots = None
        self._wants_sample = len(sys.argv) == 1
        self._timer = QTimer(interval=PERIOD)
        self._timer.timeout.connect(self._click)
        self._timer.start()

    def _click(self):
        if self._wants_sample and self._workbench.start.sample.isVisible():
            self._wants_sample = False
            self._user.press(self._workbench.start.sample)
        shown = self._shared.shown
        if shown is None or shown.table is None or self._shared.display.objects_layer is None:
            return
        if self._spots is None:
            boxes = shown.objects.boxes
            middles = (boxes[:, 1:3] + boxes[:, 4:6] - 1) // 2
            inside = shown.objects.labels[0, 0][tuple(middles.T)] == shown.objects.ids
            self._spots = iter(enumerate(middles[inside]))
        number, spot = next(self._spots, (None, None))
        if spot is None:
            self._timer.stop()
            return
        QTest.keyClick(self._user.canvas, Qt.Key.Key_1 if number % 2 else Qt.Key.Key_2)
        self._user.click(spot)

    def _say(self, parts):
        claims = self._shared.shown.claims
        if "claims" in parts and claims is not None:
            classes = [each.uuid for each in self._shared.session.classes]
            for (_, object_id), cls in claims.active.items():
                if object_id not in self._said:
                    print(object_id, classes.index(cls) + 1, flush=True)
                    self._said.add(object_id)


def main():
    run = napari.run

    def run_with_clicker(*args, **kwargs):
        clicker = Clicker(napari.current_viewer())  # noqa: F841
        run(*args, **kwargs)

    napari.run = run_with_clicker
    return cli.main(["gui", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())

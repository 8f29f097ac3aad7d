"""A user at a real window: every method is one action with mouse or keyboard, and all are counted."""

import time
from contextlib import contextmanager

import numpy as np
from qtpy.QtCore import QEventLoop, QPoint, Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QAbstractButton, QApplication, QMenu, QWidget

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NO_KEY = Qt.KeyboardModifier.NoModifier


class User:
    """Drives one viewer.

    Attributes
    ----------
    actions
        What was done so far, in words.
    """

    def __init__(self, viewer):
        self.viewer = viewer
        self.canvas = viewer.window._qt_viewer.canvas.native
        self.actions = []

    def press(self, button: QAbstractButton | QWidget) -> None:
        """Click a button that can be seen and is enabled."""
        assert button.isVisible(), f"{button} cannot be seen"
        assert button.isEnabled(), f"{button} cannot be clicked"
        self.actions.append(f"press {button.text()!r}")
        QTest.mouseClick(button, LEFT)
        settle()

    def choose(self, menu: QMenu, row: int) -> None:
        """Open a menu and choose an entry: two actions."""
        action = menu.actions()[row]
        self.actions += ["open a menu", f"choose {action.text()!r}"]
        menu.popup(self.canvas.mapToGlobal(QPoint(10, 10)))
        settle()
        QTest.mouseClick(menu, LEFT, NO_KEY, menu.actionGeometry(action).center())
        settle()

    def click(self, position, button=LEFT, modifiers=NO_KEY) -> None:
        """Click the canvas at a world position."""
        self.actions.append(f"click at {tuple(round(float(each)) for each in position)}")
        point = self.point(position)
        QTest.mouseMove(self.canvas, point)
        settle()
        QTest.mousePress(self.canvas, button, modifiers, point)
        settle()
        QTest.mouseRelease(self.canvas, button, modifiers, point)
        settle()

    def drag(self, start, stop, modifiers=NO_KEY, steps=12) -> None:
        """Drag with the left button between two world positions."""
        self.actions.append("drag")
        QTest.mousePress(self.canvas, LEFT, modifiers, self.point(start))
        for share in np.linspace(0, 1, steps):
            QTest.mouseMove(self.canvas, self.point(np.asarray(start) * (1 - share) + np.asarray(stop) * share))
            settle()
        QTest.mouseRelease(self.canvas, LEFT, modifiers, self.point(stop))
        settle()

    def key(self, key, modifiers=NO_KEY) -> None:
        """Type a key over the canvas."""
        self.actions.append(f"key {key}")
        self.canvas.setFocus()
        QTest.keyClick(self.canvas, key, modifiers)
        settle()

    def type(self, widget: QWidget, text: str) -> None:
        """Type a text into a field."""
        self.actions.append(f"type {text!r}")
        QTest.keyClicks(widget, text)
        settle()

    def slide(self, axis: int, step: int) -> None:
        """Move the slider of an axis."""
        self.actions.append(f"slide {axis} to {step}")
        self.viewer.dims.set_current_step(axis, step)
        settle()

    def point(self, position) -> QPoint:
        """Canvas pixel of a world position in the 2D view."""
        displayed = list(self.viewer.dims.displayed)
        offset = (np.asarray(position, float)[displayed] - np.asarray(self.viewer.camera.center)[-2:]) * (
            self.viewer.camera.zoom / self.canvas.devicePixelRatioF()
        )
        return QPoint(round(self.canvas.width() / 2 + offset[1]), round(self.canvas.height() / 2 + offset[0]))


def settle() -> None:
    """Let Qt do what is waiting."""
    QApplication.processEvents()


def until(condition, seconds=120) -> None:
    """Let Qt work until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        QApplication.processEvents()
        time.sleep(0.005)


@contextmanager
def deleted(widget: QWidget, seconds=60):
    """Wait until a widget is deleted; unlike pytest-qt, leave its signals alone then, which PySide6 insists on."""
    gone = []
    widget.destroyed.connect(lambda: gone.append(True))
    yield
    end = time.monotonic() + seconds
    while not gone:
        assert time.monotonic() < end, "it is still there"
        loop = QEventLoop()  # which deletes, unlike processEvents
        QTimer.singleShot(5, loop.quit)
        loop.exec()

"""The way to the next object worth a look, and what is predicted for the one at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from napari_objclass.splice import find_rows
from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets.parts.key_tips import tell_key

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.widgets.viewer.shown import Shown
    from napari_objclass.workflow.classes import ObjectClass


class NextObject(QWidget):
    """Buttons of the guide, and a line on the current object."""

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shared = shared
        guide = shared.guide
        self.connections = Connections(self)
        self.unsure, self.random = QPushButton("Unsure"), QPushButton("Random")
        self.of_class, self.keep = QPushButton("Class"), QPushButton("Keep")
        for button, words, action in (
            (self.unsure, "Go to the most unsure object that is not labelled.", "next_unsure"),
            (self.random, "Go to a random object that is not labelled.", "next_random"),
            (self.of_class, "Go to the next object of a class; the key goes to the chosen class.", "next_of_class"),
            (self.keep, "Label the object at hand as it is predicted.", "keep_prediction"),
        ):
            tell_key(button, words, action, self.connections)
        self.unsure.clicked.connect(lambda: guide.next_unsure())
        self.random.clicked.connect(lambda: guide.next_random())
        self.keep.clicked.connect(lambda: guide.keep_prediction())
        self.menu = QMenu(self.of_class)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.of_class.setMenu(self.menu)
        self.line = QLabel(wordWrap=True)
        row = QHBoxLayout()
        row.setSpacing(1)
        row.addWidget(QLabel("Next"))
        for button in (self.unsure, self.random, self.of_class):
            row.addWidget(button, 1)
        current = QHBoxLayout()
        current.addWidget(self.line, 1)
        current.addWidget(self.keep)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addLayout(current)
        for signal in (shared.replaced, shared.changed, shared.shown_changed, shared.guide.moved):
            self.connections.connect(signal, self.refresh)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Show what can be done, and what is known of the current object."""
        shown, current = self._shared.shown, self._shared.guide.current
        has_objects = shown is not None and shown.objects is not None
        predicted = shown is not None and shown.prediction is not None
        self.random.setEnabled(has_objects)
        self.of_class.setEnabled(has_objects)
        self.unsure.setEnabled(predicted)
        self.keep.setVisible(predicted and current is not None)
        words = "" if shown is None or current is None else describe(shown, current, self._shared.session.classes)
        self.line.setText(words)
        self.line.setVisible(bool(words))

    def _fill_menu(self) -> None:
        self.menu.clear()
        for number, each in enumerate(self._shared.session.classes, 1):
            self.menu.addAction(each.name, lambda number=number: self._shared.guide.next_of_class(number))


def describe(shown: Shown, current: tuple[int, int], classes: list[ObjectClass]) -> str:
    """What is labelled and predicted of an object, such as "Object 57: mitotic 83 %"."""
    uuid = shown.claims.active.get(current) if shown.claims else None
    labelled = next((f"labelled {each.name}" for each in classes if each.uuid == uuid), "")
    said = ", ".join(filter(None, (_predicted(shown, current), labelled)))
    return f"Object {current[1]}: {said or 'not predicted yet'}"


def _predicted(shown: Shown, current: tuple[int, int]) -> str:
    prediction = shown.prediction
    if prediction is None:
        return ""
    t, object_id = current
    row = find_rows(prediction.frames, prediction.ids, np.array([t]), np.array([object_id], np.uint64))[0]
    if row < 0:
        return ""
    number = prediction.classes[row]
    return f"{prediction.class_names[number - 1]} {prediction.probabilities[row, number - 1]:.0%}".replace("%", " %")

"""What is wrong with an image, and the buttons that mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_objclass.widgets.viewer.glance import Fate

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.glance import Glance


class ImageProblem(QWidget):
    """Hidden while nothing is wrong.

    Attributes
    ----------
    find_asked
        Emitted with the role whose file the user wants to find.
    take_asked
        Emitted with the role whose new content the user wants to take, "" for what was painted.
    """

    find_asked = Signal(str)
    take_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._role = ""
        self.text = QLabel(wordWrap=True)
        self.find, self.take = QPushButton("Find file…"), QPushButton()
        self.find.setToolTip("Say where the file is now.")
        self.take.setToolTip("Labels stay where they are, and mean whatever objects are there then.")
        self.find.clicked.connect(lambda: self.find_asked.emit(self._role))
        self.take.clicked.connect(lambda: self.take_asked.emit(self._role))
        buttons = QHBoxLayout()
        buttons.addWidget(self.find)
        buttons.addWidget(self.take)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text)
        layout.addLayout(buttons)
        self.hide()

    def show_image(self, glance: Glance | None, painted: str | None, *, is_told: bool) -> None:
        """Show what is wrong with an image.

        Parameters
        ----------
        glance
            At the image.
        painted
            Name of the layer that it came from, if that was painted on.
        is_told
            Whether what is wrong is told above already.
        """
        fate = Fate.OK if glance is None else glance.fate
        problem = None if glance is None else glance.problem
        if problem is None and painted is not None:
            problem = f"“{painted}” was painted on in the viewer since it was added."
        self._role = "" if glance is None else glance.role
        self.text.setText(problem or "")
        self.text.setVisible(not is_told)
        self.find.setVisible(fate is not Fate.OK)
        self.take.setVisible(fate is Fate.CHANGED or (fate is Fate.OK and painted is not None))
        self.take.setText("Take the new content" if fate is Fate.CHANGED else "Take what was painted")
        self.setVisible(problem is not None)

"""The fields for the size of the neighborhood of objects, in the order and the words of ilastik."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget
from superqt.utils import signals_blocked

from napari_objclass.features import neighbourhood
from napari_objclass.widgets.parts.number import Number

#: As far as ilastik's own fields go; what is larger in a project stays.
LARGEST = 99


def margin_text(margin: int | tuple[int, ...] | None, n_dims: int) -> str:
    """The size of a neighborhood as it is read: "30 × 30 pixels", x first."""
    return " × ".join(map(str, _xyz(margin, n_dims))) + " pixels"


class Neighborhood(QWidget):
    """How far the neighborhood of an object reaches along x, y and z.

    Attributes
    ----------
    edited
        Emitted when the user changed a field.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._margin: int | tuple[int, ...] | None = None
        self._shown: tuple[int, ...] = ()
        self.fields = tuple(Number(LARGEST) for _ in "XYZ")
        self.note = QLabel()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.title = QLabel("Neighborhood size in pixels:")
        layout.addWidget(self.title)
        self._letters = []
        for letter, field in zip("XYZ", self.fields, strict=True):
            label = QLabel(letter)
            label.setBuddy(field)
            field.setDecimals(0)
            field.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            field.setFixedWidth(48)
            field.setAccessibleName(f"Neighborhood size along {letter}")
            field.valueChanged.connect(self.edited)
            layout.addWidget(label)
            layout.addWidget(field)
            self._letters.append(label)
        layout.addWidget(self.note, 1)
        self.use(used=False)

    def show_margin(self, margin: int | tuple[int, ...] | None, n_dims: int) -> None:
        """Show the neighborhood of a session, for images of ``n_dims`` dimensions."""
        self._margin = margin
        self._shown = shown = _xyz(margin, n_dims)
        for axis, (letter, field) in enumerate(zip(self._letters, self.fields, strict=True)):
            letter.setVisible(axis < n_dims)
            field.setVisible(axis < n_dims)
            size = shown[axis] if axis < n_dims else 0
            with signals_blocked(field):
                field.setMaximum(max(LARGEST, size))
                field.setValue(size)

    @property
    def margin(self) -> int | tuple[int, ...] | None:
        """What the fields say, in array order; the margin shown last if they say the same."""
        sizes = tuple(int(field.value()) for field in self.fields if not field.isHidden())
        return self._margin if sizes == self._shown else sizes[::-1]

    def use(self, *, used: bool) -> None:
        """Let the sizes be changed only while a feature depends on them."""
        for each in (self.title, *self._letters, *self.fields):
            each.setEnabled(used)
            each.setToolTip(_USED if used else _UNUSED)
        self.note.setText("" if used else "no ticked feature looks around objects")
        self.note.setEnabled(False)


_USED = (
    "How far features in neighborhood look around an object, along each axis: pixels nearer than the largest of these "
    "numbers belong to it. Textures depend on it too, as in ilastik."
)
_UNUSED = "Tick a feature in neighborhood, or a texture, to set how far around objects it looks."


def _xyz(margin: int | tuple[int, ...] | None, n_dims: int) -> tuple[int, ...]:
    return neighbourhood(margin, n_dims)[::-1][:n_dims]

"""Details of one image: axes, voxel size, what its objects come from, and where its files are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QDoubleValidator
from qtpy.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_objclass.widgets.parts.layer_choice import ROLES
from napari_objclass.workflow.lane import LABELS, PROBABILITIES, RAW, SEGMENTATION

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.glance import Glance
    from napari_objclass.workflow.lane import LaneRecord, Source

ROLE_NAMES = {RAW: "Image", LABELS: "Label image", SEGMENTATION: "Mask", PROBABILITIES: "Probabilities"}


class ImageDetails(QWidget):
    """What is known about one image, and what can be said otherwise.

    Attributes
    ----------
    axes_edited
        Emitted with axes by role.
    size_edited
        Emitted with (z, y, x) and the unit.
    role_edited
        Emitted with the role that the objects shall have.
    """

    axes_edited = Signal(dict)
    size_edited = Signal(tuple, str)
    role_edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axes = {role: QLineEdit(maxLength=5) for role in ROLE_NAMES}
        self.marks = {role: QLabel() for role in ROLE_NAMES}
        self.sizes = [QLineEdit(placeholderText=letter) for letter in "zyx"]
        self.units = QLineEdit(placeholderText="unit")
        self.come_from = QComboBox()
        for role, name in ROLES.items():
            self.come_from.addItem(name, role)
            self.come_from.model().item(self.come_from.count() - 1).setEnabled(role in {LABELS, SEGMENTATION})
        self.places = {role: QElidingLabel() for role in ROLE_NAMES}
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.form = QFormLayout()
        self.form.setContentsMargins(0, 0, 0, 0)
        self.form.setHorizontalSpacing(6)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for role, name in ROLE_NAMES.items():
            place = self.places[role]
            place.setElideMode(Qt.TextElideMode.ElideMiddle)
            self.marks[role].setToolTip("The axes have no names; if this is a film, write t for z.")
            self.axes[role].setFixedWidth(44)
            self.axes[role].setToolTip(
                "Axes, one letter each, in the order of the file: t (time), c (channel), z, y, x."
            )
            row = QHBoxLayout()
            row.setSpacing(2)
            row.addWidget(place, 1)
            row.addWidget(self.marks[role])
            row.addWidget(self.axes[role])
            self.form.addRow(name, row)
        self.form.addRow("Objects from", self.come_from)
        size = QHBoxLayout()
        size.setSpacing(3)
        for edit in (*self.sizes, self.units):
            edit.setMaximumWidth(52)
            size.addWidget(edit)
        size.addStretch()
        self.form.addRow("Voxel size", size)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self.form)

    def _connect(self) -> None:
        for role in ROLE_NAMES:
            self.axes[role].editingFinished.connect(self._edit_axes)
        for edit in self.sizes:
            edit.setValidator(QDoubleValidator(1e-9, 1e9, 6, self))
            edit.setToolTip("Size of a voxel along this axis; empty if it is not known.")
        for edit in (*self.sizes, self.units):
            edit.editingFinished.connect(self._edit_size)
        self.come_from.activated.connect(lambda _: self.role_edited.emit(self.come_from.currentData()))

    def show_image(self, record: LaneRecord, glance: Glance | None, *, named: bool) -> None:
        """Show an image.

        Parameters
        ----------
        record, glance
            The image.
        named
            Whether its axes are no guess, whatever the glance says.
        """
        self._record = record
        guessed = glance.guessed if glance and not named else ()
        for at, role in enumerate(ROLE_NAMES):
            source = record.sources.get(role)
            self.form.setRowVisible(at, source is not None)
            if source is not None:
                _set(self.axes[role], source.axes)
                self.marks[role].setText("guessed" if role in guessed else "")
                text, tooltip = whereabouts(source)
                self.places[role].setText(text)
                self.places[role].setToolTip(tooltip)
        role = next((role for role in record.sources if role != RAW), RAW)
        self.come_from.setCurrentIndex(self.come_from.findData(role))
        self.come_from.setEnabled(not record.is_thresholded)
        letters = "".join(source.axes for source in record.sources.values())
        spacing = record.spacing or ("", "", "")
        for letter, edit, size in zip("zyx", self.sizes, spacing, strict=True):
            edit.setVisible(letter in letters)
            _set(edit, size if size == "" else f"{size:g}")
        _set(self.units, record.units or "")

    def _edit_axes(self) -> None:
        """Tell other axes; the other image of the two takes the same letters, for their pixels are the same."""
        sources = self._record.sources
        texts = {role: self.axes[role].text().strip().lower() for role in sources if self.axes[role].isModified()}
        changed = {role: text for role, text in texts.items() if text != sources[role].axes}
        for role in texts:
            self.axes[role].setModified(False)
        for role, text in list(changed.items()):
            letters = dict(zip(sources[role].axes, text, strict=False))
            for other in sources.keys() - changed.keys():
                changed[other] = "".join(letters.get(letter, letter) for letter in sources[other].axes)
        if changed:
            self.axes_edited.emit(changed)

    def _edit_size(self) -> None:
        edits = (*self.sizes, self.units)
        texts = [edit.text().strip() for edit in self.sizes if not edit.isHidden()]
        if any(edit.isModified() for edit in edits) and all(texts):
            for edit in edits:
                edit.setModified(False)
            spacing = tuple(float(edit.text()) if edit.text().strip() else 1.0 for edit in self.sizes)
            self.size_edited.emit(spacing, self.units.text().strip())


def whereabouts(source: Source) -> tuple[str, str]:
    """Where the pixels of one role are, short and long."""
    if source.path is None:
        return "in memory", "Only in memory. It will be stored beside the project."
    if source.stored:
        return "stored in the project", source.path
    name = f"{source.path}/{source.inner}" if source.inner else source.path
    return str(Path(source.path).name) + (f"/{source.inner}" if source.inner else ""), name


def _set(edit: QLineEdit, text: Any) -> None:
    """Show a value, but not over what the user is writing."""
    if not (edit.hasFocus() and edit.isModified()):
        edit.setText(str(text))

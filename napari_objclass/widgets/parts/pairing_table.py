"""Which files make an image: shown before they are added, and mended by the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QModelIndex, Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStyledItemDelegate,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_objclass.io.formats import split
from napari_objclass.widgets.parts.breakable import breakable
from napari_objclass.workflow.lane import LABELS, PROBABILITIES, RAW, SEGMENTATION
from napari_objclass.workflow.pairing import LEFT_OUT, File, Paired, pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_objclass.widgets.viewer.found import Found

ROLES = {
    RAW: "image",
    LABELS: "label image",
    SEGMENTATION: "mask",
    PROBABILITIES: "probabilities",
    LEFT_OUT: "leave out",
}

_PLACE = Qt.ItemDataRole.UserRole


class PairingTable(QWidget):
    """Files by image, each with a role that can be changed.

    Attributes
    ----------
    accepted
        Emitted with a list of arguments of ``Session.add_lane``, one per image.
    cancelled
        Emitted when nothing shall be added.
    more
        Emitted when the user wants to choose more files.
    """

    accepted = Signal(list)
    cancelled = Signal()
    more = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: dict[str, Found] = {}
        self._roles: dict[str, str] = {}
        self._images: list[Paired] = []
        self._looking = 0
        self.tree = QTreeWidget(self)
        self.tree.setHeaderLabels(["File", "Used as"])
        delegate = RoleDelegate(self)
        # Queued: the table is filled anew, which ends the editor that told the role.
        delegate.chosen.connect(self.set_role, Qt.ConnectionType.QueuedConnection)
        self.tree.setItemDelegateForColumn(1, delegate)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.AllEditTriggers)
        self.tree.setIndentation(12)
        self.tree.setMinimumHeight(160)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        self.tree.header().resizeSection(1, 92)
        self.text = QLabel(wordWrap=True)
        self.itself = QCheckBox("Find objects in the image itself")
        self.itself.setToolTip("By a threshold of intensities, in images that nothing else was found for.")
        self.add = QPushButton()
        self.add.setToolTip("Each line is one image; what is left out is not added.")
        self.more_button = QPushButton("More files…")
        cancel = QPushButton("Cancel")
        buttons = QHBoxLayout()
        for button in (self.add, self.more_button, cancel):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tree)
        layout.addLayout(buttons)
        layout.addWidget(self.text)
        layout.addWidget(self.itself)
        self.itself.clicked.connect(self._fill)
        self.add.clicked.connect(self._accept)
        self.more_button.clicked.connect(self.more)
        cancel.clicked.connect(self._cancel)

    def expect(self) -> None:
        """Tell the user that files are being looked at; one call of :meth:`take` follows."""
        self._looking += 1
        self._fill()

    def take(self, found: Sequence[Found]) -> None:
        """List more files."""
        self._looking -= 1
        for each in found:
            self._found[each.place] = each
            self._roles.setdefault(each.place, each.role)
        self._fill()

    def forget(self) -> None:
        """Begin anew; what is still being looked at is not waited for."""
        self._found, self._roles, self._looking = {}, {}, 0
        self.itself.setChecked(False)

    def set_role(self, place: str, role: str) -> None:
        """Use a file otherwise, and with it the datasets of that name in all other files."""
        _, inner = split(place)
        for each in self._found:
            if each == place or (inner and split(each)[1] == inner):
                self._roles[each] = role
        self._fill()

    def _fill(self, *_: object) -> None:
        usable = [each for each in self._found.values() if each.problem is None]
        files = [File(each.place, self._roles[each.place]) for each in usable]
        self._images, alone = pair(files)
        self.itself.setVisible(bool(alone))
        if self.itself.isChecked():
            self._images += [Paired(each) for each in alone]
            alone = []
        sections = []
        for image in self._images:
            first = (image.raw or (image.objects,))[0]
            sections.append(self._section(split(first.place)[0].stem, [*image.raw, image.objects], within=True))
        taken = {each for image in self._images for each in (*image.raw, image.objects)} | {*alone}
        left = [each for each in files if each not in taken]
        wrong = [each for each in self._found.values() if each.problem]
        if alone:
            sections.append(self._section("without label image — not added", alone))
        if left:
            sections.append(self._section("left out", left))
        if wrong:
            sections.append(self._section("cannot be read", []))
        for each in wrong:
            item = QTreeWidgetItem(sections[-1], [each.name])
            item.setToolTip(0, each.problem or "")
        self.tree.clear()
        self.tree.addTopLevelItems(sections)
        for section in sections:
            section.setFirstColumnSpanned(True)
        self.tree.expandAll()
        self._tell(alone, wrong)

    def _section(self, title: str, files: Sequence[File], *, within: bool = False) -> QTreeWidgetItem:
        """Files under a title; ``within`` names datasets only, if the title names their file."""
        section = QTreeWidgetItem([title])
        section.setFlags(Qt.ItemFlag.ItemIsEnabled)
        for file in files:
            found = self._found[file.place]
            name = split(file.place)[1] if within else ""
            item = QTreeWidgetItem(section, [name or found.name, ROLES[file.role]])
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable)
            item.setData(1, _PLACE, file.place)
            item.setToolTip(0, f"{file.place}\n{found.text}")
            item.setToolTip(1, "Click to use the file otherwise.")
        return section

    def _tell(self, alone: Sequence[File], wrong: Sequence[Found]) -> None:
        n = len(self._images)
        self.add.setText("Add 1 image" if n == 1 else f"Add {n} images")
        self.add.setEnabled(n > 0 and not self._looking)
        sentences = ["Looking at the files…"] if self._looking else []
        if wrong:
            sentences += [each.problem or "" for each in wrong[:2]]
            sentences += [f"{len(wrong) - 2} more cannot be read."] if len(wrong) > 2 else []
        if alone and not self._looking:
            sentences.append(
                "An image needs a label image: choose what each file is used as, or add more files; "
                "or find objects in the image itself."
            )
        self.text.setText(breakable("\n".join(sentences)))
        self.text.setVisible(bool(sentences))

    def _accept(self) -> None:
        images = [each.arguments for each in self._images]
        self.forget()
        self.accepted.emit(images)

    def _cancel(self) -> None:
        self.forget()
        self.cancelled.emit()


class RoleDelegate(QStyledItemDelegate):
    """Edits the role of a file by a choice that opens at once.

    Attributes
    ----------
    chosen
        Emitted with the place of the file and its role.
    """

    chosen = Signal(str, str)

    def createEditor(self, parent: QWidget, option: Any, index: QModelIndex) -> QWidget | None:
        """Offer all roles."""
        if index.data(_PLACE) is None:
            return None
        combo = QComboBox(parent)
        combo.addItems(ROLES.values())
        combo.activated.connect(lambda: self.commitData.emit(combo))
        return combo

    def setEditorData(self, editor: QComboBox, index: QModelIndex) -> None:
        """Begin with the present role."""
        editor.setCurrentText(index.data())
        editor.showPopup()

    def setModelData(self, editor: QComboBox, model: Any, index: QModelIndex) -> None:
        """Tell the role that was chosen."""
        role = list(ROLES)[editor.currentIndex()]
        if ROLES[role] != index.data():
            self.chosen.emit(index.data(_PLACE), role)
